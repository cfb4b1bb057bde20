"""Figures of one campaign, counted as ``definitions`` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from campaigns import definitions, sequence
from campaigns.definitions import CAME_BACK, DELIVERED, HANDED_OVER, Definition
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import AttemptOutcome, Hold, Progress
from outreach.models import InboundMessage
from outreach.opening import Opener
from outreach.states import KEEN, Turn, Verdict

#: Who counts as replied. A recipient that a merge stopped is counted as the one that goes on.
REPLIED = Q(progress=Progress.REPLIED, merged_into__isnull=True)
#: Up to so many people the figures are counted while the page is made; with more they come in a second answer.
COUNTED_AT_ONCE = 10_000
#: Who counts as interested; a meeting is more than that.
INTERESTED = Q(interest__in=[each.value for each in KEEN], merged_into__isnull=True)


def recipients_of(campaign: Campaign) -> QuerySet[Recipient]:
    """Every recipient row of the campaign, those that a merge stopped included."""
    return Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).order_by()


def attempts_of(campaign: Campaign) -> QuerySet[Attempt]:
    """Every attempt of the campaign."""
    return Attempt.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).order_by()


# ── funnel ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel; in per cent ``share`` of all people in the campaign, ``of_before`` of the stage before."""

    definition: Definition
    people: int
    share: float
    of_before: int | None

    @property
    def name(self) -> str:
        """The word beside the bar."""
        return self.definition.word


def funnel(campaign: Campaign, members: Sequence[MemberFigures] | None = None) -> list[Stage]:
    """Recipients → written to → delivered → replied → interested, by people.

    ``members``: what :func:`by_member` has found already.
    """
    found = by_member(campaign) if members is None else members
    counts = [
        (definitions.RECIPIENTS, sum(line.added for line in found)),
        (definitions.WRITTEN_TO, sum(line.written_to for line in found)),
        (definitions.DELIVERED_TO, sum(line.delivered for line in found)),
        (definitions.REPLIED, sum(line.replied for line in found)),
        (definitions.INTERESTED, recipients_of(campaign).filter(INTERESTED).count()),
    ]
    return stages(counts)


def stages(counts: Sequence[tuple[Definition, int]]) -> list[Stage]:
    """Bars of a funnel from its counts, everybody first."""
    total = counts[0][1]
    found: list[Stage] = []
    for place, (definition, people) in enumerate(counts):
        before = counts[place - 1][1] if place else None
        found.append(
            Stage(
                definition,
                people,
                share=min(100.0, round(100 * people / total, 1)) if total else 0.0,
                of_before=None if before is None else percent(people, before),
            )
        )
    return found


def percent(part: int, whole: int) -> int:
    """Whole per cent; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def standings(campaign: Campaign) -> dict[str, int]:
    """People per badge: keys are values of Progress (not on hold) and of Hold."""
    rows = recipients_of(campaign).values_list("progress", "hold").annotate(people=Count("pk"))
    found: dict[str, int] = {}
    for progress, hold, people in rows:
        key = hold if hold != Hold.NONE else progress
        found[key] = found.get(key, 0) + people
    return found


# ── by step ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class StepFigures:
    """How one step fared: e-mails sent and bounced, people who answered it. ``opened``: None without tracking."""

    step: Step
    sent: int
    bounced: int
    replied: int
    interested: int
    opened: int | None = None

    @property
    def rate(self) -> int:
        """Replies per hundred e-mails that did not come back."""
        return percent(self.replied, self.sent - self.bounced)


def by_step(campaign: Campaign) -> list[StepFigures]:
    """One line per step, in order."""
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    handed = {
        step: (sent, bounced)
        for step, sent, bounced in attempts_of(campaign)
        .filter(outcome__in=HANDED_OVER)
        .values_list("step_id")
        .annotate(sent=Count("pk"), bounced=Count("pk", filter=Q(outcome__in=CAME_BACK)))
    }
    replied = _answered_steps(campaign, recipients_of(campaign).filter(REPLIED))
    opened = _opened(campaign) if campaign.track_opens else None
    interested = _answered_steps(campaign, recipients_of(campaign).filter(INTERESTED))
    return [
        StepFigures(
            step,
            *handed.get(step.pk, (0, 0)),
            replied=replied[step.pk],
            opened=None if opened is None else opened.get(step.pk, 0),
            interested=interested[step.pk],
        )
        for step in steps
    ]


def _opened(campaign: Campaign) -> dict[int, int]:
    """People per step whose picture was loaded by what looked like a person."""
    rows = (
        attempts_of(campaign)
        .filter(message__opens__opener=Opener.PERSON)
        .values_list("step_id")
        .annotate(people=Count("recipient__candidate", distinct=True))
    )
    return dict(rows)


def _answered_steps(campaign: Campaign, who: QuerySet[Recipient]) -> Counter[int]:
    """People per step they answered."""
    return Counter(answered_attempts(campaign, who).values_list("step_id", flat=True))


def answered_attempts(campaign: Campaign, who: QuerySet[Recipient]) -> QuerySet[Attempt]:
    """Per person the attempt they answered: the one that a reply names, else the last one sent."""
    answers = InboundMessage.objects.for_organisation(campaign.organisation_id).filter(
        message=OuterRef("message"), verdict=Verdict.REPLY
    )
    return (
        attempts_of(campaign)
        .filter(
            outcome__in=[AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN],
            recipient__campaign=campaign,
            recipient__candidate__in=who.values("candidate"),
        )
        .annotate(answered=Exists(answers))
        .order_by("recipient__candidate", "-answered", "-pk")
        .distinct("recipient__candidate")
    )


# ── by member ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class MemberFigures:
    """People whom one member added to the campaign, and how far they came."""

    member: str
    added: int
    written_to: int
    delivered: int
    replied: int


# How far each person came, whichever of their recipients in the campaign it was: a merge may have stopped one.
_BY_MEMBER = """
WITH reached AS (
    SELECT r.candidate_id, bool_or(a.outcome = ANY(%(handed_over)s)) AS written_to,
           bool_or(a.outcome = ANY(%(delivered)s)) AS delivered
      FROM campaigns_attempt a JOIN campaigns_recipient r ON r.id = a.recipient_id
     WHERE a.organisation_id = %(organisation)s AND a.campaign_id = %(campaign)s AND r.campaign_id = %(campaign)s
     GROUP BY r.candidate_id
)
SELECT u.name, count(*), count(*) FILTER (WHERE written_to), count(*) FILTER (WHERE delivered),
       count(*) FILTER (WHERE progress = 'replied')
  FROM campaigns_recipient r LEFT JOIN reached USING (candidate_id) LEFT JOIN accounts_user u ON u.id = r.added_by_id
 WHERE r.organisation_id = %(organisation)s AND r.campaign_id = %(campaign)s AND r.merged_into_id IS NULL
 GROUP BY r.added_by_id, u.name
