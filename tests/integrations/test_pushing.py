"""One person to one vendor: in two steps, never twice, whatever breaks in between."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.db.models.functions import Now
from django.utils import timezone

from foundation import runs
from foundation.models import Event, Run, RunStatus
from integrations import claims, connections, dummies, links, mapping, pushing, rounds
from integrations.models import ConnectionStatus, ExportItem, ExportMode, ItemStatus, LinkState, Reason
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from sourcing import contact_points
from sourcing.models import ContactPoint, ContactStatus
from sourcing.search import facts
from tests.integrations import making
from tests.integrations.small_sourcewhale import SmallSourceWhale, stored_then
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


LATER = datetime.timedelta(minutes=2)


def due_now(what: Any) -> None:
    """Bring everything the export waits for to this moment."""
    ExportItem.objects.for_organisation(what.organisation_id).filter(export=what).update(not_before=None)
    runs.hasten([what.run_id or 0])


def test_a_new_person_is_created_linked_marked_and_told_of(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice, linkedin_url="https://linkedin.com/in/ada")
    export = making.work(making.export(alice, row, ada))
    item, link = making.item(export, ada), making.link(row, ada)
    assert (item.status, item.remote_id, item.reason) == (ItemStatus.SENT, "c1", "")
    assert item.settled_at is not None
    assert link is not None
    assert (link.state, link.remote_id, link.remote_url) == (
        LinkState.LINKED,
        "c1",
        "https://sourcewhale.app/c/c1",
    )
    assert link.created_by_us
    assert link.exported_at is not None
    assert facts.of(ada.pk, f"ats:{row.pk}", "exported") == ["SourceWhale"]
    (event,) = Event.objects.for_organisation(alice.organisation_id).filter(kind="export.item_settled")
    assert event.ids == {"item_id": item.pk}
    assert whale.people["c1"]["campaignId"] == "spring"
    assert export.run is not None
    assert (export.run.status, export.run.done, export.run.total) == (RunStatus.DONE, 1, 1)
    assert export.run.result["summary"] == "Export Complete"


@pytest.mark.django_db(transaction=True)
def test_the_create_was_committed_before_it_was_asked_for(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    seen: list[Any] = []

    def look(work: Any) -> Answer:
        link = making.link(row, ada)
        assert link is not None
        seen.append((link.state, link.creating_since is not None, link.creating_target))
        database.close()
        answer: Answer = work()
        return answer

    whale.fail("candidates/add", look)
    making.work(making.export(alice, row, ada))
    assert seen == [(LinkState.CREATING, True, "spring")]


def test_somebody_who_is_there_is_updated_and_attached_and_not_made_again(whale: SmallSourceWhale) -> None:
    whale.people["old"] = {"candidateId": "old", "emails": ["ada@people.example"], "projectIds": []}
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    point = ContactPoint.objects.for_organisation(alice.organisation_id).filter(candidate=ada)
    point.update(last_seen_at=timezone.now() - LATER * 1_000)
    pressed = timezone.now()
    export = making.work(making.export(alice, row, ada))
    assert point.get().last_seen_at >= pressed, "the vendor holds the address too"
    link = making.link(row, ada)
    assert making.item(export, ada).status == ItemStatus.UPDATED
    assert link is not None
    assert (link.remote_id, link.created_by_us) == ("old", False)
    assert list(whale.people) == ["old"]
    assert whale.people["old"]["campaignId"] == "spring"


def test_a_second_record_is_said_and_both_are_kept(whale: SmallSourceWhale) -> None:
    whale.matches = False
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    making.work(making.export(alice, row, ada))
    export = making.work(
        making.export(alice, row, ada, mode=ExportMode.CANDIDATES, target_id="ruby", include_exported=True)
    )
    item, link = making.item(export, ada), making.link(row, ada)
    assert (item.status, item.remote_id) == (ItemStatus.UPDATED, "c2")
    assert item.reason == "SourceWhale made a second record; both are kept."
    assert link is not None
    assert (link.remote_id, link.other_remote_ids) == ("c1", ["c2"])


def test_nothing_to_change_is_no_write(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    asked = {"mode": ExportMode.CANDIDATES, "target_id": "ruby", "include_exported": True}
    making.work(making.export(alice, row, ada, **asked))
    export = making.work(making.export(alice, row, ada, **asked))
    assert making.item(export, ada).reason == "Nothing had changed."
    assert len(whale.calls("add")) == 1
    assert whale.calls("modify") == []


def test_changed_history_goes_with_add_because_modify_cannot_carry_it(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada = making.person(alice, experience=[{"title": "Analyst", "company": "Engines"}])
    asked = {"mode": ExportMode.CANDIDATES, "target_id": "ruby", "include_exported": True}
    making.work(making.export(alice, row, ada, **asked))
    ada.experience.all().update(title="Programmer")
    making.work(making.export(alice, row, ada, **asked))
    assert len(whale.calls("add")) == 2
    assert whale.people["c1"]["experience"][0]["role"] == "Programmer"
    assert whale.people["c1"]["projectIds"] == ["ruby"]


# --- what breaks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(cut=True),
        Answer(status=500),
        Answer(delay=1.3),
        Answer(body=b"{broken"),
        Answer(body={"url": ""}),
    ],
    ids=["cut", "500", "hang", "malformed", "without-an-id"],
)
def test_a_create_that_was_stored_but_not_confirmed_is_found_and_not_repeated(
    answer: Answer, whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    whale.fail("candidates/add", stored_then(answer))
    export = making.work(making.export(alice, row, ada))
    assert making.item(export, ada).status == ItemStatus.QUEUED
    due_now(export)
    export = making.work(export)
    item, link = making.item(export, ada), making.link(row, ada)
    assert (item.status, item.remote_id) == (ItemStatus.SENT, "c1")
    assert link is not None
    assert link.created_by_us
    assert len(whale.calls("add")) == 1
    assert len(whale.people) == 1
    assert export.run is not None
    assert export.run.status == RunStatus.DONE


def test_a_create_that_was_not_stored_is_asked_for_again_after_a_search(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    whale.fail("candidates/add", Answer(cut=True))
    export = making.work(making.export(alice, row, ada))
    due_now(export)
    making.work(export)
    assert making.item(export, ada).status == ItemStatus.SENT
    assert [call.path.rsplit("/", 1)[1] for call in whale.server.seen if "candidates" in call.path] == [
        "search",
        "add",
        "search",
        "add",
    ]
    assert len(whale.people) == 1


def test_before_the_index_delay_nobody_searches_and_nobody_creates(
    whale: SmallSourceWhale, settings: Any
) -> None:
    settings.VENDOR_INDEX_DELAY = LATER
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    whale.fail("candidates/add", stored_then(Answer(cut=True)))
    export = making.work(making.export(alice, row, ada))
    calls = len(whale.server.seen)
    # Somebody is impatient: the item is due, the index is not.
    due_now(export)
    export = making.work(export)
    item = making.item(export, ada)
    assert item.status == ItemStatus.QUEUED
    assert item.not_before is not None
    assert item.not_before > timezone.now() + LATER - datetime.timedelta(seconds=30)
    assert len(whale.server.seen) == calls
    assert export.run is not None
    assert (export.run.status, export.run.note) == (RunStatus.RUNNING, "Waiting for the next try.")


def test_somebody_nothing_is_known_of_cannot_be_searched_and_asks_a_person(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice, emails=[])
    whale.fail("candidates/add", stored_then(Answer(cut=True)))
    export = making.work(making.export(alice, row, ada))
    due_now(export)
    making.work(export)
    item = making.item(export, ada)
    assert (item.status, item.reason_code) == (ItemStatus.FAILED, Reason.UNSEARCHABLE)
    assert "Look there, then retry" in item.reason
    assert len(whale.people) == 1


@pytest.mark.parametrize(
    ("status", "reason"), [(400, Reason.REJECTED), (422, Reason.REJECTED), (404, Reason.TARGET_GONE)]
)
def test_a_refusal_fails_this_person_with_the_vendors_words_and_the_others_go_on(
    status: int, reason: Reason, whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    whale.fail("candidates/add", Answer(status=status, body={"message": "firstName is not allowed"}))
    export = making.work(making.export(alice, row, ada, bea))
    failed = making.item(export, ada)
    assert (failed.status, failed.reason_code) == (ItemStatus.FAILED, reason)
    assert "firstName is not allowed" in failed.reason
    # Certainly not created: no half link is left behind.
    assert making.link(row, ada) is None
    assert making.item(export, bea).status == ItemStatus.SENT
    assert export.run is not None
    assert export.run.result["summary"] == "Export finished: 1 failed"
    assert export.run.failed == 1


def test_a_429_makes_the_whole_account_wait_and_costs_no_attempt(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    whale.fail("candidates/add", Answer(status=429, headers={"Retry-After": "600"}))
    export = making.work(making.export(alice, row, ada, bea))
    row.refresh_from_db()
    assert row.not_before is not None
    assert 590 < (row.not_before - timezone.now()).total_seconds() <= 600
    assert making.item(export, ada).attempts == 0
    assert making.link(row, ada) is None
    assert making.item(export, bea).status == ItemStatus.QUEUED
    assert export.run is not None
    assert export.run.note == "Waiting: SourceWhale asked for a pause."
    assert len(whale.calls("add")) == 1


def test_an_expired_key_asks_to_reconnect_and_everybody_waits(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    export = making.export(alice, row, ada, bea)
    whale.key = "another-key-now"
    export = making.work(export)
    row.refresh_from_db()
    assert (row.status, row.trouble) == (ConnectionStatus.NEEDS_RECONNECT, "Invalid API key")
    assert {making.item(export, person).status for person in (ada, bea)} == {ItemStatus.QUEUED}
    assert {making.item(export, person).attempts for person in (ada, bea)} == {0}
    assert export.run is not None
    assert export.run.note == "Waiting: SourceWhale needs to be reconnected."
    assert whale.calls("add") == []


def test_a_403_for_one_person_does_not_blame_the_connection(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    whale.fail("candidates/add", Answer(status=403, body={"message": "Not this campaign"}))
    export = making.work(making.export(alice, row, ada))
    row.refresh_from_db()
    assert row.status == ConnectionStatus.CONNECTED
    assert making.item(export, ada).reason_code == Reason.NO_ACCESS


def test_what_keeps_failing_is_given_up_in_the_end(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    export = making.export(alice, row, ada)
    for _ in range(8):
        whale.fail("candidates/search", *[Answer(status=503)] * 3)
        making.work(export)
        due_now(export)
    item = making.item(export, ada)
    assert (item.status, item.reason_code) == (ItemStatus.FAILED, Reason.KEEPS_FAILING)
    assert whale.calls("add") == []


def test_a_record_deleted_there_clears_mark_and_link_and_is_made_anew(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    asked = {"mode": ExportMode.CANDIDATES, "target_id": "ruby", "include_exported": True}
    making.work(making.export(alice, row, ada, **asked))
    ada.first_name = "Augusta"
    ada.save()
    whale.fail("candidates/modify", Answer(status=404, body={"message": "No such candidate"}))
    export = making.work(making.export(alice, row, ada, **asked))
    link = making.link(row, ada)
    assert link is not None
    assert (link.state, link.remote_id, link.exported_at) == (LinkState.GONE, "", None)
    assert facts.of(ada.pk, f"ats:{row.pk}", "exported") == []
    whale.people.clear()
    due_now(export)
    making.work(export)
    link = making.link(row, ada)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.LINKED, "c1")


def test_a_bug_of_ours_fails_one_person_and_is_logged(
    whale: SmallSourceWhale, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    export = making.export(alice, row, ada, bea)
    real = mapping.payload

    def broken(person: Any, **values: Any) -> Any:
        if person.first_name == "Ada":
            raise ZeroDivisionError
        return real(person, **values)

    monkeypatch.setattr(mapping, "payload", broken)
    making.work(export)
    assert making.item(export, ada).reason_code == Reason.INTERNAL
    assert making.item(export, bea).status == ItemStatus.SENT


def test_a_lock_that_is_not_to_be_had_sends_the_person_back_for_a_moment(
    whale: SmallSourceWhale, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    real, busy = links.record, [OperationalError("canceling statement due to lock timeout")]

    def record(*given: Any, **named: Any) -> None:
        if busy:
            raise busy.pop()
        real(*given, **named)

    monkeypatch.setattr(links, "record", record)
    export = making.work(making.export(alice, row, ada))
    waiting = making.item(export, ada)
    assert (waiting.status, waiting.attempts) == (ItemStatus.QUEUED, 0)
    assert waiting.not_before is not None
    due_now(export)
    making.work(export)
    assert making.item(export, ada).status == ItemStatus.SENT
    assert len(whale.people) == len(whale.calls("add")) == 1, "what was made is found"


# --- who holds what -----------------------------------------------------------------------------------------


def test_a_claim_is_a_lease_and_a_dead_workers_item_is_taken_over(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    export = making.export(alice, row, ada)
    now = timezone.now()
    dead = claims.claim(export, now=now)
    assert dead is not None
    assert claims.claim(export, now=now) is None
    ExportItem.objects.for_organisation(alice.organisation_id).update(lease_until=Now() - LATER)
    assert pushing.push_next(rounds.Round(export), now=now)
    # The dead one wakes up: its token is void, and it writes nothing.
    with pytest.raises(claims.ClaimLost):
        claims.end(dead, ItemStatus.FAILED, reason=Reason.INTERNAL, text="too late")
    assert making.item(export, ada).status == ItemStatus.SENT


def test_two_exports_of_one_person_take_turns(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    first = making.export(alice, row, ada)
    second = making.export(
        alice, row, ada, mode=ExportMode.CANDIDATES, target_id="ruby", include_exported=True
    )
    assert claims.claim(first, now=timezone.now()) is not None
    assert claims.claim(second, now=timezone.now()) is None
    waiting = making.item(second, ada)
    assert waiting.status == ItemStatus.QUEUED
    assert waiting.not_before is not None


@pytest.mark.django_db(transaction=True)
def test_eight_workers_on_two_exports_of_the_same_people_make_each_person_once(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    row = making.connection(alice)
    crowd = [making.person(alice, f"P{number}") for number in range(12)]
    exports = [
        making.export(alice, row, *crowd, include_exported=True),
        making.export(
            alice, row, *crowd, mode=ExportMode.CANDIDATES, target_id="ruby", include_exported=True
        ),
    ]

    def worker(export: Any) -> None:
        round_ = rounds.Round(export)
        try:
            for _ in range(60):
                if not pushing.push_next(round_, now=timezone.now()):
                    time.sleep(0.05)
        finally:
            database.close()

    threads = [threading.Thread(target=worker, args=[exports[number % 2]]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(
        pushing.push_next(rounds.Round(export), now=timezone.now() + LATER) for export in exports
    ):
        pass
    assert len(whale.people) == 12
    items = ExportItem.objects.for_organisation(alice.organisation_id)
    assert set(items.values_list("status", flat=True)) <= {ItemStatus.SENT, ItemStatus.UPDATED}


_WORKER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
import datetime
settings.SOURCEWHALE_BASE_URL = sys.argv[1]
settings.SOURCEWHALE_CALLS_PER_SECOND = 1000
settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
connection.settings_dict["NAME"] = sys.argv[2]
from foundation import runs
runs.work(int(sys.argv[3]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_the_post_and_the_link_leaves_one_record_and_one_link(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    export = making.export(alice, row, ada, bea)
    stored, dead = threading.Event(), threading.Event()

    def kill_me_now(work: Any) -> Answer:
        answer: Answer = work()
        stored.set()
        dead.wait(60)
        return answer

    whale.fail("candidates/add", kill_me_now)
    command = [sys.executable, "-c", _WORKER, whale.url, database.settings_dict["NAME"], str(export.run_id)]
    worker = subprocess.Popen(command, env=dict(os.environ))
    try:
        assert stored.wait(60)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
        dead.set()
    link = making.link(row, ada)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.CREATING, "")
    assert making.item(export, ada).status == ItemStatus.CLAIMED
    # Time passes: the leases of the item and of the run have run out.
    ExportItem.objects.for_organisation(alice.organisation_id).filter(export=export).exclude(
        lease_until=None
    ).update(lease_until=Now() - LATER)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=Now() - LATER)
    export = making.work(export)
    link = making.link(row, ada)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.LINKED, "c1")
    assert [making.item(export, person).status for person in (ada, bea)] == [ItemStatus.SENT, ItemStatus.SENT]
    assert len(whale.calls("add")) == 2
    assert len(whale.people) == 2
    assert export.run is not None
    assert export.run.result["summary"] == "Export Complete"


# --- what goes along ----------------------------------------------------------------------------------------


def test_private_addresses_go_with_their_adders_export_and_with_nobody_elses(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob = making.bob(alice)
    row, ada = making.connection(alice), making.person(alice, emails=[])
    contact_points.add_email(candidate=ada, actor=bob, type="personal", value="ada@private.example")
    making.work(making.export(alice, row, ada))
    assert "emails" not in whale.people["c1"]
    export = making.work(making.export(bob, row, ada, include_exported=True))
    assert making.item(export, ada).status in {ItemStatus.SENT, ItemStatus.UPDATED}
    assert any("ada@private.example" in person.get("emails", []) for person in whale.people.values())
    assert "private" not in str(making.item(export, ada).fields)


def test_a_dead_address_stays_here_but_still_finds_the_person_there(whale: SmallSourceWhale) -> None:
    whale.people["old"] = {"candidateId": "old", "emails": ["dead@people.example"], "projectIds": []}
    alice = making.alice()
    row, ada = (
        making.connection(alice),
        making.person(alice, emails=["dead@people.example", "ada@people.example"]),
    )
    ContactPoint.objects.for_organisation(alice.organisation_id).filter(value="dead@people.example").update(
        status=ContactStatus.BOUNCED
    )
    export = making.work(making.export(alice, row, ada))
    assert list(whale.people) == ["old"]
    assert "dead@people.example" not in whale.calls("modify")[0].body["candidate"].get("emails", [])[1:]
    assert {"field": "E-mail", "outcome": "kept", "why": "1 bounced or invalid"} in making.item(
        export, ada
    ).fields


def test_a_dummy_is_made_only_when_ticked_once_per_person_and_replaced_by_the_first_real_address(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice, emails=[])
    assert alice.organisation is not None
    making.work(making.export(alice, row, ada))
    assert dummies.address_of(ada, organisation=alice.organisation) == ""
    whale.people.clear()
    making.work(making.export(alice, row, ada, dummy_addresses=True, include_exported=True))
    made = dummies.address_of(ada, organisation=alice.organisation)
    (held,) = whale.people.values()
    assert held["emails"] == [made]
    assert not ContactPoint.objects.for_organisation(alice.organisation_id).filter(candidate=ada).exists()
    contact_points.add_email(candidate=ada, actor=alice, type="work", value="ada@real.example")
    making.work(making.export(alice, row, ada, dummy_addresses=True, include_exported=True))
    (held,) = whale.people.values()
    assert held["emails"] == ["ada@real.example"]


def test_a_contact_is_skipped_where_there_are_only_candidates(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    export = making.export(alice, row, ada)
    ada.record_type = "contact"
    ada.save()
    making.work(export)
    assert making.item(export, ada).reason_code == Reason.NO_SUCH_RECORD_TYPE
    assert whale.calls("add") == []


def test_the_exporters_own_address_there_is_used(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    connections.set_identity(actor=alice, connection=row, email="a.marsh@sourcewhale.example")
    making.work(making.export(alice, row, ada))
    asked = {seen.params.get("userEmail") for seen in whale.server.seen}
    assert asked == {"a.marsh@sourcewhale.example"}


def test_where_an_address_is_needed_the_item_says_so_and_a_dummy_helps(
    whale: SmallSourceWhale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "needs_email", True)
    alice = making.alice()
    row = making.connection(alice)
    ada = making.person(alice, emails=[])
    export = making.work(making.export(alice, row, ada))
    failed = making.item(export, ada)
    assert (failed.status, failed.reason_code) == (ItemStatus.FAILED, Reason.NO_EMAIL)
    assert "needs an e-mail address" in failed.reason
    helped = making.work(making.export(alice, row, ada, dummy_addresses=True))
    sent = making.item(helped, ada)
    assert sent.status == ItemStatus.SENT
    assert {"field": "E-mail", "outcome": "written", "why": "a generated address"} in sent.fields
