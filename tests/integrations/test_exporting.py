"""Whom an export takes, what a second click does, and one person again."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database

from foundation import runs
from foundation.models import Run, RunStatus
from foundation.problems import Invalid
from integrations import connections, exporting, selectors, targets
from integrations.base.errors import TemporaryError
from integrations.models import ConnectionStatus, Export, ExportItem, ExportMode, ItemStatus, Reason
from sourcing import contact_points
from tests.integrations import making
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


def preview(viewer: Any, row: Any, *candidates: Any, include_exported: bool = False) -> exporting.Preview:
    return exporting.preview(
        viewer=viewer,
        connection=row,
        candidate_ids=[candidate.pk for candidate in candidates],
        include_exported=include_exported,
    )


def test_the_preview_counts_who_goes_who_not_and_why(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob = making.bob(alice)
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea", emails=[])
    contact = making.person(alice, "Con", record_type="contact")
    stranger = making.person(making.mallory(), "Eve")
    making.work(making.export(alice, row, ada))
    contact_points.add_email(candidate=bea, actor=bob, type="personal", value="bea@private.example")
    plan = preview(alice, row, ada, bea, contact, stranger)
    assert plan.people == 3
    assert plan.going == {bea.pk}
    assert plan.skipped == {Reason.NO_SUCH_RECORD_TYPE: {contact.pk}, Reason.ALREADY_EXPORTED: {ada.pk}}
    # Bob's private address does not exist for Alice, not even as a count.
    assert (plan.without_email, plan.private_addresses) == (1, 0)
    for_bob = preview(bob, row, ada, bea, include_exported=True)
    assert for_bob.going == {ada.pk, bea.pk}
    assert (for_bob.without_email, for_bob.private_addresses) == (0, 1)


def test_the_preview_costs_the_same_for_five_hundred_people(
    whale: SmallSourceWhale, django_assert_max_num_queries: Any
) -> None:
    alice = making.alice()
    row = making.connection(alice)
    crowd = [making.person(alice, f"P{number}", emails=[]) for number in range(60)]
    with django_assert_max_num_queries(5):
        assert len(preview(alice, row, *crowd).going) == 60


def test_a_second_click_is_the_same_export(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    key = uuid.uuid4()
    first = making.export(alice, row, ada, request_key=key)
    assert making.export(alice, row, ada, request_key=key) == first
    assert ExportItem.objects.for_organisation(alice.organisation_id).count() == 1
    assert Run.objects.for_organisation(alice.organisation_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_clicks_at_once_are_one_export(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    key, made = uuid.uuid4(), []
    barrier = threading.Barrier(6)

    def click() -> None:
        try:
            barrier.wait(60)
            made.append(making.export(alice, row, ada, request_key=key).pk)
        finally:
            database.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert Export.objects.for_organisation(alice.organisation_id).count() == 1


def test_people_exported_before_are_left_out_by_default_and_go_when_included(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    making.work(making.export(alice, row, ada))
    again = making.work(making.export(alice, row, ada, bea))
    skipped = making.item(again, ada)
    assert (skipped.status, skipped.reason) == (ItemStatus.SKIPPED, "Already exported.")
    assert making.item(again, bea).status == ItemStatus.SENT
    included = making.work(making.export(alice, row, ada, include_exported=True))
    assert making.item(included, ada).status == ItemStatus.UPDATED


def test_people_queued_twice_go_once_unless_included(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    first, second = making.export(alice, row, ada), making.export(alice, row, ada)
    making.work(first)
    making.work(second)
    assert making.item(second, ada).reason_code == Reason.ALREADY_EXPORTED
    assert len(whale.calls("add")) == 1


def test_a_target_must_be_picked_and_must_be_there(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    for target in ("", "winter"):
        with pytest.raises(Invalid, match="Pick a campaign first"):
            making.export(alice, row, ada, target_id=target)
    with pytest.raises(Invalid, match="Pick a job first"):
        making.export(alice, row, ada, target_id="spring", mode=ExportMode.CANDIDATES)
    assert not Export.objects.for_organisation(alice.organisation_id).exists()


def test_prospects_need_pools(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice, capabilities=["export"]), making.person(alice)
    assert targets.modes(row) == (ExportMode.CANDIDATES,)
    with pytest.raises(Invalid):
        making.export(alice, row, ada)


@pytest.mark.parametrize("values", [{"status": ConnectionStatus.NEEDS_RECONNECT}, {"capabilities": []}])
def test_a_connection_that_cannot_take_an_export_says_so(
    values: dict[str, Any], whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice, **values), making.person(alice)
    with pytest.raises(exporting.NotUsable):
        making.export(alice, row, ada)


def test_nobody_is_no_export(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    with pytest.raises(Invalid, match="nobody"):
        making.export(alice, row, making.person(making.mallory()))


def test_everybody_of_a_project_goes(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    making.person(alice, "Outside")
    export = exporting.start(
        actor=alice,
        connection=row,
        mode=ExportMode.PROSPECTS,
        target_id="spring",
        request_key=uuid.uuid4(),
        project=making.project(alice, ada, bea),
    )
    making.work(export)
    assert {row["firstName"] for row in whale.people.values()} == {"Ada", "Bea"}


def test_one_failed_person_is_retried_alone(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    whale.fail("candidates/add", Answer(status=422, body={"message": "Not today"}))
    export = making.work(making.export(alice, row, ada, bea))
    assert export.run is not None
    first_run = export.run
    exporting.retry(actor=alice, item=making.item(export, ada))
    export = making.work(making.reread(export))
    assert making.item(export, ada).status == ItemStatus.SENT
    assert export.run is not None
    assert export.run != first_run
    assert export.run.result["summary"] == "Export Complete"
    assert len(whale.calls("add")) == 3
    with pytest.raises(exporting.NothingToRetry):
        exporting.retry(actor=alice, item=making.item(export, ada))


def test_all_who_failed_are_sent_again_but_who_may_have_arrived(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    ada, bea, cal = (making.person(alice, name) for name in ("Ada", "Bea", "Cal"))
    whale.fail("candidates/add", *[Answer(status=422, body={"message": "Not today"})] * 3)
    export = making.work(making.export(alice, making.connection(alice), ada, bea, cal))
    ExportItem.objects.for_organisation(alice.organisation_id).filter(candidate=cal).update(
        reason_code=Reason.UNCONFIRMED
    )
    exporting.retry_failed(actor=alice, export=export)
    export = making.work(making.reread(export))
    outcomes = [making.item(export, person).status for person in (ada, bea, cal)]
    assert outcomes == [ItemStatus.SENT, ItemStatus.SENT, ItemStatus.FAILED]
    with pytest.raises(exporting.NothingToRetry):
        exporting.retry_failed(actor=alice, export=export)


def test_a_skipped_person_goes_when_asked_for_alone(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    making.work(making.export(alice, row, ada))
    export = making.work(making.export(alice, row, ada))
    exporting.retry(actor=alice, item=making.item(export, ada))
    making.work(making.reread(export))
    assert making.item(export, ada).status == ItemStatus.UPDATED


def test_retrying_somebody_who_could_not_be_looked_up_sends_again(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice, emails=[])
    whale.fail("candidates/add", Answer(cut=True))
    export = making.work(making.export(alice, row, ada))
    ExportItem.objects.for_organisation(alice.organisation_id).update(not_before=None)
    runs.hasten([export.run_id or 0])
    making.work(export)
    assert making.item(export, ada).reason_code == Reason.UNSEARCHABLE
    exporting.retry(actor=alice, item=making.item(export, ada))
    making.work(making.reread(export))
    assert making.item(export, ada).status == ItemStatus.SENT
    assert len(whale.people) == 1


def test_cancelling_skips_whoever_is_still_waiting(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    whale.fail("candidates/add", Answer(status=429, headers={"Retry-After": "600"}))
    export = making.work(making.export(alice, row, ada, bea))
    exporting.cancel(actor=alice, export=export)
    export = making.reread(export)
    assert export.run is not None
    assert export.run.status == RunStatus.CANCELLED
    assert {making.item(export, who).reason_code for who in (ada, bea)} == {Reason.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_cancelling_under_way_stops_after_the_person_in_work(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    export = making.export(alice, row, ada, bea)

    def cancelled_meanwhile(work: Any) -> Answer:
        exporting.cancel(actor=alice, export=export)
        database.close()
        answer: Answer = work()
        return answer

    whale.fail("candidates/add", cancelled_meanwhile)
    making.work(export)
    assert [making.item(export, who).status for who in (ada, bea)] == [ItemStatus.SENT, ItemStatus.SKIPPED]
    assert len(whale.people) == 1


def test_reconnecting_sends_the_run_on_its_way_at_once(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    export = making.export(alice, row, ada)
    whale.key = "a-new-key-there"
    making.work(export)
    row.refresh_from_db()
    run = connections.submit(actor=alice, connection=row, values={"api_key": "a-new-key-there"})
    runs.work(run.pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.CONNECTED
    export = making.work(export)
    assert making.item(export, ada).status == ItemStatus.SENT


def test_the_vendor_is_asked_for_its_campaigns_once_a_minute_and_again_when_refreshed(
    whale: SmallSourceWhale,
) -> None:
    cache.clear()
    alice = making.alice()
    row = making.connection(alice)
    asked: dict[str, Any] = {"viewer": alice, "connection": row, "mode": ExportMode.PROSPECTS}
    assert [target.name for target in targets.choices(**asked)] == ["Autumn hiring", "Spring hiring"]
    assert [target.name for target in targets.choices(**asked, search="hiring AUT")] == ["Autumn hiring"]
    assert len(whale.server.seen) == 1
    targets.choices(**asked, fresh=True)
    assert len(whale.server.seen) == 2
    # Bob is somebody else there.
    targets.choices(**{**asked, "viewer": making.bob(alice)})
    assert len(whale.server.seen) == 3


def test_a_vendor_that_is_down_is_a_typed_error_and_writes_nothing(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    whale.fail("campaigns/list", *[Answer(status=503)] * 3)
    with pytest.raises(TemporaryError):
        making.export(alice, row, ada)
    assert not Export.objects.for_organisation(alice.organisation_id).exists()


def test_a_strangers_connection_export_and_person_do_not_exist(whale: SmallSourceWhale) -> None:
    alice, mallory = making.alice(), making.mallory()
    row, ada = making.connection(alice), making.person(alice)
    export = making.export(alice, row, ada)
    with pytest.raises(selectors.ConnectionMissing):
        selectors.connection_for(mallory, row.pk)
    with pytest.raises(selectors.ExportMissing):
        selectors.export_for(mallory, export.pk)
    with pytest.raises(selectors.ItemMissing):
        selectors.item_for(mallory, making.item(export, ada).pk)
