"""When a step leaves: docs/behaviour.md §1 as functions of their arguments. Pure.

Wall times (07:00, 16:00, the chosen time T, the clock time of a first message) are kept as wall times and
resolved on the day they are used. The grace and jitter are durations added to instants.

Jitter is drawn from SHA-256 over the recipient's stored seed, the step's key and the purpose. It depends on
no random state and no Python version, so a preview shows exactly what will happen, for years.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from outreach.sending_days import DAY_NAMES, Moved, SendingDays, clock_of, exists, resolve

DEFAULT_GRACE = timedelta(minutes=20)
LONGEST_GRACE = timedelta(minutes=120)
#: How far a message leaves from its anchor: after it for a first message, around it for a later one.
SPREAD = timedelta(minutes=20)
#: A message later than this for a reason other than a limit is planned anew.
TOO_LATE = timedelta(minutes=60)

_MORNING, _DAY, _EVENING = time(6), time(10), time(19)
_EARLY, _EARLY_END, _AFTERNOON = time(7), time(9), time(16)
_ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

#: The dropdown of *Specific time*: 00:00 to 23:45 in steps of 15 minutes.
CLOCK_CHOICES = tuple(time(minute // 60, minute % 60) for minute in range(0, 24 * 60, 15))


class Preference(TextChoices):
    """*When to send*, per campaign (seed 002)."""

    WHEN_STARTED = "when_started", "When the campaign is started"
    BEST_TIME = "best_time", "Best time"
    SPECIFIC_TIME = "specific_time", "Specific time"


class Branch(TextChoices):
    """The row of the timing table that planned step 1; stored with the recipient, it decides later steps.

    The ``switched`` ones replace it for people already started when the preference is changed.
    """

    OVERNIGHT = "overnight", "Best time, started between 19:00 and 06:00"
    MORNING = "morning", "Best time, started between 06:00 and 10:00"
    DAYTIME = "daytime", "Best time, started between 10:00 and 19:00"
    SPECIFIC = "specific", "Specific time"
    STARTED = "started", "When the campaign is started"
    SWITCHED_TO_BEST = "switched_best", "Changed to best time"
    SWITCHED_TO_SPECIFIC = "switched_specific", "Changed to specific time"
    SWITCHED_TO_STARTED = "switched_started", "Changed to when the campaign is started"


_SWITCHED: Mapping[Preference, Branch] = {
    Preference.BEST_TIME: Branch.SWITCHED_TO_BEST,
    Preference.SPECIFIC_TIME: Branch.SWITCHED_TO_SPECIFIC,
    Preference.WHEN_STARTED: Branch.SWITCHED_TO_STARTED,
}


@dataclass(frozen=True)
class Timing:
    """A campaign's settings that decide when. ``at`` is T and belongs to *Specific time* only.

    ``weekdays`` are 0 (Monday) to 6, none = every day; ``zone`` is the sender's, the campaign's own.
    """

    preference: Preference
    zone: ZoneInfo
    grace: timedelta = DEFAULT_GRACE
    at: time | None = None
    weekdays: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    days: SendingDays = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.grace <= LONGEST_GRACE:
            raise ValueError("the grace is between 0 and 120 minutes")
        object.__setattr__(self, "preference", Preference(self.preference))
        if self.preference is Preference.SPECIFIC_TIME and self.at not in CLOCK_CHOICES:
            raise ValueError("a specific time is one of the quarters of an hour in the dropdown")
        object.__setattr__(self, "days", SendingDays(self.zone, self.weekdays, self.holidays))


@dataclass(frozen=True)
class Plan:
    """When a step leaves, and why then. ``instant`` is UTC, ``local`` the same in the campaign's zone.

    ``moved``: what took it from the date or the wall time that its rule names.
    """

    instant: datetime
    local: datetime
    branch: Branch
    explanation: str
    moved: frozenset[Moved] = frozenset()

    @property
    def clock(self) -> time:
        """The planned wall time. Of a first message it is what later steps go by; store it then."""
        return self.local.time().replace(fold=0)


def first_send(timing: Timing, *, start: datetime, seed: str, step: str) -> Plan:
    """When step 1 leaves. ``start`` is an aware instant, per recipient (docs/behaviour.md §1, the table).

    ``seed`` is the recipient's stored one and ``step`` the step's immutable key.
    """
    start = _aware(start)
    if timing.preference is Preference.SPECIFIC_TIME:
        return _first_specific(timing, start, seed, step)
    earliest = start + timing.grace
    if timing.preference is Preference.WHEN_STARTED:
        return _after_grace(timing, earliest, Branch.STARTED, "When started: when the grace has ended")
    local = start.astimezone(timing.zone)
    wall = local.time().replace(fold=0)
    if _MORNING <= wall < _DAY:
        why = "Best time: started between 06:00 and 10:00, so when the grace has ended"
        return _after_grace(timing, earliest, Branch.MORNING, why)
    if _DAY <= wall < _EVENING:
        why = "Best time: started between 10:00 and 19:00, so at 16:00 or when the grace has ended"
        afternoon = resolve(local.date(), _AFTERNOON, timing.zone)
        anchor = _AFTERNOON if afternoon >= earliest else None
        return _after_grace(timing, max(afternoon, earliest), Branch.DAYTIME, why, anchor)
    why = "Best time: started between 19:00 and 06:00, so between 07:00 and 07:20"
    day = local.date() + _ONE_DAY if wall >= _EVENING else local.date()
    morning = resolve(day, _EARLY, timing.zone)
    if earliest > morning + SPREAD:
        return _after_grace(timing, earliest, Branch.OVERNIGHT, f"{why}, or when the grace has ended")
    opens = max(morning, earliest)
    instant = opens + _draw(seed, step, "first", morning + SPREAD - opens)
    return _after_grace(timing, instant, Branch.OVERNIGHT, why, _EARLY if opens == morning else None)


def later_send(
    timing: Timing,
    *,
    branch: Branch,
    days: int,
    previous_on: date,
    first_clock: time,
    seed: str,
    step: str,
    not_before: datetime | None = None,
) -> Plan:
    """When a step after the first leaves, ``days`` calendar days after ``previous_on``.

    ``previous_on`` is the local date on which the previous step was really sent (a task: done or skipped).
    ``first_clock`` is :attr:`Plan.clock` of the first message, before any mailbox limit moved it. With
    ``not_before`` a moment already past becomes the same clock time on the first allowed day that is not.
    Jitter never leaves the date.
    """
    if days < 1:
        raise ValueError("an e-mail step leaves at least one day after the one before it")
    branch = Branch(branch)
    due = previous_on + timedelta(days=days)
    day = timing.days.next_allowed(due)
    while True:
        instant = _later_on(timing, day, branch, first_clock, seed, step)
        if not_before is None or instant >= not_before:
            break
        day = timing.days.next_allowed(day + _ONE_DAY)
    why = f"{_later_words(timing, branch)}, {days} day{'s' if days > 1 else ''} after the step before it"
    return _plan(timing, instant, branch, why, due, (day, _anchor(timing, branch, first_clock)))


def following(
    timing: Timing,
    *,
    branch: Branch,
    days: int,
    previous_at: datetime,
    first_clock: time,
    seed: str,
    step: str,
    not_before: datetime | None = None,
) -> Plan:
    """When the step after one that was done at ``previous_at`` is due, counted from the local date of that moment.

    ``days`` 0 is a manual task of the same day: due at once, on a day not allowed at that clock time on the next one.
    """
    if days == 0:
        moment = max(_aware(previous_at), not_before or _aware(previous_at))
        return _after_grace(timing, moment, Branch(branch), "On the day of the step before it")
    return later_send(
        timing,
        branch=branch,
        days=days,
        previous_on=timing.days.local_date(previous_at),
        first_clock=first_clock,
        seed=seed,
        step=step,
        not_before=not_before,
    )


def is_late(planned: datetime, now: datetime) -> bool:
    """Whether a message that no limit held back is so late that it is planned anew."""
    return now - planned > TOO_LATE


def replan_overdue(
    timing: Timing, *, planned: datetime, first: bool, branch: Branch, moment: datetime, seed: str, step: str
) -> Plan | None:
    """What Resume at ``moment`` makes of a planned step; None = it stays as it is.

    An overdue step 1 goes through the table with ``moment`` as its start. An overdue later step takes its
    clock time on the first allowed day, today included, that is not before ``moment`` + grace. The same is
    done with a message that :func:`is_late`.
    """
    moment = _aware(moment)
    earliest = moment + timing.grace
    if planned >= earliest:
        return None
    if first:
        return first_send(timing, start=moment, seed=seed, step=step)
    today = timing.days.local_date(moment)
    clock = clock_of(planned, timing.zone)
    instant = timing.days.next_at(today, clock, not_before=earliest)
    why = "Overdue: its clock time on the first day that is left"
    return _plan(timing, instant, Branch(branch), why, today)


def branch_after_change(preference: Preference) -> Branch:
    """The branch of people already started once the campaign's preference was changed."""
    return _SWITCHED[preference]


