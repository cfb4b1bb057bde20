"""Steps that a person does: call, LinkedIn message, SMS, anything else.

A task is due when its step is planned, by the same rules as an e-mail. While it is open it holds the steps behind it;
done or skipped counts as their day (docs/behaviour.md §1). A paused campaign freezes its tasks, a held person theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import folding, standing
from campaigns.models import ManualTask, Recipient, Step
from campaigns.states import ACTIVE, GOING, Hold, RecipientEvent, StepKind, TaskOutcome
from foundation import events
from foundation.problems import Conflict, Invalid, Missing
from sourcing import people

LONGEST_NOTE = 5_000
#: Kinds with which the person was spoken to; anything else may be about them only.
_CONTACTS = frozenset({StepKind.CALL, StepKind.LINKEDIN, StepKind.SMS})


class NotOpen(Conflict):
    """The task is not to be done now: it is over, or its campaign or person is on hold."""

    code: ClassVar[str] = "task_not_open"


@transaction.atomic
def finish(
    *, recipient_id: int, step_id: int, outcome: TaskOutcome, actor: User, now: datetime, note: str = ""
) -> ManualTask:
    """Done or skipped: the next step counts its days from today. Finished already: the same answer, nothing changes.

    Raises :class:`NotOpen`, and Missing for a task that is not there.
    """
    recipient, step = _locked(recipient_id, step_id, actor)
    task = _row(recipient, step)
    if task is not None and task.outcome != TaskOutcome.OPEN:
        return task
    _refuse_closed(recipient, step)
    task = task or _new(recipient, step)
    task.outcome, task.done_at, task.done_by = outcome, now, actor
    task.note = _clean(note) or task.note
    task.save()
    standing.apply_event(recipient, RecipientEvent.TASK_DONE, now=now)
    if outcome == TaskOutcome.DONE and step.kind in _CONTACTS:
        people.contacted(recipient.candidate_id, now, actor)
    folding.go_on_after(recipient, step, sent_at=now, now=now)
    standing.tell(recipient)
    events.emit(
        "task.done",
        organisation_id=recipient.organisation_id,
        subject=f"recipient:{recipient.pk}",
        recipient_id=recipient.pk,
        task_id=task.pk,
    )
    organisation = recipient.organisation_id
    transaction.on_commit(
        lambda: standing.complete_if_done(recipient.campaign_id, organisation_id=organisation)
    )
    return task


@transaction.atomic
def write_note(*, recipient_id: int, step_id: int, note: str, actor: User) -> ManualTask:
    """Keep a note with the task, open or over; an empty one takes it away."""
    recipient, step = _locked(recipient_id, step_id, actor)
    task = _row(recipient, step)
    if task is None:
        _refuse_closed(recipient, step)
        task = _new(recipient, step)
    task.note = _clean(note)
    task.save()
    return task


def _locked(recipient_id: int, step_id: int, actor: User) -> tuple[Recipient, Step]:
    require(actor, Right.CAMPAIGN_EDIT)
    recipient = standing.lock(recipient_id, organisation_id=actor.tenant_id)
    if recipient is None:
        raise Missing("There is no such task.")
    step = (
        Step.objects.for_organisation(actor.tenant_id)
        .filter(pk=step_id, campaign_id=recipient.campaign_id)
        .first()
    )
    if step is None:
        raise Missing("There is no such task.")
    if step.kind == StepKind.EMAIL:
        raise NotOpen("This step is an e-mail: Beckon sends it.")
    return recipient, step


def _row(recipient: Recipient, step: Step) -> ManualTask | None:
    return (
        ManualTask.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient, step=step)
        .first()
    )


def _new(recipient: Recipient, step: Step) -> ManualTask:
    assert recipient.planned_at is not None
    return ManualTask(
        organisation_id=recipient.organisation_id, recipient=recipient, step=step, due_at=recipient.planned_at
    )


def _refuse_closed(recipient: Recipient, step: Step) -> None:
    if recipient.campaign.status not in ACTIVE:
        raise NotOpen("The campaign is not running: its tasks wait until it does.")
    if recipient.hold != Hold.NONE:
        raise NotOpen(f"This person is on hold: {recipient.hold_text}")
    if recipient.progress not in GOING or recipient.next_step_id != step.pk or recipient.planned_at is None:
        raise NotOpen("This task is not open any more.")


def _clean(note: str) -> str:
    text = note.replace("\x00", "").strip()
    if len(text) > LONGEST_NOTE:
        raise Invalid("The note is too long.", fields={"note": f"At most {LONGEST_NOTE:,} characters."})
    return text
