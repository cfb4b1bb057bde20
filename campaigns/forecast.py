"""What leaves some mailboxes when, in the coming weeks: the timing functions and a simulation of their capacity. Pure.

The minutes come from ``timing``, the waits from ``outreach.outbox.limits``: the functions that send. What the gap, the
mailbox's 24 hours, a campaign's day or its sending hours hold back is given its turn as the outbox would. A minute is
exact for what leaves when it was planned; whatever had to wait is "about" (docs/behaviour.md §1, "Calendar"). Nobody
knows who will reply or bounce: everybody is taken as going on, and a manual task as done when it is due. Each mailbox
has its own line; a person goes from one to another where the steps of a campaign have several senders.

Many people may be told as few: an item stands for ``weight`` people planned like it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from campaigns import timing
from outreach.outbox import limits
from outreach.outbox.limits import WINDOW, MailboxLimits
from outreach.sending_days import SendingHours
from outreach.states import Turn

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Stage:
    """One step as the forecast knows it: its key as in ``timing``, days after the step before, who does it.

    ``sender`` is the key of the mailbox that sends it.
    """

    key: str
    days: int
    manual: bool = False
    sender: int = 0


@dataclass(frozen=True)
class Rules:
    """One campaign: its timing, its steps in order and its own limits. ``used`` is what left per local date.

    ``last_sent_at``: equal campaigns of a mailbox take turns, the one that waited longest first.
    """

    timing: timing.Timing
    stages: Sequence[Stage]
    daily_limit: int | None = None
    used: Mapping[date, int] = field(default_factory=dict)
    hours: SendingHours | None = None
    last_sent_at: datetime | None = None


@dataclass(frozen=True)
class Sender:
    """A mailbox: its limits, when its last gap ends, and the moments that count in its 24 hours, oldest first."""

    limits: MailboxLimits
    free_at: datetime
    begun: Sequence[datetime] = ()


@dataclass(frozen=True)
class Waiting:
    """One person (or ``weight`` people) before stage number ``stage`` of ``campaign``, planned for ``planned``."""

    person: int
    campaign: int
    stage: int
    planned: datetime
    seed: str
    branch: timing.Branch
    first_clock: time
    weight: int = 1


@dataclass(frozen=True)
class Planned:
    """One coming message, or manual task. ``about``: the minute depends on what stands in line before it."""

    person: int
    campaign: int
    stage: int
    at: datetime
    about: bool
    weight: int
    manual: bool = False


def forecast(
    senders: Mapping[int, Sender],
    campaigns: Mapping[int, Rules],
    people: Iterable[Waiting],
    *,
    now: datetime,
    until: datetime,
) -> list[Planned]:
    """Everything that leaves from ``now`` to ``until``, in the order in which it does."""
    return _Forecast(senders, campaigns, now, until).run(people)


@dataclass
class _Item:
    """A waiting step on its way through a line. ``planned`` moves when its day is closed; ``surely`` until then."""

    waiting: Waiting
    planned: datetime
    weight: int
    surely: bool


#: In the order of the outbox: planned moment, then person. The number only keeps items from being compared.
_Entry = tuple[datetime, int, int, _Item]


class _Days:
    """The campaigns' own days: how many may leave on each, and whose turn it is."""

    def __init__(self, campaigns: Mapping[int, Rules]) -> None:
        self.campaigns = campaigns
        self.used = {key: dict(rules.used) for key, rules in campaigns.items()}
        self.last_sent = {key: rules.last_sent_at for key, rules in campaigns.items()}

    def closed_until(self, campaign: int, planned: datetime, now: datetime) -> datetime | None:
        rules = self.campaigns[campaign]
        wait = limits.lane_wait(
            rules.timing.days,
            now=now,
            planned=planned,
            used=self.used[campaign].get(rules.timing.days.local_date(now), 0),
            limit=rules.daily_limit,
            hours=rules.hours,
        )
        return wait.until if wait else None

    def left_over_until(self, campaign: int, planned: datetime, now: datetime) -> datetime | None:
        """Until when somebody waits whom the full day before left over."""
        rules = self.campaigns[campaign]
        yesterday = rules.timing.days.local_date(now) - timedelta(days=1)
        if rules.daily_limit is None or self.used[campaign].get(yesterday, 0) < rules.daily_limit:
            return None
        return limits.turn_of_today(rules.timing.days, now=now, planned=planned)

    def room(self, campaign: int, now: datetime) -> int:
        rules = self.campaigns[campaign]
        if rules.daily_limit is None:
            return 1_000_000_000
        return rules.daily_limit - self.used[campaign].get(rules.timing.days.local_date(now), 0)

    def sent(self, campaign: int, count: int, now: datetime) -> None:
        today = self.campaigns[campaign].timing.days.local_date(now)
        self.used[campaign][today] = self.used[campaign].get(today, 0) + count
        self.last_sent[campaign] = now


