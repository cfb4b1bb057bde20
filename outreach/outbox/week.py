"""The next days of a mailbox: what is planned for each against what may leave on it. Pure.

Days are calendar days of one zone. What does not fit into a day moves to the next, as the outbox would let it; the
rolling 24 hours are taken as days, so the figures are "about".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.outbox.limits import MailboxLimits, ceiling
from outreach.states import Reason

DAYS = 7


@dataclass(frozen=True)
class Day:
    """One day. ``room`` is how many may leave on it, None for any number, and ``rule`` says why no more.

    ``planned`` are those whose moment falls on it, ``carried`` those that the days before had no room for;
    ``leaves`` + ``over`` = ``planned`` + ``carried``.
    """

    date: date
    planned: int
    carried: int
    room: int | None
    rule: Reason

    @property
    def leaves(self) -> int:
        """How many of them fit."""
        due = self.planned + self.carried
        return due if self.room is None else min(due, self.room)

    @property
    def over(self) -> int:
        """How many move on to the next day."""
        return self.planned + self.carried - self.leaves

    @property
    def share(self) -> float | None:
        """What is due in percent of the room; None without a limit."""
        due = self.planned + self.carried
        if self.room is None:
            return None
        return round(100 * due / self.room, 1) if self.room else (100.0 if due else 0.0)


def week(
    planned: Mapping[date, int],
    *,
    limits: MailboxLimits,
    begun: int,
    now: datetime,
    zone: ZoneInfo,
    days: int = DAYS,
) -> list[Day]:
    """From today on. ``planned`` counts messages by day, overdue ones on any earlier date; ``begun`` are those of
    the last 24 hours, which today's room has lost."""
    today = now.astimezone(zone).date()
    carried = sum(count for day, count in planned.items() if day < today)
    found: list[Day] = []
    for number in range(days):
        day = today + timedelta(days=number)
        room, rule = _room(limits, day=day, begun=0 if number else begun, now=now, zone=zone)
        found.append(Day(day, planned.get(day, 0), carried, room, rule))
        carried = found[-1].over
    return found


def _room(
    limits: MailboxLimits, *, day: date, begun: int, now: datetime, zone: ZoneInfo
) -> tuple[int | None, Reason]:
    """How many may begin on the day: its ceiling at noon (today: now), and no more than the gap has time for."""
    begins, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    allowed = ceiling(limits, now=max(now, datetime.combine(day, time(12), tzinfo=zone)))
    room = None if allowed.count is None else max(allowed.count - begun, 0)
    mean = (limits.gap[0] + limits.gap[1]) / 2
    if mean:
        by_gap = int((ends - max(now, begins)) / mean)
        if room is None or by_gap < room:
            return by_gap, Reason.MAILBOX_GAP
    return room, allowed.reason


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """In UTC, because differences between aware moments of one zone ignore its clock changes."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
