"""The only writer of a claimed message's status: begin, settle, put back, sweep.

Every change compares the status and the claim token, so of two workers that believe they own a message one
changes nothing; zero rows mean that somebody else decided: log and stop. Each change emits its event in the
same transaction. See docs/architecture.md, "Sending"; lock order lane → mailbox → recipient → message.

The statements on the way of every message are functions of the database (migration 0510), which plans them once per
connection: a mailbox without a gap spends its time here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from foundation import events
from outreach import lanes, lending
from outreach.models import Lane, Message, MessageOrigin
from outreach.outbox import capacity, feed, leases
from outreach.states import FailureClass, MessageStatus, Reason, check, sentence
from sourcing import suppression
from sourcing.models import SuppressionKind

log = structlog.get_logger(__name__)

_EVERYONE = "the outbox serves everyone"
_S = MessageStatus
_TEXT = 500

#: Reasons given by a feed or by suppression that end a message; any other one sends it back to the queue.
_ENDS: dict[Reason, MessageStatus] = {
    Reason.UNSUBSCRIBED: _S.SUPPRESSED,
    Reason.SUPPRESSED_PERSON: _S.SUPPRESSED,
    Reason.SUPPRESSED_ADDRESS: _S.SUPPRESSED,
    Reason.SUPPRESSED_DOMAIN: _S.SUPPRESSED,
    Reason.SUPPRESSED_COMPANY: _S.SUPPRESSED,
    Reason.CANCELLED_BY_HAND: _S.CANCELLED,
    Reason.STEP_REMOVED: _S.CANCELLED,
    Reason.REPLIED: _S.CANCELLED,
    Reason.STOPPED: _S.CANCELLED,
    Reason.MERGED: _S.CANCELLED,
    Reason.ERASED: _S.CANCELLED,
}

_KINDS: dict[SuppressionKind | None, Reason] = {
    SuppressionKind.PERSON: Reason.SUPPRESSED_PERSON,
    SuppressionKind.ADDRESS: Reason.SUPPRESSED_ADDRESS,
    SuppressionKind.DOMAIN: Reason.SUPPRESSED_DOMAIN,
    SuppressionKind.COMPANY: Reason.SUPPRESSED_COMPANY,
}

#: What others hear about a new status; the way back to the queue is nobody's news.
EVENT_OF: dict[MessageStatus, str] = {
    _S.SENT: "message.sent",
    _S.REFUSED: "message.refused",
    _S.BOUNCED: "message.bounced",
    _S.FAILED: "message.failed",
    _S.UNCERTAIN: "message.uncertain",
    _S.CANCELLED: "message.cancelled",
    _S.SUPPRESSED: "message.suppressed",
}


class LeaseLost(RuntimeError):
    """The mailbox was leased to somebody else, paused or removed: this worker must stop using it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one handing-over: the new status and everything that is stored with it.

    ``word`` names the try in its list; ``code`` and ``text`` are the server's own words. ``not_before`` is for
    a message that goes back to the queue; ``failed`` starts or keeps the clock of temporary failures.
    """

    status: MessageStatus
    word: str
    code: str = ""
    text: str = ""
    reason: Reason | None = None
    failure_class: FailureClass | None = None
    not_before: datetime | None = None
    failed: bool = False


@dataclass(frozen=True)
class Settled:
    """A message whose handing-over has ended, to be written down together with the next ``begin``."""

    message: Message
    outcome: Outcome


@dataclass(frozen=True)
class _Call:
    """A query and its parameters."""

    sql: str
    values: list[Any]


# ── begin ───────────────────────────────────────────────────────────────────


def begin(
    lease: leases.Lease, message: Message, *, now: datetime, settled: Settled | None = None
) -> Reason | None:
    """The last moment at which a message may be stopped; None: it is ``sending`` and must be handed over now.

    One transaction: share-lock the lane, lock and renew the mailbox, ask limits, suppression and feeds again,
    count the lane's day, compare-and-set to ``sending``, set the mailbox's next moment, and write down
    ``settled``, the message before it. A reason: this message stays behind, in the queue or ended as the reason
    says. Raises :class:`LeaseLost`; then neither this message nor ``settled`` was written.
    """
    with transaction.atomic():
        lane, next_send_at = _locked(lease, message.lane_id)
        reason = _why_not(lease, lane, next_send_at, message, now)
        if reason is None:
            reason = _set_sending(lease, lane, message, settled, now)
        elif settled is not None:
            _write_settled(settled, now)
        if reason is not None:
            _leave_behind(message, reason, now)
    if reason is None:
        message.status, message.sending_at = _S.SENDING, now
    return reason


def _why_not(
    lease: leases.Lease, lane: Lane | None, next_send_at: datetime, message: Message, now: datetime
) -> Reason | None:
    """What may still stop the message but how far the lane's day is used up.

    Lane and mailbox are locked, a feed locks the recipient.
    """
    closed = lanes.wait(lane, used=0, planned=message.planned_at, now=now) if lane else None
    if closed is not None:
        return closed.reason
    if message.origin not in {MessageOrigin.REPLY, MessageOrigin.TEST}:
        if next_send_at > now:
            return Reason.MAILBOX_GAP
        room = capacity.room(lease.mailbox, now=now)
        if not room.free:
            return room.reason
    if message.origin == MessageOrigin.CAMPAIGN:
        for each in feed.feeds():
            reason = each.may_begin(message=message, now=now)
            if reason is not None:
                return reason
    elif not lending.may_send_from(lease.mailbox, message.created_by_id, lock=True):
        return Reason.MAILBOX_WITHDRAWN
    if suppression.is_suppressed(message.organisation_id, message.candidate_id, message.to_normalised):
        return _suppressed_why(message)
    if lane is not None and lane.daily_limit == 0:
        return Reason.CAMPAIGN_DAY
    return None


_LANE_FIELDS = (
    *("id", "organisation_id", "held", "held_text", "daily_limit", "zone", "allowed_days"),
    *("holidays", "opens", "closes"),
)
_LOCK = "SELECT * FROM outreach_lock_for_begin(%s, %s, %s, make_interval(secs => %s))"


def _locked(lease: leases.Lease, lane_id: int | None) -> tuple[Lane | None, datetime]:
    """Share-lock the lane, lock the mailbox and renew the lease; the lane, and when the mailbox may send next.

    The lane is as it is once no one is changing it; Pause takes the same row exclusively and so waits for us.
    Raises :class:`LeaseLost` if the mailbox is not ours or may not send.

    A lease with two thirds of its time left is long enough for any message, and is only locked: writing the
    row runs its audit trigger, which costs more than the rest of ``begin``.
    """
    length, mailbox = leases.length().total_seconds(), lease.mailbox
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [mailbox.pk, str(lease.token), lane_id, length * 2 / 3])
        leased, *figures, next_send_at, short, organisation_id = (row := cursor.fetchone())[:8]
        if not leased:
            raise LeaseLost
        if short:
            cursor.execute(
                "UPDATE outreach_mailbox SET lease_until = now() + make_interval(secs => %s) WHERE id = %s",
                [length, mailbox.pk],
            )
    mailbox.daily_limit, mailbox.min_gap_seconds, mailbox.max_gap_seconds, mailbox.in_use_since = figures
    assert isinstance(next_send_at, datetime)
    if lane_id is None:
        return None, next_send_at
    return Lane.from_db(connection.alias, _LANE_FIELDS, (lane_id, organisation_id, *row[8:])), next_send_at


def _suppressed_why(message: Message) -> Reason:
    """What kind of entry it is; one taken off the list since it was read stopped the message all the same."""
    kind = suppression.why(message.organisation_id, message.candidate_id, message.to_normalised)
    return _KINDS.get(kind, Reason.SUPPRESSED_ADDRESS)


def _give_lane_day_back(message: Message) -> None:
    """The server took nothing: the day it was counted on gets its place back."""
    if message.lane_id is None or message.sending_at is None:
        return
    lane = Lane.objects.across_organisations(_EVERYONE).get(pk=message.lane_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outreach_laneday SET used = used - 1 WHERE lane_id = %s AND date = %s AND used > 0",
            [lane.pk, lanes.days_of(lane).local_date(message.sending_at)],
        )


def _set_sending(
    lease: leases.Lease, lane: Lane | None, message: Message, settled: Settled | None, now: datetime
) -> Reason | None:
    """Count the message on its lane's day and make it ``sending``; a reason if the day is used up.

    ``settled`` is written down by the same statement, whether or not this message may go. Raises :class:`LeaseLost`
    if it is no longer ours.
    """
    check(_S.CLAIMED, _S.SENDING)
    begin = _Call(
        "SELECT counted, begun FROM outreach_begin(%s, %s, %s, %s, %s, %s, %s)",
        [
            *(message.pk, lease.token, now, message.organisation_id),
            *(
                (lane.pk, lanes.days_of(lane).local_date(now), lane.daily_limit)
                if lane
                else (None, None, None)
            ),
        ],
    )
    next_send_at = capacity.next_moment(lease.mailbox, message_id=message.pk, now=now)
    with connection.cursor() as cursor:
        if settled is None:
            cursor.execute(begin.sql, begin.values)
            counted, begun = cursor.fetchone()
        else:
            writing = _settling(settled, now)
            cursor.execute(
                f"SELECT * FROM ({begin.sql}) AS this, ({writing.sql}) AS before",  # noqa: S608 - our own words
                [*begin.values, *writing.values],
            )
            counted, begun, moved, _told = cursor.fetchone()
        if counted and not begun:
            raise LeaseLost
        if counted and next_send_at is not None:
            cursor.execute(
                "UPDATE outreach_mailbox SET next_send_at = %s WHERE id = %s",
                [next_send_at, lease.mailbox.pk],
            )
    if settled is not None:
        _settled(settled, moved)
    return None if counted else Reason.CAMPAIGN_DAY


def _leave_behind(message: Message, reason: Reason, now: datetime) -> None:
    end = _ENDS.get(reason)
    if end is not None:
        _write_settled(
            Settled(message, Outcome(status=end, word="stopped", reason=reason, text=sentence(reason))), now
        )
    else:
        # What the claim cannot see is looked at again in a minute; what lane and mailbox hold, it passes over.
        held = reason in {Reason.RECIPIENT_HELD, Reason.MAILBOX_WITHDRAWN}
        put_back([message], now=now, not_before=now + capacity.LOOK_AGAIN if held else None)


# ── settle ──────────────────────────────────────────────────────────────────


@transaction.atomic
def settle(message: Message, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what became of a claimed or sending message; False: somebody else decided before.

    A late settle is accepted: a message that the sweep has meanwhile made ``uncertain`` still carries the
    token of its worker, who alone knows the server's answer.
    """
    return _write_settled(Settled(message, outcome), now)


