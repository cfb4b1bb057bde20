"""Days on which mail may leave, and wall time turned into instants. Pure.

A lane and a campaign share these rules: the campaign plans with them, the outbox tests them again when a
message is claimed (docs/behaviour.md §1 "Allowed weekdays and holidays").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ONE_DAY = timedelta(days=1)
#: Nobody waits longer than this for an allowed day; a calendar without one is a mistake in the settings.
_FURTHEST = 3 * 366


class Moved(Enum):
    """What moved a message from where its rule puts it; in the order in which it is told."""

    WEEKDAY = "weekday"
    HOLIDAY = "holiday"
    #: A wall time or a whole date that did not exist.
    DST = "dst"


class NoAllowedDay(ValueError):
    """No day within three years may be sent on: the weekdays and holidays leave none."""


def resolve(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a wall time.

    A wall time that does not exist moves forward by the gap; one that happens twice is its first occurrence.
    Both are what ``fold=0`` means (PEP 495), so nothing is decided here.
    """
    return datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=zone).astimezone(UTC)


def exists(day: date, clock: time, zone: ZoneInfo) -> bool:
    """Whether that wall time is on the clocks of that day; see :func:`resolve` for what becomes of it if not."""
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0))
    return resolve(day, clock, zone).astimezone(zone).replace(tzinfo=None, fold=0) == wall


def clock_of(moment: datetime, zone: ZoneInfo) -> time:
    """The wall time of an instant in ``zone``, without fold: the form in which a clock time is kept."""
    return moment.astimezone(zone).time().replace(fold=0)


@dataclass(frozen=True)
class SendingDays:
    """The days of one lane or campaign, in its own zone.

    ``weekdays`` are 0 (Monday) to 6; none ticked means every day. ``holidays`` are local dates.
    """

    zone: ZoneInfo
    weekdays: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.weekdays <= frozenset(range(7)):
            raise ValueError("weekdays are 0 (Monday) to 6 (Sunday)")

    def allows(self, day: date) -> bool:
        """Whether mail may leave on this local date."""
        return (not self.weekdays or day.weekday() in self.weekdays) and day not in self.holidays

    def local_date(self, moment: datetime) -> date:
        """The date on the wall of this zone at an instant."""
        return moment.astimezone(self.zone).date()

    def next_allowed(self, day: date) -> date:
        """``day`` itself or the first allowed date after it; raises :class:`NoAllowedDay`.

        A date that the zone skipped altogether (Apia, 30 December 2011) is passed over.
        """
        for _ in range(_FURTHEST):
            if self.allows(day) and self._is_there(day):
                return day
            day += _ONE_DAY
        raise NoAllowedDay

    def passed_over(self, due: date, until: date) -> frozenset[Moved]:
        """Why the dates from ``due`` on, before ``until``, were none to send on; a date may have two reasons."""
        found = set()
        while due < until:
            if self.weekdays and due.weekday() not in self.weekdays:
                found.add(Moved.WEEKDAY)
            if due in self.holidays:
                found.add(Moved.HOLIDAY)
            if not self._is_there(due):
                found.add(Moved.DST)
            due += _ONE_DAY
        return frozenset(found)

    def _is_there(self, day: date) -> bool:
        return exists(day, time(12), self.zone)

    def next_at(self, day: date, clock: time, *, not_before: datetime) -> datetime:
        """The instant of ``clock`` on the first allowed date from ``day`` on that is not before a moment."""
        while True:
            day = self.next_allowed(day)
            instant = resolve(day, clock, self.zone)
            if instant >= not_before:
                return instant
            day += _ONE_DAY

    def why_not(self, day: date) -> str:
        """The sentence for a date that is not allowed; empty if it is."""
        if day in self.holidays:
            return f"{day.day} {day:%B} is a holiday"
        return "" if self.allows(day) else f"nothing is sent on a {DAY_NAMES[day.weekday()]}"


@dataclass(frozen=True)
class SendingHours:
    """Hours of the day in which mail may leave, in the lane's zone: from ``opens`` to before ``closes``."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("sending hours open before they close, on one day")

    def contain(self, clock: time) -> bool:
        """Whether this wall time is inside."""
        return self.opens <= clock < self.closes
