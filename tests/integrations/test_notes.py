"""Notes tell the other system what happened: only what was chosen, only where it may stand, and once."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from campaigns import marking
from campaigns.models import Campaign, ManualTask, Recipient
from campaigns.states import Progress, StepKind, TaskOutcome
from foundation import events
from integrations import links, notes, syncing
from integrations.base.records import Capability, PushAction, PushResult
from integrations.models import Connection, NoteState, Reason, RemoteNote, SyncKind, SyncStatus, SyncTask
from outreach.models import InboundMessage, Message
from outreach.states import Interest, Verdict
from sourcing import suppressing
from sourcing.models import Candidate
from tests.campaigns import making as campaigns
from tests.integrations import making, syncs
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.test_syncing import killed_in
from tests.integrations.toy import ToyConnector, ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db

ALL_KINDS = [
    "email_sent",
    "reply_received",
    "bounced",
    "call",
    "linkedin_message",
    "sms",
    "task_done",
    "interest_changed",
]


def told(kind: str, row: Message | InboundMessage | ManualTask, **ids: int) -> None:
    with transaction.atomic():
        events.emit(kind, organisation_id=row.organisation_id, subject=f"{kind}:{row.pk}", **ids)
    syncs.hear()


def mail(made: Campaign, *, text: str = "Dear Ada,\na question.", **values: Any) -> Message:
    """The first message of the campaign's first recipient, as sent a moment ago."""
    (message,) = campaigns.written(made)[:1]
    given = {"status": "sent", "sent_at": timezone.now(), "settled_at": timezone.now(), "body_text": text}
    Message.objects.for_organisation(made.organisation_id).filter(pk=message.pk).update(**(given | values))
    message.refresh_from_db()
    return message


def left(made: Campaign, **values: Any) -> Message:
    message = mail(made, **values)
    told("message.sent", message, message_id=message.pk)
    return message


def answer(
    made: Campaign, *, text: str = "Yes, please.", at: datetime.datetime | None = None
) -> InboundMessage:
    """An answer of the campaign's recipient, read by the mailbox."""
    recipient = syncs.recipient(made)
    inbound = InboundMessage.objects.for_organisation(made.organisation_id).create(
        organisation_id=made.organisation_id,
        mailbox=made.mailbox,
        raw_hash=f"{at}{text}"[:64],
        received_at=at or timezone.now(),
        read_at=timezone.now(),
        verdict=Verdict.REPLY,
        candidate=recipient.candidate,
        message=Message.objects.for_organisation(made.organisation_id)
        .filter(attempt__recipient=recipient)
        .first(),
        subject="Re: Hello",
        body_text=text,
    )
    told("message.replied", inbound, inbound_id=inbound.pk, message_id=inbound.message_id or 0)
    return inbound


def link(row: Connection, candidate: Candidate, toy: ToyServer, *, ours: bool = True) -> None:
    toy.add("t9", first=candidate.first_name)
    links.record(
        row,
        candidate,
        PushResult(external_id="t9", action=PushAction.UPDATED),
        digests={},
        made_by_us=ours,
        exported=False,
    )


def begun(
    toy: ToyServer, *, kinds: list[str] | None = None, **settings: str
) -> tuple[User, Connection, Campaign]:
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "notes", kinds if kinds is not None else ALL_KINDS)
    for name, value in settings.items():
        syncs.choose(row, name, value)
    return alice, row, campaigns.started(syncs.campaign(alice, "ada"))


# --- whether ------------------------------------------------------------------------------------------------


def test_no_notes_by_default_and_only_of_the_kinds_chosen(toy: ToyServer) -> None:
    _alice, row, made = begun(toy, kinds=["bounced"])
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    assert syncs.notes(row) == []


