"""The planned calendar of a campaign: every message of the next weeks, before and after Start.

What stands in the database is gathered here and asked of ``forecast``, which is pure. A mailbox sends for all its
campaigns, so all of them stand in line. A draft is told as if Start were pressed now, a paused one as if Resume were.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, IntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import Mod, RowNumber

from campaigns import addressing, choosing, forecast, planning, sequence, timing
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import ACTIVE, GOING, CampaignStatus, Hold, StepKind
from outreach import lanes
from outreach.models import LaneDay, Mailbox
from outreach.outbox import capacity
from outreach.outbox.limits import MailboxLimits

DAYS = 30
#: Beyond so many people of one mailbox the calendar shows hours (docs/behaviour.md §1).
BY_THE_MINUTE = 5_000
#: Then so many of them stand for all.
_PARCELS = 2_000
#: Holds that end by themselves; everybody else on hold waits for a person and is not in the calendar.
_GOES_ON = (Hold.NONE, Hold.OUT_OF_OFFICE)


@dataclass(frozen=True)
class Day:
    """One date of the campaign's zone: messages, manual tasks, and how many messages in each hour (0–23)."""

    date: date
    messages: int
    tasks: int
    hours: dict[int, int]


@dataclass(frozen=True)
class Calendar:
    """What leaves of one campaign within ``DAYS`` days; ``planned`` in order, people as recipient ids.

    ``by_hours``: too many people for minutes, each entry stands for several. ``held`` people are in none of it.
    """

    planned: Sequence[forecast.Planned]
    steps: Sequence[Step]
    days: Sequence[Day]
    by_hours: bool
    people: int
    held: int
    until: datetime

    @property
    def messages(self) -> Sequence[forecast.Planned]:
        """Without manual tasks."""
        return [entry for entry in self.planned if not entry.manual]

    @property
    def busiest(self) -> int:
        """The messages of the fullest day."""
        return max((day.messages for day in self.days), default=0)


def of_campaign(campaign: Campaign, *, now: datetime) -> Calendar:
    """The calendar of one campaign, beside everything else its mailbox sends."""
    until = now + timedelta(days=DAYS)
    beside = _in_line(campaign)
    counts = {each.pk: _going(each).count() for each in beside}
    everybody = sum(counts.values())
    by_hours = everybody > BY_THE_MINUTE
    share = -(-everybody // _PARCELS) if by_hours else 1
    steps = {
        each.pk: list(sequence.steps_of(each.pk, organisation_id=each.organisation_id)) for each in beside
    }
    people = [
        waiting
        for each in beside
        if steps[each.pk]
        for waiting in _waiting(each, steps[each.pk], counts[each.pk], share, now)
    ]
    planned = forecast.forecast(
        _sender(campaign.mailbox, now),
        {each.pk: _rules(each, steps[each.pk], now) for each in beside},
        sorted(people, key=lambda waiting: (waiting.planned, waiting.person)),
        now=now,
        until=until,
    )
    own = [entry for entry in planned if entry.campaign == campaign.pk]
    return Calendar(
        planned=own,
        steps=steps[campaign.pk],
        days=_days(own, planning.timing_of(campaign)),
        by_hours=by_hours,
        people=counts[campaign.pk],
        held=_recipients(campaign).filter(progress__in=GOING).exclude(hold__in=_GOES_ON).count(),
        until=until,
    )


def _in_line(campaign: Campaign) -> list[Campaign]:
    """The campaign itself and the running ones of its mailbox."""
    rows = Campaign.objects.for_organisation(campaign.organisation_id).select_related("organisation", "lane")
    others = rows.filter(mailbox=campaign.mailbox_id, status__in=ACTIVE, archived_at__isnull=True)
    return list(rows.filter(Q(pk=campaign.pk) | Q(pk__in=others.values("pk"))).order_by("pk"))


def _recipients(campaign: Campaign) -> QuerySet[Recipient]:
    return Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)


def _going(campaign: Campaign) -> QuerySet[Recipient]:
    return _recipients(campaign).filter(progress__in=GOING, hold__in=_GOES_ON)


