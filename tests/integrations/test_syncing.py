"""People go over when the settings say so: once, in order, with a reason when not."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.db.models.functions import Now
from django.utils import timezone

from campaigns import marking
from foundation.models import Event
from foundation.problems import Conflict
from integrations import claims, connections, field_table, person_data, setting_rows, sync_queue, syncing
from integrations.models import (
    Connection,
    ConnectionStatus,
    ExportMode,
    FieldEntry,
    FieldRow,
    LinkState,
    Reason,
    SyncStatus,
    SyncTask,
)
from outreach.states import Interest
from sourcing import contact_points, people
from sourcing.models import Candidate, ContactPoint, ContactType
from tests.integrations import making, syncs
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.toy import ToyConnector, ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db

LATER = datetime.timedelta(minutes=5)


def due_now(row: Connection) -> None:
    """Bring everything that waits to this moment."""
    SyncTask.objects.for_organisation(row.organisation_id).update(not_before=None)
    Connection.objects.for_organisation(row.organisation_id).update(not_before=None)


# --- triggers -----------------------------------------------------------------------------------------------


def test_nobody_goes_by_default(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.campaign(alice, "ada")
    syncs.sync(row)
    assert syncs.tasks(row) == []
    assert toy.people == {}


def test_whoever_is_added_to_a_campaign_goes_once_and_is_linked_but_not_exported(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada", "bea")
    syncs.sync(row)
    assert sorted(person["first"] for person in toy.people.values()) == ["ada", "bea"]
    assert [task.status for task in syncs.tasks(row)] == [SyncStatus.DONE, SyncStatus.DONE]
    link = making.link(row, syncs.recipient(made).candidate)
    assert link is not None
    assert (link.state, link.created_by_us, link.exported_at) == (LinkState.LINKED, True, None)
    assert Event.objects.for_organisation(alice.organisation_id).filter(kind="sync.task_settled").count() == 2
    marking.mark(
        recipient=syncs.recipient(made), interest=Interest.INTERESTED, actor=alice, now=timezone.now()
    )
    syncs.sync(row)
    assert len(syncs.tasks(row)) == 2, "what happens later is for notes"
    assert len(toy.calls("POST", "/people")) == 2


def test_a_person_goes_when_interested_and_the_campaigns_word_goes_before_the_organisations(
    toy: ToyServer,
) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    syncs.choose(row, "add", "interested", campaign=made)
    syncs.sync(row)
    assert toy.people == {}
    now = timezone.now()
    marking.mark(recipient=syncs.recipient(made), interest=Interest.NOT_NOW, actor=alice, now=now)
    syncs.sync(row)
    assert toy.people == {}
    marking.mark(recipient=syncs.recipient(made), interest=Interest.MEETING, actor=alice, now=now)
    syncs.sync(row)
    assert [person["first"] for person in toy.people.values()] == ["ada"]
    assert syncs.push(row).cause == "interested"


def test_settings_are_read_again_when_the_task_runs(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.hear()
    syncs.choose(row, "add", "never")
    syncs.visit(row)
    assert (syncs.push(row).status, syncs.push(row).reason_code) == (SyncStatus.SKIPPED, Reason.NOT_WANTED)
    assert toy.people == {}


def test_contacts_stay_here_where_there_are_only_candidates(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    Candidate.objects.for_organisation(alice.organisation_id).filter(
        pk=syncs.recipient(made).candidate_id
    ).update(record_type="contact")
    syncs.sync(row)
    assert syncs.tasks(row) == []


def test_another_organisations_people_are_not_looked_at(toy: ToyServer) -> None:
    row = syncs.connection(making.alice())
    syncs.choose(row, "add", "added")
    syncs.campaign(making.mallory(), "ada")
    syncs.sync(row)
    assert syncs.tasks(row) == []


# --- edits --------------------------------------------------------------------------------------------------


def linked(alice: Any, toy: ToyServer) -> tuple[Connection, Candidate]:
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    syncs.sync(row)
    return row, syncs.recipient(made).candidate


def test_an_edit_by_hand_goes_to_a_linked_record_when_that_is_switched_on(toy: ToyServer) -> None:
    alice = making.alice()
    row, ada = linked(alice, toy)
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Analyst"})
    syncs.sync(row)
    assert "title" not in toy.people["t1"]
    syncs.choose(row, "manual_updates", value=True)
    ada.refresh_from_db()
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Engineer"})
    syncs.sync(row)
    assert toy.people["t1"]["title"] == "Engineer"
    assert syncs.tasks(row)[-1].cause == sync_queue.EDITED


def test_what_programs_change_goes_nowhere(toy: ToyServer) -> None:
    alice = making.alice()
    row, ada = linked(alice, toy)
    syncs.choose(row, "manual_updates", value=True)
    people.edit_candidate(candidate=ada, actor=None, version=ada.version, changes={"title": "Engineer"})
    syncs.sync(row)
    assert len(syncs.tasks(row)) == 1


def test_an_edit_never_takes_a_private_address_along(toy: ToyServer) -> None:
    alice = making.alice()
    row, ada = linked(alice, toy)
    syncs.choose(row, "manual_updates", value=True)
    contact_points.add_email(
        candidate=ada, actor=alice, type=ContactType.PERSONAL, value="secret@private.example"
    )
    private = ContactPoint.objects.for_organisation(alice.organisation_id).get(value="secret@private.example")
    assert not private.shared
    ada.refresh_from_db()
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Engineer"})
    syncs.sync(row)
    assert toy.people["t1"]["title"] == "Engineer"
    assert not any("secret" in str(seen.body) + str(seen.params) for seen in toy.server.seen)


def test_edits_while_one_waits_are_one_task_and_an_edit_during_the_run_is_another(toy: ToyServer) -> None:
    alice = making.alice()
    row, ada = linked(alice, toy)
    syncs.choose(row, "manual_updates", value=True)

    def edit(title: str) -> None:
        ada.refresh_from_db()
        people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": title})
        syncs.hear()

    edit("One")
    edit("Two")
    assert len(syncs.tasks(row)) == 2
    task = claims.claim_task(row, now=timezone.now())
    assert task is not None
    edit("Three")
    assert len(syncs.tasks(row)) == 3
    assert claims.claim_task(row, now=timezone.now()) is None, "one person's tasks take turns"
    assert syncing.carry_out(task)
    syncs.visit(row)
    assert toy.people["t1"]["title"] == "Three"
    assert [task.status for task in syncs.tasks(row)] == [SyncStatus.DONE] * 3


# --- what is missing ----------------------------------------------------------------------------------------


def test_a_missing_mandatory_field_is_named_and_an_edit_tries_again(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    discover(row)
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="title").update(
        mandatory=True, displayed=True
    )
    syncs.sync(row)
    task = syncs.push(row)
    assert (task.status, task.reason_code) == (SyncStatus.ATTENTION, Reason.MISSING_FIELD)
    assert task.reason == "Title must be filled for Toy: fill it on the person or the campaign."
    assert {"field": "Title", "outcome": "missing", "why": ""} in task.fields
    assert toy.people == {}
    ada = syncs.recipient(made).candidate
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Engineer"})
    syncs.sync(row)
    assert syncs.push(row).status == SyncStatus.DONE
    assert toy.people["t1"]["title"] == "Engineer"


def discover(row: Connection) -> None:
    """Discover the fields, as verification does."""
    field_table.discover(row)


def test_what_was_typed_for_the_person_goes_before_what_was_typed_for_the_campaign(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada", "bea")
    ada = syncs.recipient(made).candidate
    for level, value in (({"campaign": made}, "Senior"), ({"candidate": ada}, "Principal")):
        FieldEntry.unguarded.create(
            organisation_id=row.organisation_id, connection=row, key="level", value=value, **level
        )
    syncs.sync(row)
    assert {person["first"]: person["level"] for person in toy.people.values()} == {
        "ada": "Principal",
        "bea": "Senior",
    }
    assert setting_rows.entered(row, "candidate", campaign=None, candidate=ada) == {"level": "Principal"}


def test_where_people_exist_only_on_a_job_a_task_waits_for_one(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyConnector, "needs_job", True)
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    syncs.sync(row)
    task = syncs.push(row)
    assert (task.status, task.reason) == (
        SyncStatus.ATTENTION,
        "Choose a Toy job for the campaign or the person.",
    )
    syncs.choose(row, "job", "j1", campaign=made)
    syncing.retry(actor=alice, task=task)
    syncs.visit(row)
    assert syncs.push(row).status == SyncStatus.DONE
    assert toy.people["t1"]["jobs"] == ["j1"]


def test_where_an_address_is_needed_a_task_waits_and_no_generated_one_goes(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyConnector, "needs_email", True)
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    ContactPoint.objects.for_organisation(alice.organisation_id).filter(
        candidate=syncs.recipient(made).candidate
    ).delete()
    syncs.sync(row)
    assert (syncs.push(row).status, syncs.push(row).reason_code) == (SyncStatus.ATTENTION, Reason.NO_EMAIL)
    assert toy.people == {}


def test_do_not_merge_makes_a_second_record_and_then_uses_it(toy: ToyServer) -> None:
    toy.add("old", first="ada", emails=["ada@work.example"])
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.choose(row, "no_merge", value=True)
    made = syncs.campaign(alice, "ada")
    syncs.sync(row)
    link = making.link(row, syncs.recipient(made).candidate)
    assert link is not None
    assert (link.remote_id, link.look_alikes, len(toy.people)) == ("t2", ["old"], 2)


def test_somebody_who_is_there_is_brought_up_to_date_by_default(toy: ToyServer) -> None:
    toy.add("old", first="ada", emails=["ada@work.example"])
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.sync(row)
    assert list(toy.people) == ["old"]
    assert toy.people["old"]["last"] == "Probe"


# --- errors -------------------------------------------------------------------------------------------------


def test_a_refusal_needs_attention_with_the_vendors_words_and_the_others_go_on(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea")
    toy.fail("POST /people", Answer(status=422, body={"message": "Title: too long"}))
    syncs.sync(row)
    first, second = syncs.tasks(row)
    assert (first.status, first.reason) == (SyncStatus.ATTENTION, "Toy refused it: Title: too long")
    assert second.status == SyncStatus.DONE
    assert syncing.retry_all(actor=alice, connection=row) == 1
    syncs.visit(row)
    assert len(toy.people) == 2


def test_an_outage_is_waited_out_with_the_reason_beside_the_task(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.hear()
    for _ in range(10):
        toy.fail("GET /people", *[Answer(status=503, body={"message": "Maintenance"})] * 3)
        due_now(row)
        syncs.visit(row)
    task = syncs.push(row)
    assert (task.status, task.attempts, task.reason) == (SyncStatus.QUEUED, 10, "Maintenance")
    assert task.not_before is not None
    due_now(row)
    syncs.visit(row)
    assert syncs.push(row).status == SyncStatus.DONE


def test_a_vendor_that_is_down_is_left_alone_for_a_while_and_only_its_own_tasks_wait(
    toy: ToyServer, whale: SmallSourceWhale
) -> None:
    alice = making.alice()
    broken, sound = syncs.connection(alice), making.connection(alice)
    for row in (broken, sound):
        syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea", "cid", "dan", "eve")
    syncs.hear()
    toy.fail("GET /people", *[Answer(status=503)] * 99)
    assert syncs.visit(broken) == syncing.SETBACKS
    assert syncs.visit(broken) == 0
    assert syncs.visit(sound) == 5
    assert len(whale.people) == 5


def test_a_429_makes_the_whole_account_wait_and_costs_no_attempt(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea")
    toy.fail("POST /people", Answer(status=429, headers={"Retry-After": "600"}))
    syncs.sync(row)
    assert [(task.status, task.attempts) for task in syncs.tasks(row)] == [(SyncStatus.QUEUED, 0)] * 2
    row.refresh_from_db()
    assert row.not_before is not None
    assert row.not_before > timezone.now() + LATER
    assert syncing.due(now=timezone.now() + LATER) == []
    assert syncing.due(now=timezone.now() + LATER * 3) == [(row.organisation_id, row.pk)]


def test_a_revoked_key_asks_to_reconnect_and_tasks_wait(toy: ToyServer) -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="toy", key="revoked-key")
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea")
    syncs.sync(row)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.NEEDS_RECONNECT
    assert [task.status for task in syncs.tasks(row)] == [SyncStatus.QUEUED] * 2
    assert syncs.visit(row) == 0


def test_a_create_that_was_stored_but_not_confirmed_is_found_and_not_repeated(toy: ToyServer) -> None:
    def stored(work: Any) -> Answer:
        work()
        return Answer(cut=True)

    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    toy.fail("POST /people", stored)
    syncs.sync(row)
    assert syncs.push(row).status == SyncStatus.QUEUED
    due_now(row)
    syncs.visit(row)
    assert syncs.push(row).status == SyncStatus.DONE
    assert list(toy.people) == ["t1"]


def test_a_record_deleted_there_clears_the_link_and_the_next_try_makes_it_anew(toy: ToyServer) -> None:
    alice = making.alice()
    row, ada = linked(alice, toy)
    syncs.choose(row, "manual_updates", value=True)
    toy.people.clear()
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Engineer"})
    syncs.sync(row)
    due_now(row)
    syncs.visit(row)
    link, task = making.link(row, ada), syncs.tasks(row)[-1]
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.GONE, "")
    assert (task.status, task.reason_code) == (SyncStatus.SKIPPED, Reason.NO_RECORD)


def test_a_bug_of_ours_needs_attention_for_one_person_and_the_others_go_on(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea")
    real, calls = ToyConnector.push, []

    def once(self: ToyConnector, *given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real(self, *given, **named)

    monkeypatch.setattr(ToyConnector, "push", once)
    syncs.sync(row)
    assert [task.status for task in syncs.tasks(row)] == [SyncStatus.ATTENTION, SyncStatus.DONE]


def test_the_persons_timeline_says_what_went_and_what_waits(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada", "bea")
    toy.fail("POST /people", Answer(status=422, body={"message": "No"}))
    syncs.sync(row)
    told = [
        next(moment for moment in person_data.timeline(syncs.recipient(made, name).candidate, alice, 10))
        for name in ("ada", "bea")
    ]
    assert [(moment.text, moment.note) for moment in told] == [
        ("Sync to Toy needs attention", "Toy refused it: No"),
        ("Sync to Toy done", "added"),
    ]


# --- people's hands -----------------------------------------------------------------------------------------


def test_cancelled_is_over_and_not_retried(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.hear()
    syncing.cancel(actor=alice, task=syncs.push(row))
    syncs.visit(row)
    assert syncs.push(row).status == SyncStatus.CANCELLED
    assert toy.people == {}
    with pytest.raises(syncing.NothingToRetry):
        syncing.retry(actor=alice, task=syncs.push(row))
    with pytest.raises(Conflict):
        syncing.cancel(actor=alice, task=syncs.push(row))


def test_nobody_elsewhere_retries_or_cancels(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.hear()
    stranger = making.mallory()
    for act in (syncing.retry, syncing.cancel):
        with pytest.raises(SyncTask.DoesNotExist):
            act(actor=stranger, task=syncs.push(row))
    assert syncing.retry_all(actor=stranger, connection=row) == 0


def test_removing_the_connection_cancels_what_is_open(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada", "bea")
    syncs.hear()
    held = claims.claim_task(row, now=timezone.now())
    assert held is not None
    connections.remove(actor=alice, connection=row)
    assert {(task.status, task.reason_code) for task in syncs.tasks(row)} == {
        (SyncStatus.CANCELLED, Reason.CONNECTION_REMOVED)
    }
    with pytest.raises(claims.ClaimLost):
        claims.renew(held)


# --- workers ------------------------------------------------------------------------------------------------


def test_a_dead_workers_task_is_taken_over_and_its_late_words_do_not_count(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, "ada")
    syncs.hear()
    dead = claims.claim_task(row, now=timezone.now())
    assert dead is not None
    SyncTask.objects.for_organisation(row.organisation_id).update(lease_until=Now() - LATER)
    alive = claims.claim_task(row, now=timezone.now())
    assert alive is not None
    assert alive.pk == dead.pk
    with pytest.raises(claims.ClaimLost):
        claims.done(dead)


def test_an_export_and_a_sync_of_one_person_take_turns(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    ada = syncs.recipient(made).candidate
    export = making.export(alice, row, ada, mode=ExportMode.PROSPECTS)
    syncs.hear()
    assert claims.claim_task(row, now=timezone.now()) is not None
    assert claims.claim(export, now=timezone.now()) is None
    SyncTask.objects.for_organisation(row.organisation_id).update(
        status=SyncStatus.QUEUED, lease_until=None, claim_token=None
    )
    assert claims.claim(export, now=timezone.now() + LATER) is not None
    assert claims.claim_task(row, now=timezone.now()) is None


@pytest.mark.django_db(transaction=True)
def test_six_workers_make_each_person_once(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.campaign(alice, *[f"p{number}" for number in range(12)])
    syncs.hear()

    def worker() -> None:
        try:
            while (task := claims.claim_task(row, now=timezone.now())) is not None:
                syncing.carry_out(task)
        finally:
            database.close()

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    syncs.visit(row)
    assert len(toy.people) == 12
    assert {task.status for task in syncs.tasks(row)} == {SyncStatus.DONE}


WORKER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
import datetime
settings.TOY_URL = sys.argv[1]
settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
connection.settings_dict["NAME"] = sys.argv[2]
from integrations import registry, syncing
registry.CONNECTORS["toy"] = "tests.integrations.toy.ToyConnector"
syncing.visit(organisation_id=int(sys.argv[3]), connection_id=int(sys.argv[4]))
"""