"""


def by_member(campaign: Campaign) -> list[MemberFigures]:
    """One line per member who added people, most people first; "Nobody" for a member who is gone."""
    values: dict[str, Any] = {
        "organisation": campaign.organisation_id,
        "campaign": campaign.pk,
        "handed_over": [outcome.value for outcome in HANDED_OVER],
        "delivered": [outcome.value for outcome in DELIVERED],
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_MEMBER, values)
        lines = [MemberFigures(name or "Nobody", *counts) for name, *counts in cursor.fetchall()]
    return sorted(lines, key=lambda line: (-line.added, line.member.casefold()))


# ── over time ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class DayFigures:
    """One local date of the campaign: e-mails handed over then, how many of them came back, replies read then."""

    day: date
    sent: int = 0
    bounced: int = 0
    replied: int = 0


def by_day(campaign: Campaign) -> list[DayFigures]:
    """Every day on which anything happened, the oldest first."""
    zone = ZoneInfo(campaign.zone)
    sent = {
        day: (count, bounced)
        for day, count, bounced in attempts_of(campaign)
        .filter(outcome__in=HANDED_OVER)
        .annotate(day=TruncDate(Coalesce("message__sent_at", "message__settled_at"), tzinfo=zone))
        .values_list("day")
        .annotate(count=Count("pk"), bounced=Count("pk", filter=Q(outcome__in=CAME_BACK)))
        if day is not None
    }
    replied = dict(
        recipients_of(campaign)
        .filter(REPLIED, ended_at__isnull=False)
        .annotate(day=TruncDate("ended_at", tzinfo=zone))
        .values_list("day")
        .annotate(people=Count("pk"))
    )
    return [
        DayFigures(day, *sent.get(day, (0, 0)), replied=replied.get(day, 0))
        for day in sorted({*sent, *replied})
    ]


# Step by step and turn by turn, as the index of the feed has them (campaigns_recipient_due): the one by time alone
# holds the plans of all other campaigns too.
_NEXT = """
SELECT r.id
  FROM unnest(%(steps)s::bigint[]) AS step(id) CROSS JOIN unnest(%(turns)s::smallint[]) AS kinds(turn)
 CROSS JOIN LATERAL (
    SELECT id, planned_at
      FROM campaigns_recipient
     WHERE next_step_id = step.id AND turn = kinds.turn AND planned_at IS NOT NULL
       AND open_attempt_id IS NULL AND hold = 'none' AND progress IN ('not_started', 'started')
     ORDER BY planned_at, id
     LIMIT %(limit)s
 ) AS r
 ORDER BY r.planned_at, r.id
 LIMIT %(limit)s
"""


def next_sends(campaign: Campaign, *, limit: int = 8) -> list[Recipient]:
    """Who is planned next, soonest first."""
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    turns = [turn.value for turn in Turn]
    with connection.cursor() as cursor:
        cursor.execute(
            _NEXT, {"steps": list(steps.values_list("pk", flat=True)), "turns": turns, "limit": limit}
        )
        soonest = [pk for (pk,) in cursor.fetchall()]
    rows = recipients_of(campaign).select_related("candidate", "next_step").in_bulk(soonest)
    return [rows[pk] for pk in soonest if pk in rows]