def test_with_never_notes_go_only_to_a_record_that_exists(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    message = left(made)
    assert syncs.notes(row) == []
    link(row, syncs.recipient(made).candidate, toy)
    told("message.sent", message, message_id=message.pk)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1


def test_a_note_is_kept_until_the_person_has_a_record_and_goes_after_the_push(toy: ToyServer) -> None:
    alice, row, made = begun(toy, add="interested")
    left(made)
    (kept,) = syncs.notes(row)
    assert (kept.state, toy.people) == (NoteState.KEPT, {})
    marking.mark(
        recipient=syncs.recipient(made), interest=Interest.INTERESTED, actor=alice, now=timezone.now()
    )
    syncs.sync(row)
    assert len(toy.people) == 1
    sent, interested = toy.notes["t1"]
    assert sent.startswith("E-mail sent, ")
    assert interested.startswith("Marked “Interested”, ")
    assert "by Alice" in interested
    assert {note.state for note in syncs.notes(row)} == {NoteState.SENT}


def test_an_export_releases_kept_notes_too(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    syncs.choose(row, "notes", ALL_KINDS)
    syncs.choose(row, "add", "interested")
    made = campaigns.started(syncs.campaign(alice, "ada"))
    left(made)
    making.work(making.export(alice, row, syncs.recipient(made).candidate))
    syncs.visit(row)
    assert whale.people["c1"]["comments"].count("E-mail sent") == 1


def test_only_synced_leaves_out_everything_before_the_mark_and_the_answer_itself(toy: ToyServer) -> None:
    _alice, row, made = begun(toy, add="replied")
    syncs.choose(row, "only_synced", value=True)
    left(made)
    heard = timezone.now()
    Recipient.objects.for_organisation(made.organisation_id).update(
        progress=Progress.REPLIED, ended_at=heard + datetime.timedelta(seconds=5)
    )
    answer(made, at=heard)
    assert syncs.notes(row) == []
    answer(made, text="One more thing.", at=heard + datetime.timedelta(minutes=5))
    assert [note.kind for note in syncs.notes(row)] == ["reply_received"]


def test_an_opt_out_travels_whatever_is_ticked_and_only_to_records_that_exist(toy: ToyServer) -> None:
    alice, row, made = begun(toy, kinds=[])
    ada = syncs.recipient(made).candidate
    suppressing.opt_out(candidate=ada, actor=alice)
    syncs.sync(row)
    assert syncs.notes(row) == []
    bea = making.person(alice, "Bea")
    link(row, bea, toy)
    suppressing.opt_out(candidate=bea, actor=alice)
    syncs.sync(row)
    (text,) = toy.notes["t9"]
    assert text.startswith("Asked not to be written to any more")


def test_a_kind_switched_off_meanwhile_is_not_written(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    syncs.choose(row, "notes", ["bounced"])
    syncs.visit(row)
    (task,) = syncs.tasks(row)
    assert (task.status, task.reason_code) == (SyncStatus.SKIPPED, Reason.NOT_WANTED)
    assert syncs.notes(row)[0].state == NoteState.DROPPED
    assert toy.notes == {}


def test_where_notes_go_only_on_our_own_records_others_are_left_alone(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyConnector, "notes_on_own_records_only", True)
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy, ours=False)
    left(made)
    assert syncs.notes(row) == []


# --- what ---------------------------------------------------------------------------------------------------


def test_a_sent_mail_says_when_by_whom_in_which_campaign_and_quotes_up_to_a_limit(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made, text="First line\nSecond line\n" + "x" * 5_000)
    syncs.visit(row)
    (text,) = toy.notes["t9"]
    lines = text.splitlines()
    assert lines[0].startswith("E-mail sent, ")
    assert lines[0].endswith("campaign “Wave”.")
    assert "(UTC)" in lines[0]
    assert lines[1] == "Subject: Hello ada"
    assert lines[3:5] == ["> First line", "> Second line"]
    assert "> " + "x" * 5_000 not in text
    assert "[…]" in text
    assert "@" not in text


def test_bounces_answers_and_tasks_are_told_and_a_skipped_task_is_not(toy: ToyServer) -> None:
    alice, row, made = begun(toy)
    recipient = syncs.recipient(made)
    link(row, recipient.candidate, toy)
    message = mail(made)
    told("message.bounced", message, message_id=message.pk)
    told("message.refused", message, message_id=message.pk)
    answer(made)
    step = recipient.next_step or made.steps.first()
    assert step is not None
    step.kind = StepKind.CALL
    step.save()
    task = ManualTask.objects.for_organisation(made.organisation_id).create(
        organisation_id=made.organisation_id,
        recipient=recipient,
        step=step,
        outcome=TaskOutcome.SKIPPED,
        note="No answer.",
        due_at=timezone.now(),
        done_at=timezone.now(),
        done_by=alice,
    )
    told("task.done", task, task_id=task.pk, recipient_id=recipient.pk)
    assert [note.kind for note in syncs.notes(row)] == ["bounced", "reply_received"]
    task.outcome = TaskOutcome.DONE
    task.save()
    told("task.done", task, task_id=task.pk, recipient_id=recipient.pk)
    syncs.visit(row)
    bounce, reply, call = toy.notes["t9"]
    assert bounce.startswith("E-mail bounced, ")
    assert "> Yes, please." in reply
    assert call.splitlines()[0].startswith("Called, ")
    assert "by Alice" in call
    assert call.splitlines()[1] == "No answer."


# --- once ---------------------------------------------------------------------------------------------------


def test_the_same_news_twice_is_one_note(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    message = left(made)
    told("message.sent", message, message_id=message.pk)
    syncs.visit(row)
    told("message.sent", message, message_id=message.pk)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1


def unsure(toy: ToyServer) -> tuple[User, Connection]:
    """A note whose answer was cut off after it had been stored."""

    def stored(work: Any) -> Answer:
        work()
        return Answer(cut=True)

    alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    toy.fail("POST /notes", stored)
    syncs.visit(row)
    assert syncs.notes(row)[0].state == NoteState.WRITING
    SyncTask.objects.for_organisation(row.organisation_id).update(not_before=None)
    return alice, row


def test_after_an_unclear_answer_the_note_is_looked_for_and_not_written_again(toy: ToyServer) -> None:
    _alice, row = unsure(toy)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1
    assert (syncs.tasks(row)[0].status, syncs.notes(row)[0].state) == (SyncStatus.DONE, NoteState.SENT)


def test_a_note_that_never_arrived_is_written_after_the_look(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    toy.fail("POST /notes", Answer(cut=True))
    syncs.visit(row)
    SyncTask.objects.for_organisation(row.organisation_id).update(not_before=None)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1
    assert syncs.notes(row)[0].state == NoteState.SENT


def test_before_the_vendors_index_delay_nobody_looks(toy: ToyServer, settings: Any) -> None:
    _alice, row = unsure(toy)
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(minutes=2)
    syncs.visit(row)
    (task,) = syncs.tasks(row)
    assert (task.status, toy.calls("GET", "/notes")) == (SyncStatus.QUEUED, [])
    assert task.not_before is not None
    assert task.not_before > timezone.now() + datetime.timedelta(minutes=1)


def test_where_the_vendor_cannot_look_a_person_does_and_says_write_it(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, row = unsure(toy)
    monkeypatch.setattr(ToyConnector, "capabilities", ToyConnector.capabilities - {Capability.FIND_NOTE})
    syncs.visit(row)
    (task,) = syncs.tasks(row)
    assert (task.status, task.reason_code) == (SyncStatus.ATTENTION, Reason.UNCONFIRMED)
    assert task.reason == "Toy may have this note already. Look there, then retry or cancel."
    assert syncing.retry_all(actor=alice, connection=row) == 0, "nobody has looked"
    syncing.retry(actor=alice, task=task)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 2
    assert syncs.notes(row)[0].state == NoteState.SENT


def test_a_vendor_that_keeps_one_text_is_given_all_of_ours_again(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    syncs.choose(row, "notes", ALL_KINDS)
    syncs.choose(row, "add", "added")
    made = campaigns.started(syncs.campaign(alice, "ada"))
    syncs.sync(row)
    left(made)
    whale.fail("candidates/modify", Answer(cut=True))
    syncs.visit(row)
    assert syncs.tasks(row)[-1].status == SyncStatus.QUEUED
    SyncTask.objects.for_organisation(row.organisation_id).update(not_before=None)
    syncs.visit(row)
    answer(made)
    syncs.visit(row)
    lines = whale.people["c1"]["comments"].splitlines()
    assert ["E-mail sent" in lines[0], "Reply received" in lines[1], len(lines)] == [True, True, 2]


def test_a_record_that_is_gone_keeps_the_note_for_the_next_one(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    ada = syncs.recipient(made).candidate
    link(row, ada, toy)
    left(made)
    toy.people.clear()
    syncs.visit(row)
    (task,) = syncs.tasks(row)
    assert (task.status, task.reason_code) == (SyncStatus.SKIPPED, Reason.NO_RECORD)
    assert syncs.notes(row)[0].state == NoteState.KEPT
    link(row, ada, toy)
    notes.release(row, ada)
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1


def test_a_cancelled_note_is_dropped(toy: ToyServer) -> None:
    alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    syncing.cancel(actor=alice, task=syncs.tasks(row)[0])
    syncs.visit(row)
    assert (toy.notes, syncs.notes(row)[0].state) == ({}, NoteState.DROPPED)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_vendor_stored_the_note_leaves_one_note(toy: ToyServer) -> None:
    _alice, row, made = begun(toy)
    link(row, syncs.recipient(made).candidate, toy)
    left(made)
    killed_in(toy, row, "POST /notes")
    assert syncs.notes(row)[0].state == NoteState.WRITING
    syncs.visit(row)
    assert len(toy.notes["t9"]) == 1
    assert [task.status for task in syncs.tasks(row) if task.kind == SyncKind.NOTE] == [SyncStatus.DONE]
    assert RemoteNote.objects.for_organisation(row.organisation_id).count() == 1