def replan_first_after_change(
    timing: Timing, *, planned: datetime, changed_at: datetime, seed: str, step: str
) -> Plan | None:
    """An unsent step 1 when the preference was changed to ``timing``; None = it stays (within the grace)."""
    if planned < _aware(changed_at) + timing.grace:
        return None
    return first_send(timing, start=changed_at, seed=seed, step=step)


def replan_later_after_change(
    timing: Timing,
    *,
    planned: datetime,
    changed_at: datetime,
    days: int,
    previous_on: date,
    first_clock: time,
    seed: str,
    step: str,
) -> Plan | None:
    """A planned later step when the preference was changed to ``timing``; None = it stays.

    It keeps its date and takes the new preference's clock time. Where that has already passed on its date,
    it goes on the next allowed day: nothing ever leaves in a burst or before the end of the grace.
    """
    earliest = _aware(changed_at) + timing.grace
    if planned < earliest:
        return None
    return later_send(
        timing,
        branch=branch_after_change(timing.preference),
        days=days,
        previous_on=previous_on,
        first_clock=first_clock,
        seed=seed,
        step=step,
        not_before=earliest,
    )


def after_absence(timing: Timing, *, planned: datetime, returns_on: date, branch: Branch) -> Plan | None:
    """A planned step moved to the working day after a stated return date; None = it is later anyway.

    A working day is Monday to Friday, allowed and no holiday; a campaign that allows only weekends takes
    its own next allowed day.
    """
    weekdays = (timing.weekdays or frozenset(range(7))) & frozenset(range(5)) or timing.weekdays
    working = SendingDays(timing.zone, weekdays, timing.holidays)
    day = working.next_allowed(returns_on + _ONE_DAY)
    instant = resolve(day, clock_of(planned, timing.zone), timing.zone)
    if instant <= planned:
        return None
    return _plan(timing, instant, Branch(branch), "Out of office: the working day after the return", day)