def _write_settled(settled: Settled, now: datetime) -> bool:
    writing = _settling(settled, now)
    with connection.cursor() as cursor:
        cursor.execute(writing.sql, writing.values)
        moved, _told = cursor.fetchone()
    return _settled(settled, moved)


def _settling(settled: Settled, now: datetime) -> _Call:
    """The query that writes an outcome down, and tells of it, if the message is still ours: (it was, told)."""
    message, outcome = settled.message, settled.outcome
    new = outcome.status
    check(message.status, new)
    old = [message.status]
    if message.status == _S.SENDING and new in {_S.SENT, _S.REFUSED}:
        check(_S.UNCERTAIN, new)
        old.append(_S.UNCERTAIN)
    values = _settle_values(message, outcome, old, now)
    telling, told = _news(message, new)
    places = ", ".join(["%s"] * len(values))
    return _Call(
        f"SELECT moved, CASE WHEN moved THEN {telling} END FROM outreach_settle({places}) AS moved",  # noqa: S608 - our own words
        [*told, *values],
    )


def _settled(settled: Settled, moved: bool) -> bool:
    """What follows once an outcome is written down; False: somebody else decided before."""
    message, outcome = settled.message, settled.outcome
    if not moved:
        log.warning("outbox.settled_by_others", message_id=message.pk, outcome=outcome.word)
        return False
    if outcome.status == _S.QUEUED and message.status == _S.SENDING:
        _give_lane_day_back(message)
    _tell_of_single(message, outcome.status)
    return True


