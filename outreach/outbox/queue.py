"""Writing messages into the outbox, taking them back, and holding a lane."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from foundation import events
from outreach import files
from outreach.models import Lane, Mailbox, Message
from outreach.outbox.explaining import Explanation, why_not_yet
from outreach.states import STOPPABLE, MessageStatus, Reason, Turn, check, sentence

__all__ = [
    "Draft",
    "Explanation",
    "cancel",
    "exchange_files",
    "hold_lane",
    "mint_token",
    "release_lane",
    "why_not_yet",
    "write",
]

#: The reason is a parameter of every unscoped query; the outbox works for all organisations at once.
_EVERYONE = "the outbox serves everyone"
_TEXT = 500


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a message is made of. ``planned_at`` is aware; ids and references carry no angle brackets.

    ``references`` are Message-IDs separated by spaces, oldest first; ``private_to_id`` is the user who alone
    may see the address.
    """

    mailbox_id: int
    lane_id: int | None = None
    candidate_id: int | None = None
    origin: str
    step_ref: str = ""
    to_address: str
    to_normalised: str
    to_name: str = ""
    private_to_id: int | None = None
    subject: str
    body_text: str
    body_html: str = ""
    rank: int = Turn.FIRST_STEP
    planned_at: datetime
    in_reply_to: str = ""
    references: str = ""
    read_before_write: bool = False
    created_by_id: int | None = None
    #: Ids of ``ContentFile`` that go with it.
    files: tuple[int, ...] = ()
    #: From :func:`mint_token`, for a text that already holds its own unsubscribe link; empty: minted here.
    token: str = ""


def mint_token() -> str:
    """The random part of a message's signed reference."""
    return secrets.token_hex(10)


@transaction.atomic
def write(drafts: Sequence[Draft], *, organisation_id: int, now: datetime) -> list[Message]:
    """Insert the drafts as queued messages, in order, with their ids and tokens; one query for any number.

    Our Message-ID ends in the domain of the mailbox, as receivers expect of a mail from there.
    """
    if not drafts:
        return []
    mailboxes = Mailbox.objects.for_organisation(organisation_id)
    domains = {
        pk: address.rpartition("@")[2]
        for pk, address in mailboxes.filter(pk__in={draft.mailbox_id for draft in drafts}).values_list(
            "pk", "address"
        )
    }
    messages = Message.objects.bulk_create(
        _row(draft, organisation_id, domains[draft.mailbox_id], now) for draft in drafts
    )
    carrying = {row.pk: draft.files for row, draft in zip(messages, drafts, strict=True) if draft.files}
    if carrying:
        files.give(carrying, organisation_id=organisation_id)
    return messages


def exchange_files(message: Message, file_ids: Sequence[int]) -> None:
    """The files of a message that is written anew and has not left. Call inside a transaction."""
    if message.has_files:
        message.files.all().delete()
    if file_ids:
        files.give({message.pk: file_ids}, organisation_id=message.organisation_id)
    if message.has_files != bool(file_ids):
        message.has_files = bool(file_ids)
        message.save(update_fields=["has_files"])


def _row(draft: Draft, organisation_id: int, domain: str, now: datetime) -> Message:
    return Message(
        organisation_id=organisation_id,
        mailbox_id=draft.mailbox_id,
        lane_id=draft.lane_id,
        candidate_id=draft.candidate_id,
        origin=draft.origin,
        created_by_id=draft.created_by_id,
        step_ref=draft.step_ref,
        read_before_write=draft.read_before_write,
        to_address=draft.to_address,
        to_name=draft.to_name,
        to_normalised=draft.to_normalised,
        private_to_id=draft.private_to_id,
        subject=draft.subject,
        body_text=draft.body_text,
        body_html=draft.body_html,
        has_files=bool(draft.files),
        our_message_id=f"{uuid.uuid4()}@{domain}",
        token=draft.token or mint_token(),
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        status=MessageStatus.QUEUED,
        rank=draft.rank,
        planned_at=draft.planned_at,
        # A message moved by hand may be written ahead of its plan and leave at once.
        not_before=now if draft.rank == Turn.MOVED_BY_HAND else draft.planned_at,
    )


@transaction.atomic
def cancel(*, message_ids: Collection[int], reason: Reason, now: datetime) -> set[int]:
    """Take back what has not been handed to a mail server; returns the ids that were.

    A message in ``sending`` or beyond stays what it is: it may already be with its receiver.
    """
    for status in STOPPABLE:
        check(status, MessageStatus.CANCELLED)
    waiting = Message.objects.across_organisations(_EVERYONE).filter(pk__in=message_ids, status__in=STOPPABLE)
    # Locked in id order, so that two cancels never wait for each other.
    rows = list(waiting.order_by("pk").select_for_update(no_key=True).values_list("pk", "organisation_id"))
    Message.objects.across_organisations(_EVERYONE).filter(pk__in=[pk for pk, _ in rows]).update(
        status=MessageStatus.CANCELLED,
        claim_token=None,
        reason_code=reason,
        reason_text=sentence(reason)[:_TEXT],
        settled_at=now,
    )
    for pk, organisation_id in rows:
        events.emit(
            "message.cancelled", organisation_id=organisation_id, subject=f"message:{pk}", message_id=pk
        )
    return {pk for pk, _ in rows}


@transaction.atomic
def hold_lane(*, lane_id: int, code: str, text: str, now: datetime) -> list[int]:  # noqa: ARG001 - see below
    """Stop the lane: nothing of it begins once this transaction commits.

    Waits for running ``begin``s, which share-lock the row, and returns the ids of messages that were already
    being handed to their mail server. ``now`` is part of the door although a hold has no end of its own.
    """
    lane = Lane.objects.across_organisations(_EVERYONE).select_for_update(no_key=True).get(pk=lane_id)
    lane.held, lane.held_text = code[:40], text[:300]
    lane.save(update_fields=["held", "held_text"])
    handed_over = Message.objects.across_organisations(_EVERYONE).filter(
        lane_id=lane_id, status=MessageStatus.SENDING
    )
    return list(handed_over.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def release_lane(*, lane_id: int) -> None:
    """Let the lane's messages leave again."""
    lane = Lane.objects.across_organisations(_EVERYONE).select_for_update(no_key=True).get(pk=lane_id)
    lane.held, lane.held_text = "", ""
    lane.save(update_fields=["held", "held_text"])
