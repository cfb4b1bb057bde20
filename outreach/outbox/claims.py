"""Claiming: the first messages of a leased mailbox that may leave now (docs/architecture.md, "Sending" 1 and 5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from outreach import lanes
from outreach.models import Message, MessageOrigin
from outreach.outbox import capacity, feed, leases, reading
from outreach.outbox.limits import Wait
from outreach.outbox.transitions import put_back
from outreach.states import MessageStatus, check

_EVERYONE = "the outbox serves everyone"
_S = MessageStatus

_ELSEWHERE = reading.unread_elsewhere(
    candidate="m.candidate_id", lane="m.lane_id", mailbox="m.mailbox_id", since="%(read_since)s"
)
_CLAIM_NEXT = f"""
    UPDATE outreach_message SET status = 'claimed', claim_token = %(token)s, claimed_at = now()
    WHERE id IN (
        SELECT m.id FROM outreach_message m
        LEFT JOIN outreach_lane l ON l.id = m.lane_id
        WHERE m.mailbox_id = %(mailbox)s AND m.status = 'queued' AND m.not_before <= %(now)s
          AND (m.lane_id IS NULL OR (l.held = '' AND NOT (m.lane_id = ANY(%(closed)s))))
          AND (NOT m.read_before_write OR (%(read)s AND NOT {_ELSEWHERE}))
          AND (%(room)s OR m.origin IN ('reply', 'test'))
          AND (%(before_rank)s::int IS NULL
               OR (m.rank, m.planned_at) <= (%(before_rank)s::int, %(before_planned)s::timestamptz))
        ORDER BY m.rank, m.planned_at, l.last_sent_at NULLS FIRST, m.id
        LIMIT %(limit)s
        FOR UPDATE OF m SKIP LOCKED
    )
    RETURNING *
"""  # noqa: S608 - constants of this package

_CLAIM_THESE = """
    UPDATE outreach_message SET status = 'claimed', claim_token = %(token)s, claimed_at = now()
    WHERE id IN (
        SELECT id FROM outreach_message
        WHERE id = ANY(%(ids)s) AND status = 'queued' AND mailbox_id = %(mailbox)s AND not_before <= %(now)s
        ORDER BY id
        FOR UPDATE SKIP LOCKED
    )
    RETURNING *
"""


def claim_next(
    lease: leases.Lease, *, now: datetime, limit: int, room: bool, before: feed.Due | None = None
) -> list[Message]:
    """Claim the first queued messages of the leased mailbox that may leave now, in the mailbox's order.

    ``before``: only what comes before this due thing of a feed. ``room`` False: the mailbox is full or keeps its
    gap, so only replies and tests. A campaign message that an earlier pass
    wrote is shown to its feed first; one that must not leave now is left behind for a minute.
    """
    check(_S.QUEUED, _S.CLAIMED)
    mailbox = lease.mailbox
    closed = lanes.closed(_queued_lanes(mailbox.pk), now=now)
    _postpone(mailbox.pk, closed, now=now)
    with transaction.atomic():
        claimed = _claimed(
            _CLAIM_NEXT,
            token=lease.token,
            mailbox=mailbox.pk,
            now=now,
            limit=limit,
            room=room,
            read=reading.is_read(mailbox, now=now),
            read_since=now - reading.READ_WITHIN,
            closed=list(closed),
            before_rank=before.rank if before else None,
            before_planned=before.planned_at if before else None,
        )
        kept = _refreshed(claimed, now=now)
    _took_turns({message.lane_id for message in kept if message.lane_id}, now=now)
    return kept


def claim_these(lease: leases.Lease, ids: Sequence[int], *, now: datetime) -> list[Message]:
    """Claim messages that a feed has written a moment ago, in the feed's order."""
    check(_S.QUEUED, _S.CLAIMED)
    claimed = _claimed(_CLAIM_THESE, token=lease.token, mailbox=lease.mailbox.pk, ids=list(ids), now=now)
    place = {pk: number for number, pk in enumerate(ids)}
    claimed.sort(key=lambda message: place[message.pk])
    _took_turns({message.lane_id for message in claimed if message.lane_id}, now=now)
    return claimed


def _claimed(sql: str, **values: Any) -> list[Message]:
    rows = list(Message.objects.across_organisations(_EVERYONE).raw(sql, values))
    return sorted(rows, key=lambda message: (message.rank, message.planned_at, message.pk))


def _queued_lanes(mailbox_id: int) -> list[int]:
    queued = Message.objects.across_organisations(_EVERYONE).filter(mailbox_id=mailbox_id, status=_S.QUEUED)
    return list(queued.filter(lane_id__isnull=False).values_list("lane_id", flat=True).distinct())


def _postpone(mailbox_id: int, closed: Mapping[int, Wait], *, now: datetime) -> None:
    """What misses its day waits for its own clock time on the next allowed one; a held lane just waits."""
    days = {lane_id: found for lane_id, found in closed.items() if found.until is not None}
    if not days:
        return
    everyone = Message.objects.across_organisations(_EVERYONE)
    late = everyone.filter(mailbox_id=mailbox_id, status=_S.QUEUED, lane_id__in=days, not_before__lte=now)
    for message in late.select_related("lane"):
        lane = message.lane
        assert lane is not None
        used = lanes.used_today(lane, now=now)
        found = lanes.wait(lane, used=used, planned=message.planned_at, now=now)
        if found is not None and found.until is not None:
            everyone.filter(pk=message.pk, status=_S.QUEUED).update(
                not_before=found.until, reason_code=found.reason, reason_text=found.text
            )


def _refreshed(claimed: list[Message], *, now: datetime) -> list[Message]:
    """Those that their feeds let go, with the text the feeds made of them; the others wait a minute."""
    shown = [message for message in claimed if message.origin == MessageOrigin.CAMPAIGN]
    if not shown:
        return claimed
    allowed = {
        message.pk: all(each.refresh(message=message, now=now) for each in feed.feeds()) for message in shown
    }
    # A feed may have cancelled a message, or written its text anew.
    rows = Message.objects.across_organisations(_EVERYONE).filter(
        pk__in=allowed, status=_S.CLAIMED, claim_token=shown[0].claim_token
    )
    still_ours = rows.in_bulk()
    for pk, may_leave in allowed.items():
        if not may_leave and pk in still_ours:
            put_back([still_ours.pop(pk)], now=now, not_before=now + capacity.LOOK_AGAIN)
    return [
        still_ours.get(message.pk, message)
        for message in claimed
        if message.pk not in allowed or message.pk in still_ours
    ]


def _took_turns(lane_ids: Collection[int], *, now: datetime) -> None:
    """Remember whose turn it was; equal lanes of a mailbox take turns. A row that is busy is left alone."""
    if not lane_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE outreach_lane SET last_sent_at = %s
            WHERE id IN (SELECT id FROM outreach_lane WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
            """,
            [now, sorted(lane_ids)],
        )