def _sender(mailbox: Mailbox | None, now: datetime) -> forecast.Sender:
    """Without a mailbox the campaign is told as if nothing limited it."""
    if mailbox is None:
        return forecast.Sender(MailboxLimits(daily=None, gap=(timedelta(0), timedelta(0))), now)
    return forecast.Sender(
        limits=capacity.limits_of(mailbox),
        free_at=mailbox.next_send_at,
        begun=capacity.begun_at(mailbox, now=now),
    )


def _rules(campaign: Campaign, steps: Sequence[Step], now: datetime) -> forecast.Rules:
    rules = planning.timing_of(campaign)
    used = LaneDay.objects.for_organisation(campaign.organisation_id).filter(
        lane=campaign.lane_id, date__gte=rules.days.local_date(now)
    )
    return forecast.Rules(
        timing=rules,
        stages=[
            forecast.Stage(str(step.pk), planning.days_of(step), step.kind != StepKind.EMAIL)
            for step in steps
        ],
        daily_limit=campaign.daily_limit,
        used=dict(used.values_list("date", "used")),
        hours=lanes.hours_of(campaign.lane),
        last_sent_at=campaign.lane.last_sent_at,
    )


def _waiting(
    campaign: Campaign, steps: Sequence[Step], count: int, share: int, now: datetime
) -> Iterable[forecast.Waiting]:
    """The people of one campaign, or one of every ``share`` with their number."""
    rules = planning.timing_of(campaign)
    numbers = {step.pk: number for number, step in enumerate(steps)}
    rows = _some(campaign, count, share)
    unplanned = [row for row in rows if row.planned_at is None and row.open_attempt_id is None]
    without = _unreachable(campaign, unplanned)
    for row in rows:
        weight = row.weight  # type: ignore[attr-defined]  # annotated by _some
        if row.pk in without:
            continue
        if row.start_at is None:
            plan = timing.first_send(rules, start=now, seed=row.seed, step=str(steps[0].pk))
            yield forecast.Waiting(
                row.pk, campaign.pk, 0, plan.instant, row.seed, plan.branch, plan.clock, weight
            )
        elif row.next_step_id in numbers:
            row.campaign = campaign
            if campaign.status == CampaignStatus.PAUSED:
                planning.replan_overdue(row, moment=now)
            yield forecast.Waiting(
                row.pk,
                campaign.pk,
                numbers[row.next_step_id],
                row.planned_at or now,
                row.seed,
                timing.Branch(row.branch or timing.Branch.STARTED),
                row.first_clock or now.astimezone(rules.zone).time(),
                weight,
            )


def _some(campaign: Campaign, count: int, share: int) -> list[Recipient]:
    """Everybody, or every ``share``-th by plan, each with the ``weight`` of those it stands for."""
    rows = _going(campaign).select_related("next_step")
    if share == 1:
        return list(rows.annotate(weight=Value(1, output_field=IntegerField())))
    numbered = rows.annotate(
        number=Window(RowNumber(), order_by=[F("planned_at").asc(nulls_last=True), F("pk").asc()])
    ).annotate(part=Mod(F("number"), Value(share)))
    found: list[Recipient] = list(numbered.filter(Q(part=0) | Q(number=count)))
    for row in found:
        row.weight = share if row.part == 0 else count % share  # type: ignore[attr-defined]  # annotated above
    return found


def _unreachable(campaign: Campaign, rows: Sequence[Recipient]) -> set[int]:
    """Those of a draft who have no usable address: they will need attention, not a minute."""
    if campaign.status != CampaignStatus.DRAFT:
        return set()
    for row in rows:
        row.campaign = campaign
    choices = choosing.choose_for(rows)
    return {pk for pk, choice in choices.items() if isinstance(choice, addressing.NoAddress)}


def _days(planned: Sequence[forecast.Planned], rules: timing.Timing) -> list[Day]:
    hours: dict[date, Counter[int]] = defaultdict(Counter)
    tasks: Counter[date] = Counter()
    for entry in planned:
        local = entry.at.astimezone(rules.zone)
        if entry.manual:
            tasks[local.date()] += entry.weight
        else:
            hours[local.date()][local.hour] += entry.weight
    return [
        Day(day, sum(hours[day].values()), tasks[day], dict(sorted(hours[day].items())))
        for day in sorted({*hours, *tasks})
    ]