class _Line:
    """One mailbox's queue: a heap of what is planned later, and what is due by turn and campaign."""

    def __init__(self, sender: Sender, days: _Days, until: datetime) -> None:
        self.sender, self.days, self.until = sender, days, until
        self.free_at = sender.free_at
        self.begun = list(sender.begun)
        self.later: list[_Entry] = []
        self.due: dict[tuple[Turn, int], list[_Entry]] = {}
        self.number = 0
        low, high = sender.limits.gap
        self.gap = (low + high) / 2 // _SECOND * _SECOND

    def add(self, item: _Item) -> None:
        self.number += 1
        heapq.heappush(self.later, (item.planned, item.waiting.person, self.number, item))

    # ── the clock ───────────────────────────────────────────────────────────

    def next_at(self, now: datetime) -> datetime | None:
        """The next moment, from ``now`` on, at which the mailbox may send and something is due; None beyond the end."""
        if any(self.due.values()):
            at = now
        elif self.later:
            at = max(now, self.later[0][0])
        else:
            return None
        while at <= self.until and (free := self._free_from(at)) > at:
            at = free
        return at if at <= self.until else None

    def _free_from(self, now: datetime) -> datetime:
        """When the mailbox may begin the next message, by its gap and its 24 hours."""
        allowed = limits.ceiling(self.sender.limits, now=now).count
        blocking = None
        if allowed is not None and 0 < allowed <= len(self.begun):
            blocking = self.begun[-allowed]
        wait = limits.mailbox_wait(self.sender.limits, now=now, blocking=blocking, next_send_at=self.free_at)
        if wait is None:
            return now
        return wait.until if wait.until is not None else self.until + _SECOND

    # ── whose turn ──────────────────────────────────────────────────────────

    def first(self, now: datetime) -> _Item | None:
        """The next of those due whose campaign is open: later steps, then the campaign that waited longest.

        Whoever waits for another day is planned for its clock time there.
        """
        self._release(now)
        for turn in (Turn.LATER_STEP, Turn.FIRST_STEP):
            for campaign in self._in_turn(turn, now):
                line = self.due[turn, campaign]
                while line:
                    planned, *_, item = heapq.heappop(line)
                    closed = self.days.closed_until(campaign, planned, now)
                    until = closed or self.days.left_over_until(campaign, planned, now)
                    if until is None:
                        return item
                    # Whom a limit holds back is sure of no minute: others may make room.
                    item.surely = item.surely and closed is not None and self.days.room(campaign, now) > 0
                    item.planned = until
                    self.add(item)
        return None

    def _release(self, now: datetime) -> None:
        """What is planned by now is due."""
        while self.later and self.later[0][0] <= now:
            entry = heapq.heappop(self.later)
            waiting = entry[-1].waiting
            turn = Turn.LATER_STEP if waiting.stage else Turn.FIRST_STEP
            heapq.heappush(self.due.setdefault((turn, waiting.campaign), []), entry)

    def _in_turn(self, turn: Turn, now: datetime) -> list[int]:
        waiting = [campaign for (kind, campaign), line in self.due.items() if kind is turn and line]
        last_sent = self.days.last_sent
        return sorted(
            waiting,
            key=lambda key: (last_sent[key] is not None, last_sent[key] or now, self.due[turn, key][0][:2]),
        )

    # ── sending ─────────────────────────────────────────────────────────────

    def room(self, now: datetime) -> int:
        allowed = limits.ceiling(self.sender.limits, now=now).count
        if allowed is None:
            return 1_000_000_000
        return max(1, allowed - (len(self.begun) - bisect_right(self.begun, now - WINDOW)))

    def begin(self, count: int, now: datetime) -> None:
        """That many leave, one gap after the other."""
        self.begun += [now + number * self.gap for number in range(count)]
        self.free_at = now + count * self.gap


