"""What a person does to one written message that still waits: *Send now*, *Don't send before*, *Edit this one message*.

Nothing here overrules a limit, a suppression, an allowed day or a held lane: those are asked when the message is
claimed and once more at ``begin``. Every change compares the status, so that a message a worker holds already stays
what it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from foundation.problems import Conflict, Invalid, NotAllowed
from outreach import lane_access, rendering, selectors, unsubscribe
from outreach.models import Message, MessageOrigin, SendTry
from outreach.outbox import queue
from outreach.states import WAITING, Reason, Turn

#: Further ahead nobody means it.
FURTHEST = timedelta(days=366)
LONGEST_TEXT = 100_000


class TooLate(Conflict):
    """The message is being prepared or handed over, or has ended."""

    code: ClassVar[str] = "too_late"
    sentence: ClassVar[str] = "It was too late: the message is no longer waiting."


@transaction.atomic
def send_now(*, message_id: int, actor: User, now: datetime) -> Message:
    """Move a waiting message to the front of its mailbox; raises Missing, NotAllowed, :class:`TooLate`."""
    require(actor, Right.CAMPAIGN_START)
    message = _waiting(message_id, actor)
    message.rank = Turn.MOVED_BY_HAND
    message.planned_at = message.not_before = now
    message.reason_code = message.reason_text = ""
    return _moved(message, actor, now, "sent_now")


@transaction.atomic
def not_before(*, message_id: int, moment: datetime, actor: User, now: datetime) -> Message:
    """Hold a waiting message back until ``moment`` (aware, at most a year ahead); it then takes its usual turn.

    Raises Missing, NotAllowed, Invalid for a moment that is over, :class:`TooLate`.
    """
    require(actor, Right.CAMPAIGN_START)
    check_moment(moment, now=now)
    message = _waiting(message_id, actor)
    message.rank = _usual_turn(message)
    message.planned_at = message.not_before = moment
    message.reason_code, message.reason_text = Reason.NOT_BEFORE, str(Reason.NOT_BEFORE.label)
    return _moved(message, actor, now, "not_before")


@transaction.atomic
def edit(*, message_id: int, subject: str, body: str, actor: User, now: datetime) -> Message:
    """Replace the text of this one message; what is written by hand is never rendered again.

    A campaign message keeps its way out: a text without the unsubscribe link gets it as its last line. Raises Missing,
    NotAllowed, Invalid for an empty or too long text, :class:`TooLate`.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    message = _waiting(message_id, actor)
    require_text(actor, message)
    message.subject, message.body_text = _checked(subject, body)
    link = unsubscribe.link_for(message.token)
    if message.origin == MessageOrigin.CAMPAIGN and link not in message.body_text:
        message.body_text = f"{message.body_text}\n\n{rendering.FOOTER}: {link}"
    # The HTML part is made from the text when it is sent.
    message.body_html, message.text_by_hand = "", True
    message.save(update_fields=["subject", "body_text", "body_html", "text_by_hand"])
    _note(message, actor, now, "edited")
    return message


@transaction.atomic
def cancel(*, message_ids: list[int], actor: User, now: datetime) -> set[int]:
    """Take waiting messages back; the ids that were. Others' and hidden ones are left alone."""
    require(actor, Right.CAMPAIGN_EDIT)
    rows = selectors.visible_messages(actor).filter(pk__in=message_ids)
    allowed = [pk for pk, lane in rows.values_list("pk", "lane_id") if lane_access.may_change(actor, lane)]
    cancelled = queue.cancel(message_ids=allowed, reason=Reason.CANCELLED_BY_HAND, now=now)
    assert actor.organisation_id is not None
    SendTry.objects.bulk_create(
        _try_of(pk, actor, now, "cancelled", organisation_id=actor.organisation_id)
        for pk in sorted(cancelled)
    )
    return cancelled


def require_text(actor: User, message: Message) -> None:
    """Raise NotAllowed unless the actor may change the text: it may name an address that is a colleague's alone."""
    lane_access.require_change(actor, message.lane_id)
    if selectors.is_hidden(actor, message):
        raise NotAllowed("This goes to a colleague's private address; only they can change its text.")


def check_moment(moment: datetime, *, now: datetime) -> None:
    """Raise Invalid unless ``moment`` lies ahead, by a year at most."""
    if not now < moment <= now + FURTHEST:
        text = "Choose a moment that lies ahead, by a year at most."
        raise Invalid(text, fields={"moment": text})


def _checked(subject: str, body: str) -> tuple[str, str]:
    line = " ".join("".join(char if char.isprintable() else " " for char in subject).split())
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n")
    problems = {}
    if not line or len(line) > rendering.LONGEST_SUBJECT:
        problems["subject"] = f"Write a subject of at most {rendering.LONGEST_SUBJECT} characters."
    if not text.strip() or len(text) > LONGEST_TEXT:
        problems["body"] = f"Write a text of at most {LONGEST_TEXT:,} characters."
    if problems:
        raise Invalid(fields=problems)
    return line, text


def _waiting(message_id: int, actor: User) -> Message:
    """The message under its row lock; raises Missing, NotAllowed, :class:`TooLate`."""
    row = selectors.message(actor, message_id)
    lane_access.require_change(actor, row.lane_id)
    message = (
        Message.objects.for_organisation(row.organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .get(pk=row.pk)
    )
    if message.status not in WAITING:
        raise TooLate
    return message


def _usual_turn(message: Message) -> Turn:
    if message.origin != MessageOrigin.CAMPAIGN:
        return Turn.REPLY_OR_SINGLE
    return Turn.LATER_STEP if message.read_before_write else Turn.FIRST_STEP


def _moved(message: Message, actor: User, now: datetime, word: str) -> Message:
    message.save(update_fields=["rank", "planned_at", "not_before", "reason_code", "reason_text"])
    _note(message, actor, now, word)
    return message


def _note(message: Message, actor: User, now: datetime, word: str) -> None:
    """Who did it stands in the message's own history."""
    _try_of(message.pk, actor, now, word, organisation_id=message.organisation_id).save()


def _try_of(message_id: int, actor: User, now: datetime, word: str, *, organisation_id: int) -> SendTry:
    return SendTry(
        organisation_id=organisation_id,
        message_id=message_id,
        at=now,
        outcome=word,
        text=f"By {actor.name}."[:500],
    )
