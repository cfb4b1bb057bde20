"""What a server's answer means for the message and for its mailbox. Pure: no clock, no database, no network.

docs/architecture.md, "Sending" 6 and 7; docs/behaviour.md §4 for the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.problems import Invalid
from outreach.inbound.classify import classify_smtp_reply, stopped_until
from outreach.mime import BadAddress
from outreach.outbox.transitions import Outcome
from outreach.states import REASON_OF_CLASS, FailureClass, MessageStatus, Reason
from outreach.transports.base import Answer, Reply, Stage

#: A message that could not be handed over for this long has failed (docs/behaviour.md §4, "soft bounce").
GIVE_UP_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Past:
    """What is known of the message so far: temporary failures counted from the first one."""

    tries: int
    first_failed_at: datetime | None


def of_reply(reply: Reply, past: Past, *, now: datetime, delays: Sequence[timedelta]) -> Outcome:
    """The new status of a message that was answered with ``reply``.

    A line lost after DATA is uncertain, whatever else is known; the sender's own quota sends the message back
    to the queue untouched; a plain 5xx is a refusal of its class; everything else is tried again.
    """
    code, text = (str(reply.code) if reply.code else ""), reply.text
    if reply.answer is Answer.ACCEPTED:
        return Outcome(status=MessageStatus.SENT, word="accepted", code=code, text=text)
    if reply.answer is Answer.LOST and reply.stage is Stage.DATA:
        return Outcome(
            status=MessageStatus.UNCERTAIN, word="line_lost", code=code, text=text, reason=Reason.LINE_LOST
        )
    if reply.answer is Answer.LOST:
        return _again(reply, past, now=now, delays=delays, word="line_lost", reason=Reason.SERVER_UNREACHABLE)
    failure_class = classify_smtp_reply(reply.code, reply.text)
    if failure_class is FailureClass.MAILBOX:
        return Outcome(
            status=MessageStatus.QUEUED,
            word="mailbox_stopped",
            code=code,
            text=text,
            reason=Reason.SERVER_QUOTA,
            not_before=now,
        )
    if reply.answer is Answer.REFUSED:
        return Outcome(
            status=MessageStatus.REFUSED,
            word="refused",
            code=code,
            text=text,
            reason=REASON_OF_CLASS[failure_class],
            failure_class=failure_class,
        )
    return _again(reply, past, now=now, delays=delays, word="later", reason=Reason.SERVER_LATER)


def _again(
    reply: Reply, past: Past, *, now: datetime, delays: Sequence[timedelta], word: str, reason: Reason
) -> Outcome:
    """Back to the queue, each moment counted from the first failure; given up after a day as a soft bounce."""
    code = str(reply.code) if reply.code else ""
    first = past.first_failed_at or now
    moments = [first + delay for delay in delays if first + delay > now and delay <= GIVE_UP_AFTER]
    if moments:
        return Outcome(
            status=MessageStatus.QUEUED,
            word=word,
            code=code,
            text=reply.text,
            reason=reason,
            not_before=moments[0],
            failed=True,
        )
    # Given up at DATA it is a refusal: the server had it in hand and said no.
    status = MessageStatus.REFUSED if reply.stage is Stage.DATA else MessageStatus.FAILED
    return Outcome(
        status=status,
        word="given_up",
        code=code,
        text=reply.text,
        reason=Reason.TEMPORARY,
        failure_class=FailureClass.SOFT,
        failed=True,
    )


def unwritable(problem: Invalid) -> Outcome:
    """The mail could not be made from its row: nobody was asked, and asking again would not help."""
    reason = Reason.NO_ADDRESS if isinstance(problem, BadAddress) else Reason.TEXT_BROKEN
    return Outcome(status=MessageStatus.FAILED, word="unwritable", text=str(problem), reason=reason)


def stops_mailbox(reply: Reply, *, now: datetime) -> datetime | None:
    """Until when the sender's own provider stopped the mailbox with this answer; None: it did not."""
    if reply.answer not in {Answer.REFUSED, Answer.LATER}:
        return None
    if classify_smtp_reply(reply.code, reply.text) is not FailureClass.MAILBOX:
        return None
    return stopped_until(reply.text, now=now)