class _Forecast:
    """All lines under one clock: what leaves one mailbox puts its next step into the line of that step's mailbox."""

    def __init__(
        self,
        senders: Mapping[int, Sender],
        campaigns: Mapping[int, Rules],
        now: datetime,
        until: datetime,
    ) -> None:
        self.campaigns, self.until = campaigns, until
        self.now = self.start = now
        self.days = _Days(campaigns)
        self.lines = {key: _Line(sender, self.days, until) for key, sender in senders.items()}
        self.found: list[Planned] = []

    def run(self, people: Iterable[Waiting]) -> list[Planned]:
        for waiting in people:
            self._plan(_Item(waiting, waiting.planned, waiting.weight, waiting.weight == 1))
        while (line := self._forward()) is not None:
            item = line.first(self.now)
            if item is not None:
                self._send(line, item)
        return sorted(self.found, key=lambda planned: planned.at)

    def _forward(self) -> _Line | None:
        """On to the next moment at which any mailbox may send; the mailbox, or None beyond the end."""
        moments = [(at, line) for line in self.lines.values() if (at := line.next_at(self.now)) is not None]
        if not moments:
            return None
        self.now, line = min(moments, key=lambda moment: moment[0])
        return line

    def _plan(self, item: _Item) -> None:
        stage = self._stage(item.waiting)
        if not stage.manual:
            self.lines[stage.sender].add(item)
            return
        # A manual task needs no mailbox; an overdue one is taken as done now.
        at = max(item.planned, self.start)
        if at <= self.until:
            self._tell(item, at, item.weight, about=not item.surely)

    def _send(self, line: _Line, item: _Item) -> None:
        """As many of the item as there is room for; the rest stays first in its line."""
        campaign = item.waiting.campaign
        room = min(item.weight, self.days.room(campaign, self.now), line.room(self.now))
        self.days.sent(campaign, room, self.now)
        line.begin(room, self.now)
        self._tell(item, self.now, room, about=not item.surely or self.now != item.planned)
        if room < item.weight:
            item.weight -= room
            line.add(item)

    def _tell(self, item: _Item, at: datetime, weight: int, *, about: bool) -> None:
        waiting = item.waiting
        manual = self._stage(waiting).manual
        self.found.append(Planned(waiting.person, waiting.campaign, waiting.stage, at, about, weight, manual))
        self._follow(item, at, weight, surely=item.surely and not manual and self._same_day(item, at))

    def _same_day(self, item: _Item, at: datetime) -> bool:
        days = self.campaigns[item.waiting.campaign].timing.days
        return days.local_date(at) == days.local_date(item.planned)

    def _follow(self, item: _Item, at: datetime, weight: int, *, surely: bool) -> None:
        """The step after the one that left at ``at``."""
        waiting, rules = item.waiting, self.campaigns[item.waiting.campaign]
        number = waiting.stage + 1
        if number >= len(rules.stages):
            return
        stage = rules.stages[number]
        plan = timing.following(
            rules.timing,
            branch=waiting.branch,
            days=stage.days,
            previous_at=at,
            first_clock=waiting.first_clock,
            seed=waiting.seed,
            step=stage.key,
        )
        if plan.instant > self.until:
            return
        following = replace(waiting, stage=number, planned=plan.instant, weight=weight)
        self._plan(_Item(following, plan.instant, weight, surely))

    def _stage(self, waiting: Waiting) -> Stage:
        return self.campaigns[waiting.campaign].stages[waiting.stage]
