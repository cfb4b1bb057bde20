"""The planned calendar of a campaign: every message of the next weeks, before and after Start.

What stands in the database is gathered here and asked of ``forecast``, which is pure. A mailbox sends for all its
campaigns, so all of them stand in line; what those send from still other mailboxes is told as if nothing limited it.
A draft is told as if Start were pressed now, a paused one as if Resume were.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, IntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import Mod, RowNumber

from campaigns import addressing, choosing, forecast, planning, senders, sequence, timing
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
#: The forecast's key of whatever sends without a limit; no mailbox has it.
_ELSEWHERE = 0


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
    """The calendar of one campaign, beside everything else that its mailboxes send."""
    until = now + timedelta(days=DAYS)
    mailboxes = senders.mailbox_ids(campaign)
    line = _Line.of(_in_line(campaign, mailboxes), mailboxes)
    planned = line.ahead(now=now, until=until)
    own = [entry for entry in planned if entry.campaign == campaign.pk]
    return Calendar(
        planned=own,
        steps=line.steps[campaign.pk],
        days=_days(own, planning.timing_of(campaign)),
        by_hours=line.everybody > BY_THE_MINUTE,
        people=line.counts[campaign.pk],
        held=_recipients(campaign).filter(progress__in=GOING).exclude(hold__in=_GOES_ON).count(),
        until=until,
    )


def of_mailbox(mailbox: Mailbox, *, now: datetime, until: datetime) -> list[forecast.Planned]:
    """What a mailbox is to send of running campaigns until then, later steps too, each at the minute of its plan: as if
    no mailbox had limits. Manual tasks, steps that another mailbox sends and those that are messages already are left
    out.
    """
    line = _Line.of(list(_running(mailbox.organisation_id, {mailbox.pk}).order_by("pk")), frozenset())
    written = line.written()
    return [
        entry
        for entry in line.ahead(now=now, until=until)
        if not entry.manual
        and line.sender_of(entry) == mailbox.pk
        and written.get(entry.person) != line.step_of(entry).pk
    ]


@dataclass(frozen=True)
class _Line:
    """Campaigns that stand in line, with their steps and how many people are going in each.

    Whatever they send from other mailboxes than these is told as if nothing limited it.
    """

    mailboxes: Set[int]
    campaigns: Mapping[int, Campaign]
    steps: Mapping[int, Sequence[Step]]
    counts: Mapping[int, int]

    @classmethod
    def of(cls, campaigns: Sequence[Campaign], mailboxes: Set[int]) -> _Line:
        steps = {
            each.pk: list(sequence.steps_of(each.pk, organisation_id=each.organisation_id))
            for each in campaigns
        }
        counts = {each.pk: _going(each).count() for each in campaigns}
        return cls(mailboxes, {each.pk: each for each in campaigns}, steps, counts)

    @property
    def everybody(self) -> int:
        return sum(self.counts.values())

    def ahead(self, *, now: datetime, until: datetime) -> list[forecast.Planned]:
        share = -(-self.everybody // _PARCELS) if self.everybody > BY_THE_MINUTE else 1
        people = [
            waiting
            for pk, each in self.campaigns.items()
            if self.steps[pk]
            for waiting in _waiting(each, self.steps[pk], self.counts[pk], share, now)
        ]
        return forecast.forecast(
            _senders(self.mailboxes, now),
            {pk: _rules(each, self.steps[pk], self.mailboxes, now) for pk, each in self.campaigns.items()},
            sorted(people, key=lambda waiting: (waiting.planned, waiting.person)),
            now=now,
            until=until,
        )

    def written(self) -> dict[int, int | None]:
        """Recipient → the step of theirs that is a message already."""
        found: dict[int, int | None] = {}
        for each in self.campaigns.values():
            rows = _going(each).filter(open_attempt__isnull=False)
            found |= dict(rows.values_list("pk", "next_step_id"))
        return found

    def step_of(self, entry: forecast.Planned) -> Step:
        return self.steps[entry.campaign][entry.stage]

    def sender_of(self, entry: forecast.Planned) -> int | None:
        """The mailbox that sends it."""
        return self.step_of(entry).mailbox_id or self.campaigns[entry.campaign].mailbox_id


def _running(organisation_id: int, mailboxes: Set[int]) -> QuerySet[Campaign]:
    """The running campaigns that one of these mailboxes sends for."""
    rows = Campaign.objects.for_organisation(organisation_id).select_related("organisation", "lane")
    named = Step.objects.for_organisation(organisation_id).filter(
        mailbox__in=mailboxes, removed_at__isnull=True
    )
    shares = Q(mailbox__in=mailboxes) | Q(pk__in=named.values("campaign"))
    return rows.filter(shares, status__in=ACTIVE, archived_at__isnull=True)


def _in_line(campaign: Campaign, mailboxes: Set[int]) -> list[Campaign]:
    """The campaign itself and the running ones that one of its mailboxes sends for."""
    rows = Campaign.objects.for_organisation(campaign.organisation_id).select_related("organisation", "lane")
    others = _running(campaign.organisation_id, mailboxes)
    return list(rows.filter(Q(pk=campaign.pk) | Q(pk__in=others.values("pk"))).order_by("pk"))


def _recipients(campaign: Campaign) -> QuerySet[Recipient]:
    return Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)


def _going(campaign: Campaign) -> QuerySet[Recipient]:
    return _recipients(campaign).filter(progress__in=GOING, hold__in=_GOES_ON)


def _senders(mailboxes: Set[int], now: datetime) -> dict[int, forecast.Sender]:
    """By mailbox, and one that nothing limits: a campaign without a mailbox, or another one's step from elsewhere."""
    free = forecast.Sender(MailboxLimits(daily=None, gap=(timedelta(0), timedelta(0))), now)
    rows = Mailbox.objects.across_organisations("ids of one organisation's").filter(pk__in=mailboxes)
    return {_ELSEWHERE: free} | {
        mailbox.pk: forecast.Sender(
            limits=capacity.limits_of(mailbox),
            free_at=mailbox.next_send_at,
            begun=capacity.begun_at(mailbox, now=now),
        )
        for mailbox in rows
    }


def _rules(campaign: Campaign, steps: Sequence[Step], mailboxes: Set[int], now: datetime) -> forecast.Rules:
    own = campaign.mailbox_id or _ELSEWHERE
    rules = planning.timing_of(campaign)
    used = LaneDay.objects.for_organisation(campaign.organisation_id).filter(
        lane=campaign.lane_id, date__gte=rules.days.local_date(now)
    )
    return forecast.Rules(
        timing=rules,
        stages=[
            forecast.Stage(
                str(step.pk),
                planning.days_of(step),
                step.kind != StepKind.EMAIL,
                sender if (sender := step.mailbox_id or own) in mailboxes else _ELSEWHERE,
            )
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
