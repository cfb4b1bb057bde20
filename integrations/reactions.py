"""What the syncs do when something happens to a person here: the consumer "integrations.syncs".

Each piece of news asks every connection of the organisation whether its settings want a push or a note; a repeated
event finds its rows made and changes nothing (docs/behaviour.md §8). No vendor is called here.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

from accounts.models import User
from campaigns.models import Campaign, ManualTask, Recipient
from campaigns.states import StepKind, TaskOutcome
from foundation import events
from foundation.models import Event
from integrations import (
    links,
    milestones,
    note_texts,
    notes,
    opening,
    setting_rows,
    sync_queue,
    sync_settings,
    syncing,
)
from integrations.base.records import Capability, NoteKind
from integrations.models import Connection, SyncKind, SyncStatus, SyncTask
from integrations.states import ESTABLISHED
from outreach.models import InboundMessage, Message, MessageOrigin
from sourcing.merging import current
from sourcing.models import Candidate


def _connections(organisation_id: int) -> list[Connection]:
    """Those that people use; tasks of one that needs to be reconnected wait."""
    return list(
        Connection.objects.for_organisation(organisation_id).filter(status__in=ESTABLISHED).order_by("pk")
    )


# --- pushes -----------------------------------------------------------------------------------------------


def moved(event: Event) -> None:
    """Somebody was added to a campaign, answered, or was marked."""
    recipient = _recipient(event)
    if recipient is None:
        return
    reached = milestones.of(recipient.candidate, recipient.campaign)
    for connection in _connections(event.organisation_id):
        add = setting_rows.resolved(
            connection,
            recipient.candidate.record_type,
            sync_settings.ADD,
            user=recipient.added_by,
            campaign=recipient.campaign,
            candidate=recipient.candidate,
        ).value
        if reached.push(add) and _takes(connection, recipient.candidate):
            _push_once(connection, recipient, add)


def marked(event: Event) -> None:
    """A mark of interest was set, changed or taken back: a push may follow, and a note."""
    moved(event)
    recipient = _recipient(event)
    if recipient is None:
        return
    value = str(event.ids["interest"] or "")
    at = recipient.interest_at or event.created_at
    _note_everywhere(
        recipient.candidate,
        kind=NoteKind.INTEREST_CHANGED,
        subject=f"recipient:{recipient.pk}:interest:{event.pk}",
        at=at,
        text=note_texts.interest(recipient, value, at),
        user=recipient.added_by,
        campaign=recipient.campaign,
    )


def edited(event: Event) -> None:
    """A person changed somebody by hand: linked records are brought up to date where that is switched on.

    What programs change (imports, pulls, merges, finding) has no actor and goes nowhere.
    """
    if not event.ids.get("actor_id"):
        return
    candidate = _candidate(event)
    editor = User.objects.filter(pk=event.ids["actor_id"], organisation_id=event.organisation_id).first()
    if candidate is None or editor is None:
        return
    syncing.look_again(candidate)
    for connection in _connections(event.organisation_id):
        if not _takes(connection, candidate) or links.sure(connection, candidate) is None:
            continue
        wanted = setting_rows.resolved(
            connection,
            candidate.record_type,
            sync_settings.MANUAL_UPDATES,
            user=editor,
            campaign=None,
            candidate=candidate,
        ).value
        if wanted:
            sync_queue.push(connection, candidate, user=editor, campaign=None, cause=sync_queue.EDITED)


def _push_once(connection: Connection, recipient: Recipient, add: str) -> None:
    """A recipient changes often; one push brings the person there, what comes later are edits and notes."""
    asked = SyncTask.objects.for_organisation(connection.organisation_id).filter(
        connection=connection,
        candidate=recipient.candidate,
        record_type=recipient.candidate.record_type,
        campaign=recipient.campaign,
        kind=SyncKind.PUSH,
    )
    if not asked.exclude(status=SyncStatus.SKIPPED).exists():
        sync_queue.push(
            connection,
            recipient.candidate,
            user=recipient.added_by,
            campaign=recipient.campaign,
            cause=add,
        )


def _takes(connection: Connection, candidate: Candidate) -> bool:
    found = opening.vendor_of(connection)
    return found.supports(Capability.PUSH_PERSON) and candidate.record_type in found.record_types


# --- notes ------------------------------------------------------------------------------------------------


def mail_left(event: Event) -> None:
    """An e-mail was sent."""
    message = _message(event)
    if message is not None and message.candidate is not None and message.sent_at is not None:
        recipient = _recipient_of(message)
        campaign = recipient.campaign if recipient else None
        _note_everywhere(
            message.candidate,
            kind=NoteKind.EMAIL_SENT,
            subject=f"message:{message.pk}:sent",
            at=message.sent_at,
            text=note_texts.sent(message, campaign),
            user=recipient.added_by if recipient else message.created_by,
            campaign=campaign,
        )


def mail_came_back(event: Event) -> None:
    """An e-mail bounced or was refused for good."""
    message = _message(event)
    if message is not None and message.candidate is not None:
        recipient = _recipient_of(message)
        campaign = recipient.campaign if recipient else None
        at = message.settled_at or event.created_at
        _note_everywhere(
            message.candidate,
            kind=NoteKind.BOUNCED,
            subject=f"message:{message.pk}:bounced",
            at=at,
            text=note_texts.bounced(message, campaign, at),
            user=recipient.added_by if recipient else message.created_by,
            campaign=campaign,
        )


def answered(event: Event) -> None:
    """The person wrote back."""
    inbound = (
        InboundMessage.objects.for_organisation(event.organisation_id)
        .select_related("candidate", "message", "organisation")
        .filter(pk=event.ids["inbound_id"])
        .first()
    )
    if inbound is None or inbound.candidate is None:
        return
    recipient = _recipient_of(inbound.message) if inbound.message is not None else None
    campaign = recipient.campaign if recipient else None
    _note_everywhere(
        inbound.candidate,
        kind=NoteKind.REPLY_RECEIVED,
        subject=f"inbound:{inbound.pk}",
        at=inbound.received_at,
        text=note_texts.replied(inbound, campaign),
        user=recipient.added_by if recipient else None,
        campaign=campaign,
    )


def task_done(event: Event) -> None:
    """A manual step was done; a skipped one tells nobody anything."""
    task = (
        ManualTask.objects.for_organisation(event.organisation_id)
        .select_related(
            "step",
            "done_by",
            "organisation",
            "recipient__candidate",
            "recipient__campaign",
            "recipient__added_by",
        )
        .filter(pk=event.ids["task_id"], outcome=TaskOutcome.DONE, done_at__isnull=False)
        .first()
    )
    if task is None:
        return
    assert task.done_at is not None
    recipient = task.recipient
    _note_everywhere(
        recipient.candidate,
        kind=note_texts.TASK_KIND.get(StepKind(task.step.kind), NoteKind.TASK_DONE),
        subject=f"task:{task.pk}",
        at=task.done_at,
        text=note_texts.task_done(task, recipient.campaign),
        user=recipient.added_by,
        campaign=recipient.campaign,
    )


def opted_out(event: Event) -> None:
    """Opt-outs travel to every record we know, whatever is ticked."""
    candidate = _candidate(event)
    if candidate is not None:
        _note_everywhere(
            candidate,
            kind=NoteKind.OPT_OUT,
            subject=f"event:{event.pk}:opted_out",
            at=event.created_at,
            text=note_texts.opted_out(event.created_at, candidate.organisation.time_zone),
            user=None,
            campaign=None,
        )


def _note_everywhere(
    candidate: Candidate,
    *,
    kind: NoteKind,
    subject: str,
    at: datetime.datetime,
    text: str,
    user: User | None,
    campaign: Campaign | None,
) -> None:
    for connection in _connections(candidate.organisation_id):
        notes.tell(
            connection,
            candidate,
            kind=kind,
            subject=subject,
            at=at,
            text=text,
            user=user,
            campaign=campaign,
        )


# --- what the event is about ------------------------------------------------------------------------------


def _recipient(event: Event) -> Recipient | None:
    return (
        Recipient.objects.for_organisation(event.organisation_id)
        .select_related("candidate", "campaign", "added_by", "interest_by", "organisation")
        .filter(pk=event.ids["recipient_id"], merged_into__isnull=True)
        .first()
    )


def _candidate(event: Event) -> Candidate | None:
    """By the present id: a merge may have come in between."""
    pk = current(event.organisation_id, event.ids["candidate_id"])
    return (
        Candidate.objects.for_organisation(event.organisation_id)
        .select_related("organisation")
        .filter(pk=pk)
        .first()
    )


def _message(event: Event) -> Message | None:
    return (
        Message.objects.for_organisation(event.organisation_id)
        .select_related("candidate", "created_by", "organisation")
        .exclude(origin=MessageOrigin.TEST)
        .filter(pk=event.ids["message_id"])
        .first()
    )


def _recipient_of(message: Message) -> Recipient | None:
    """Whom a campaign's message was for; None for a single e-mail."""
    return (
        Recipient.objects.for_organisation(message.organisation_id)
        .select_related("campaign", "added_by")
        .filter(attempts__message=message)
        .first()
    )


#: Kind of event → what is done.
REACTIONS: Mapping[str, Callable[[Event], None]] = {
    "recipient.changed": moved,
    "recipient.interest_changed": marked,
    "candidate.updated": edited,
    "candidate.opted_out": opted_out,
    "message.sent": mail_left,
    "message.bounced": mail_came_back,
    "message.refused": mail_came_back,
    "message.replied": answered,
    "task.done": task_done,
}


@events.consumer("integrations.syncs", *REACTIONS)
def react(event: Event) -> None:
    """One piece of news, in one transaction with its delivery."""
    if _connections(event.organisation_id):
        REACTIONS[event.kind](event)