def _first_specific(timing: Timing, start: datetime, seed: str, step: str) -> Plan:
    assert timing.at is not None
    earliest = start + timing.grace
    due = timing.days.local_date(start)
    while True:
        anchor = resolve(due, timing.at, timing.zone)
        if anchor > start and anchor + SPREAD >= earliest:
            break
        due += _ONE_DAY
    opens = max(anchor, earliest)
    offset = opens + _draw(seed, step, "first", anchor + SPREAD - opens) - anchor
    day = due
    # The real date decides: with T at 23:45 it may be the day after T's.
    due = timing.days.local_date(anchor + offset)
    while not timing.days.allows(real := timing.days.local_date(anchor + offset)):
        day = timing.days.next_allowed(real) - (real - day)
        anchor = resolve(day, timing.at, timing.zone)
    why = f"Specific time: within 20 minutes after {timing.at:%H:%M}"
    return _plan(timing, anchor + offset, Branch.SPECIFIC, why, due, (day, timing.at))


def _after_grace(
    timing: Timing, instant: datetime, branch: Branch, why: str, anchor: time | None = None
) -> Plan:
    """This very instant; or, if its date is not allowed, its clock time on the next date that is.

    ``anchor`` is the wall time of its date that the instant was counted from, if it was.
    """
    due = timing.days.local_date(instant)
    if not timing.days.allows(due):
        anchor = clock_of(instant, timing.zone)
        instant = timing.days.next_at(due, anchor, not_before=instant)
    counted_from = None if anchor is None else (timing.days.local_date(instant), anchor)
    return _plan(timing, instant, branch, why, due, counted_from)


def _later_on(timing: Timing, day: date, branch: Branch, first_clock: time, seed: str, step: str) -> datetime:
    if branch in {Branch.DAYTIME, Branch.SWITCHED_TO_BEST}:
        opens = resolve(day, _EARLY, timing.zone)
        return opens + _draw(seed, step, "early", resolve(day, _EARLY_END, timing.zone) - opens)
    anchor = resolve(day, _anchor(timing, branch, first_clock), timing.zone)
    instant = anchor + _draw(seed, step, "around", 2 * SPREAD) - SPREAD
    midnight = resolve(day, time(0), timing.zone)
    last = resolve(day + _ONE_DAY, time(0), timing.zone) - _SECOND
    return min(max(instant, midnight), last)


def _anchor(timing: Timing, branch: Branch, first_clock: time) -> time:
    """The wall time that a later step is counted from."""
    if branch in {Branch.DAYTIME, Branch.SWITCHED_TO_BEST}:
        return _EARLY
    return timing.at if branch is Branch.SWITCHED_TO_SPECIFIC and timing.at else first_clock


def _later_words(timing: Timing, branch: Branch) -> str:
    if branch in {Branch.DAYTIME, Branch.SWITCHED_TO_BEST}:
        return "Best time: between 07:00 and 09:00"
    if branch is Branch.SWITCHED_TO_SPECIFIC and timing.at:
        return f"Specific time: {timing.at:%H:%M}, give or take 20 minutes"
    return "Clock time of the first message, give or take 20 minutes"


def _plan(
    timing: Timing,
    instant: datetime,
    branch: Branch,
    why: str,
    due: date,
    anchor: tuple[date, time] | None = None,
) -> Plan:
    """``due`` is the date before allowed days moved it, ``anchor`` the wall time it counts from; both are told."""
    local = instant.astimezone(timing.zone)
    moved = timing.days.passed_over(due, local.date())
    if anchor is not None and not exists(*anchor, timing.zone):
        moved |= {Moved.DST}
    if local.date() != due and (obstacle := timing.days.why_not(due)):
        why = f"{why}; {obstacle}, so on {DAY_NAMES[local.weekday()]}"
    return Plan(instant=instant, local=local, branch=branch, explanation=f"{why}.", moved=moved)


def _draw(seed: str, step: str, purpose: str, span: timedelta) -> timedelta:
    """Whole seconds, uniform in 0 … ``span``, both ends included; always the same for the same arguments."""
    digest = hashlib.sha256(f"{seed}\x1f{step}\x1f{purpose}".encode()).digest()
    seconds = span // _SECOND
    return timedelta(seconds=int.from_bytes(digest[:8], "big") * (seconds + 1) >> 64)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("moments carry a zone")
    return moment.astimezone(UTC)