def killed_in(toy: ToyServer, row: Connection, call: str) -> None:
    """A worker visits and is killed after ``call`` was stored there and before the answer reached it."""
    stored, dead = threading.Event(), threading.Event()

    def kill_me_now(work: Any) -> Answer:
        answer: Answer = work()
        stored.set()
        dead.wait(60)
        return answer

    toy.fail(call, kill_me_now)
    name = database.settings_dict["NAME"]
    command = [sys.executable, "-c", WORKER, toy.server.url, name, str(row.organisation_id), str(row.pk)]
    worker = subprocess.Popen(command, env=dict(os.environ))
    try:
        assert stored.wait(90)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
        dead.set()
    # Time passes: the lease has run out, and the dead worker's visit is forgotten.
    SyncTask.objects.for_organisation(row.organisation_id).exclude(lease_until=None).update(
        lease_until=Now() - LATER
    )
    cache.clear()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_vendor_stored_the_person_leaves_one_record(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada", "bea")
    syncs.hear()
    killed_in(toy, row, "POST /people")
    link = making.link(row, syncs.recipient(made).candidate)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.CREATING, "")
    syncs.visit(row)
    assert sorted(person["first"] for person in toy.people.values()) == ["ada", "bea"]
    assert [task.status for task in syncs.tasks(row)] == [SyncStatus.DONE] * 2
    link = making.link(row, syncs.recipient(made).candidate)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.LINKED, "t1")
