"""Who is due at a mailbox: the steps it sends, whoever waits for them, and whether their inboxes were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign, Recipient
from campaigns.states import GOING, Hold
from outreach import lanes
from outreach.outbox import reading
from outreach.states import Reason

_EVERYONE = "the outbox serves everyone"
_MOVED_ON = frozenset({Reason.DAY_NOT_ALLOWED, Reason.HOLIDAY, Reason.OUTSIDE_HOURS})

# The first due recipient of each mailbox: per mailbox the few steps it sends for running campaigns, per step one look
# into the partial index campaigns_recipient_due for those moved by hand, later steps and first steps. Held-back people
# are not in that index and cost nothing.
_ELSEWHERE = reading.unread_elsewhere(
    candidate="waits.candidate_id", lane="sends.lane_id", mailbox="m.id", since="%(read_since)s"
)
_DUE = f"""
SELECT m.id, sends.campaign_id, sends.step_id, sends.position, r.turn, r.planned_at
  FROM unnest(%(mailboxes)s::bigint[]) AS wanted(id)
  JOIN outreach_mailbox m ON m.id = wanted.id
 CROSS JOIN LATERAL (
    SELECT c.id AS campaign_id, c.lane_id, s.id AS step_id, s.position
      FROM campaigns_campaign c JOIN campaigns_step s ON s.campaign_id = c.id AND s.mailbox_id IS NULL
     WHERE c.mailbox_id = m.id AND c.status IN ('starting', 'running') AND s.kind = 'email'
     UNION ALL
    SELECT c.id, c.lane_id, s.id, s.position
      FROM campaigns_step s JOIN campaigns_campaign c ON c.id = s.campaign_id
     WHERE s.mailbox_id = m.id AND c.status IN ('starting', 'running') AND s.kind = 'email'
 ) AS sends
  JOIN outreach_lane l ON l.id = sends.lane_id AND l.held = ''
 CROSS JOIN LATERAL (
    SELECT 0 AS turn UNION ALL SELECT 2 UNION ALL SELECT 3
 ) AS kinds
 CROSS JOIN LATERAL (
    SELECT turn, planned_at
      FROM campaigns_recipient waits
     WHERE next_step_id = sends.step_id AND turn = kinds.turn AND planned_at <= %(now)s
       AND open_attempt_id IS NULL AND hold = 'none' AND progress IN ('not_started', 'started')
       AND (sends.position = 1 OR NOT {_ELSEWHERE})
     ORDER BY planned_at, id
     LIMIT 1
 ) AS r
 WHERE sends.position = 1 OR m.read_completely_at >= %(read_since)s
 ORDER BY m.id, r.turn, l.last_sent_at NULLS FIRST, r.planned_at
"""  # noqa: S608 - constants of this module

_UNREAD = reading.unread_elsewhere(
    candidate="campaigns_recipient.candidate_id", lane="%s", mailbox="%s", since="%s"
)


@dataclass(frozen=True)
class DueStep:
    """A step for which somebody is due at its mailbox; ``planned_at`` is the first one's."""

    mailbox_id: int
    campaign_id: int
    step_id: int
    position: int
    turn: int
    planned_at: datetime


def due_steps(mailbox_ids: Sequence[int], *, now: datetime) -> list[DueStep]:
    """The steps of campaigns that are open now, in each mailbox's order."""
    values: dict[str, Any] = {
        "mailboxes": list(mailbox_ids),
        "now": now,
        "read_since": now - reading.READ_WITHIN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        rows = [DueStep(*row) for row in cursor.fetchall()]
    if not rows:
        return []
    lane_of = dict(
        Campaign.objects.across_organisations(_EVERYONE)
        .filter(pk__in={row.campaign_id for row in rows})
        .values_list("pk", "lane_id")
    )
    shut = lanes.closed(set(lane_of.values()), now=now)
    # A day that is not allowed and a closed hour do not close a campaign here: its due people are moved to the
    # next day that is open in write(), and then they are no longer due.
    return [
        row
        for row in rows
        if (found := shut.get(lane_of[row.campaign_id])) is None or found.reason in _MOVED_ON
    ]


def waiting_for(step: DueStep, *, lane_id: int, now: datetime, limit: int) -> list[Recipient]:
    """The first ``limit`` people who may be written this step, under their row locks; busy rows are left alone.

    Their ``next_step`` is not fetched with each: it is the same for all of them, texts and all.
    """
    rows = (
        Recipient.objects.across_organisations(_EVERYONE)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        # Nobody's first message continues a thread.
        .select_related("candidate", *(["thread_message"] if step.position > 1 else []))
        .prefetch_related("step_changes")
        .filter(
            next_step_id=step.step_id,
            turn=step.turn,
            planned_at__lte=now,
            open_attempt__isnull=True,
            hold=Hold.NONE,
            progress__in=[p.value for p in GOING],
        )
    )
    if step.position > 1:
        values = [lane_id, step.mailbox_id, now - reading.READ_WITHIN]
        unread = RawSQL(_UNREAD, values, output_field=BooleanField())  # noqa: S611 - constants
        rows = rows.alias(unread=unread).filter(unread=False)
    return list(rows.order_by("planned_at", "pk")[:limit])


def when(recipient: Recipient) -> tuple[datetime, int]:
    """Planned moment, then person: the order of a mailbox within a turn."""
    assert recipient.planned_at is not None
    return recipient.planned_at, recipient.pk