def _settle_values(message: Message, outcome: Outcome, old: list[str], now: datetime) -> list[Any]:
    """The parameters of ``outreach_settle``, in its order."""
    new = outcome.status
    reason_text = (
        "" if new == _S.SENT else outcome.text or (sentence(outcome.reason) if outcome.reason else "")
    )
    return [
        *(message.pk, message.claim_token, [str(status) for status in old], str(new)),
        *(str(outcome.reason or ""), reason_text[:_TEXT], str(outcome.failure_class or "")),
        None if new == _S.QUEUED else now,
        now if new == _S.SENT else None,
        *(outcome.not_before, outcome.failed, now),
        *(outcome.word[:20], outcome.code[:40], outcome.text[:_TEXT]),
    ]


def tell(message: Message, status: MessageStatus) -> None:
    """Emit the events of a new status, in the caller's transaction."""
    kind = EVENT_OF.get(status)
    if kind is not None:
        events.emit(kind, **_about(message))
    _tell_of_single(message, status)


def _news(message: Message, status: MessageStatus) -> tuple[str, Sequence[Any]]:
    """The first event of :func:`tell` as part of the statement that changes the status."""
    kind = EVENT_OF.get(status)
    return events.within(kind, **_about(message)) if kind is not None else ("NULL", ())


def _about(message: Message) -> dict[str, Any]:
    return {
        "organisation_id": message.organisation_id,
        "subject": f"message:{message.pk}",
        "message_id": message.pk,
    }


def _tell_of_single(message: Message, status: MessageStatus) -> None:
    """A campaign tells of its own messages; most messages are a campaign's."""
    if status is MessageStatus.SENT and message.origin == MessageOrigin.SINGLE and message.candidate_id:
        events.emit("candidate.written_to", candidate_id=message.candidate_id, **_about(message))


def put_back(messages: Sequence[Message], *, now: datetime, not_before: datetime | None = None) -> None:
    """Claimed messages return to the queue untried; those that are no longer ours stay as they are."""
    check(_S.CLAIMED, _S.QUEUED)
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outreach_message
            SET status = 'queued', claim_token = NULL,
                not_before = COALESCE(GREATEST(%s::timestamptz, %s), not_before)
            WHERE id = ANY(%s) AND status = 'claimed' AND claim_token = %s
            """,
            [
                not_before,
                now if not_before else None,
                [message.pk for message in messages],
                messages[0].claim_token,
            ],
        )
