"""Taking an export back: only what it made and nobody changed, only where the value there is still ours."""

from __future__ import annotations

import pytest

from foundation import runs
from foundation.models import Run, RunStatus
from integrations import connections, opening, undoing
from integrations.models import Connection, ConnectionStatus, Export, ExportItem, ExportMode
from sourcing.models import Candidate
from sourcing.search import facts
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.toy import KEY, ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


def exported(alice: making.User, *people: Candidate, **values: object) -> Export:
    row = making.connection(alice, vendor="toy", key=KEY)
    return making.work(
        making.export(alice, row, *people, mode=ExportMode.CANDIDATES, target_id="j1", **values)
    )


def undo(export: Export, actor: making.User) -> Run:
    run = undoing.start(actor=actor, export=export)
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def note(export: Export, candidate: Candidate) -> str:
    return (
        ExportItem.objects.for_organisation(export.organisation_id)
        .get(export=export, candidate=candidate)
        .undo_note
    )


def test_a_record_the_export_made_is_removed_and_the_mark_with_it(toy: ToyServer) -> None:
    alice = making.alice()
    ada = making.person(alice)
    export = exported(alice, ada)
    assert set(toy.people) == {"t1"}
    run = undo(export, alice)
    assert run.result["summary"] == "1 taken back"
    assert toy.people == {}
    link = making.link(export.connection, ada)
    assert link is not None
    assert (link.remote_id, link.exported_at) == ("", None)
    assert facts.of(ada.pk, f"ats:{export.connection_id}", "exported") == []


def test_a_record_somebody_changed_there_stays(toy: ToyServer) -> None:
    alice = making.alice()
    ada = making.person(alice)
    export = exported(alice, ada)
    toy.people["t1"]["last"] = "King"
    run = undo(export, alice)
    assert "t1" in toy.people
    assert run.result["summary"] == "0 taken back, 1 stayed as they are"
    assert note(export, ada) == "It was changed there since, so it stays."
    link = making.link(export.connection, ada)
    assert link is not None
    assert link.exported_at is not None


def test_values_of_a_record_that_was_there_come_back_where_they_are_still_ours(
    toy: ToyServer,
) -> None:
    alice = making.alice()
    ada = making.person(alice, title="Analyst")
    toy.add("t1", first="A.", last="Byron", title="Clerk", emails=["ada@people.example"])
    export = exported(alice, ada)
    assert toy.people["t1"]["title"] == "Analyst"
    toy.people["t1"]["first"] = "Ada, Countess"
    undo(export, alice)
    assert toy.people["t1"] == {
        "id": "t1",
        "first": "Ada, Countess",
        "last": "Byron",
        "title": "Clerk",
        "emails": ["ada@people.example"],
        "jobs": ["j1"],
    }
    assert note(export, ada) == "Taken back. 1 field changed there since stay."


def test_undoing_twice_changes_nothing_more(toy: ToyServer) -> None:
    alice = making.alice()
    export = exported(alice, making.person(alice))
    undo(export, alice)
    with pytest.raises(undoing.NothingToUndo):
        undoing.start(actor=alice, export=export)


def test_what_the_vendor_answers_means_for_undo_what_it_means_for_an_export(toy: ToyServer) -> None:
    alice = making.alice()
    ada, bea = making.person(alice), making.person(alice, "Bea")
    export = exported(alice, ada, bea)
    toy.fail("GET /t1", *[Answer(status=503)] * 4)
    toy.fail("GET /t2", Answer(status=422, body={"message": "Locked"}))
    run = undo(export, alice)
    assert (run.status, run.note, note(export, ada)) == (RunStatus.RUNNING, "Waiting for the next try.", "")
    runs.hasten([run.pk])
    runs.work(run.pk)
    assert note(export, ada) == "Taken back."
    assert note(export, bea) == "Could not be taken back: Toy refused it: Locked"


def test_a_refused_key_asks_to_reconnect_and_undo_waits_for_that(toy: ToyServer) -> None:
    alice = making.alice()
    ada = making.person(alice)
    export = exported(alice, ada)
    Connection.objects.for_organisation(alice.organisation_id).update(
        secret=opening.seal(export.connection, {"api_key": "another"})
    )
    run = undo(export, alice)
    assert (run.status, run.note) == (RunStatus.RUNNING, "Waiting: Toy needs to be reconnected.")
    assert making.reread(export).connection.status == ConnectionStatus.NEEDS_RECONNECT
    assert note(export, ada) == ""
    connections.remove(actor=alice, connection=making.reread(export).connection)
    runs.hasten([run.pk])
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.problem_code) == (RunStatus.FAILED, "nothing_to_undo")


def test_a_second_click_is_the_same_run(toy: ToyServer) -> None:
    alice = making.alice()
    export = exported(alice, making.person(alice))
    assert undoing.start(actor=alice, export=export) == undoing.start(actor=alice, export=export)


def test_a_dry_run_writes_nothing_and_has_nothing_to_undo(toy: ToyServer) -> None:
    alice = making.alice()
    ada = making.person(alice)
    export = exported(alice, ada, dry_run=True)
    assert toy.people == {}
    item = making.item(export, ada)
    assert (item.status, item.reason) == ("sent", "Would be created.")
    assert making.link(export.connection, ada) is None
    assert not undoing.undoable(export)
    assert export.run is not None
    assert export.run.result["summary"] == "Dry run finished: nothing was written"


def test_where_records_cannot_be_removed_it_says_so(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    ada = making.person(alice)
    export = making.work(making.export(alice, making.connection(alice), ada))
    undo(export, alice)
    assert note(export, ada) == "SourceWhale does not let records be removed: remove it there."


def test_somebody_known_there_by_a_generated_address_is_found_again(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    ada = making.person(alice, emails=[])
    row = making.connection(alice)
    export = making.work(making.export(alice, row, ada, dummy_addresses=True))
    undo(export, alice)
    assert note(export, ada) == "SourceWhale does not let records be removed: remove it there."


def test_the_page_offers_it_to_those_who_may_export(toy: ToyServer) -> None:
    alice = making.alice()
    export = exported(alice, making.person(alice))
    assert "Undo" in text(logged_in(alice).get(url("export", export.pk)))
    undo_url = url("undo_export", export.pk)
    assert logged_in(alice).post(undo_url).status_code == 302
    assert logged_in(making.mallory()).post(undo_url).status_code == 404
