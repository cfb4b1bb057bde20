"""How much a mailbox and a campaign may send, and when the next message can leave. Pure.

Rules: docs/behaviour.md §1 "A mailbox's limits". Replies and tests count, but our own limits never hold them
back. The numbers come in as arguments: rows are counted under the mailbox's lease (docs/architecture.md
"Sending" 10), so that any number of workers obeys them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.sending_days import SendingDays, SendingHours, clock_of
from outreach.states import Reason, sentence

WINDOW = timedelta(hours=24)
DEFAULT_DAILY = 80
DEFAULT_GAP = (timedelta(seconds=120), timedelta(seconds=300))
#: A mailbox younger than this starts small.
YOUNG = timedelta(days=60)
RAMP_FROM, RAMP_TO, RAMP_DAYS = 20, 80, 28
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MailboxLimits:
    """A mailbox's own settings.

    ``daily`` None = no limit of ours (the demo and the walkthrough). ``gap`` is the shortest and longest
    pause between two messages. ``born`` is since when the account exists, None = not a young one;
    ``ramp_from`` is what a new one begins with. ``provider_daily`` is the provider's own limit, None = unknown.
    """

    daily: int | None = DEFAULT_DAILY
    gap: tuple[timedelta, timedelta] = DEFAULT_GAP
    born: datetime | None = None
    provider_daily: int | None = None
    ramp_from: int = RAMP_FROM

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.gap[0] <= self.gap[1]:
            raise ValueError("the shortest gap is not longer than the longest, and neither is negative")


@dataclass(frozen=True)
class Ceiling:
    """How many messages may begin in 24 hours (None = any number), and which rule says so.

    ``rises_at`` is when the ramp next allows more; None if it does not.
    """

    count: int | None
    reason: Reason = Reason.MAILBOX_DAY
    rises_at: datetime | None = None

    @property
    def text(self) -> str:
        """The sentence for people."""
        if self.count is None:
            return "No limit."
        if self.reason is Reason.MAILBOX_RAMP:
            return f"The mailbox is new: {self.count} messages in 24 hours for now, rising to {RAMP_TO}."
        if self.reason is Reason.PROVIDER_LIMIT:
            return f"The mailbox stays below half of its provider's limit: {self.count} in 24 hours."
        return f"The mailbox has reached its limit of {self.count} messages in 24 hours."


@dataclass(frozen=True)
class Wait:
    """Why nothing can leave now. ``until`` is when it can, None = when a person acts."""

    reason: Reason
    text: str
    until: datetime | None


def ceilings(limits: MailboxLimits, *, now: datetime) -> list[Ceiling]:
    """Every rule that applies at ``now``: the mailbox's limit, its ramp, half of what its provider allows."""
    found = [Ceiling(limits.daily)]
    if limits.born is not None and now - limits.born < YOUNG:
        found.append(_ramp(limits, limits.born, now))
    if limits.provider_daily is not None:
        found.append(Ceiling(limits.provider_daily // 2, Reason.PROVIDER_LIMIT))
    return found


def ceiling(limits: MailboxLimits, *, now: datetime) -> Ceiling:
    """The lowest of :func:`ceilings`: the one that rules; of equal ones the first."""
    return min(ceilings(limits, now=now), key=lambda each: float("inf") if each.count is None else each.count)


def gap(limits: MailboxLimits, *, seed: str) -> timedelta:
    """The pause after the message ``seed`` (its id): whole seconds, even between the two ends."""
    shortest, longest = limits.gap
    seconds = (longest - shortest) // timedelta(seconds=1)
    digest = hashlib.sha256(f"gap\x1f{seed}".encode()).digest()
    return shortest + timedelta(seconds=int.from_bytes(digest[:8], "big") * (seconds + 1) >> 64)


def blocking(begun: Iterable[datetime], *, count: int | None) -> datetime | None:
    """The moment among ``begun`` that has to leave the window before another message may begin.

    It is the ``count``-th newest; SQL says ``ORDER BY begun_at DESC OFFSET count - 1 LIMIT 1``. None if there
    are fewer, or no ceiling.
    """
    newest_first = sorted(begun, reverse=True)
    if count is None or count < 1 or len(newest_first) < count:
        return None
    return newest_first[count - 1]


def mailbox_wait(
    limits: MailboxLimits,
    *,
    now: datetime,
    blocking: datetime | None,
    next_send_at: datetime | None,
    exempt: bool = False,
) -> Wait | None:
    """Why the mailbox may not begin a message at ``now``; None = it may.

    ``blocking`` is what :func:`blocking` means, over counted rows of any origin; a row stops counting exactly
    24 hours after it began. ``next_send_at`` is when the last gap ends. ``exempt`` is a reply or a test.
    """
    if exempt:
        return None
    allowed = ceiling(limits, now=now)
    waits = []
    if allowed.count is not None and allowed.count < 1:
        return Wait(allowed.reason, allowed.text, allowed.rises_at)
    if allowed.count is not None and blocking is not None and blocking + WINDOW > now:
        until = blocking + WINDOW
        if allowed.rises_at is not None:
            until = min(until, allowed.rises_at)
        waits.append(Wait(allowed.reason, allowed.text, until))
    if next_send_at is not None and next_send_at > now:
        waits.append(Wait(Reason.MAILBOX_GAP, sentence(Reason.MAILBOX_GAP), next_send_at))
    return longest(waits)


def lane_wait(
    days: SendingDays,
    *,
    now: datetime,
    planned: datetime,
    used: int,
    limit: int | None,
    hours: SendingHours | None = None,
) -> Wait | None:
    """Why a message of a campaign may not begin at ``now``; None = it may.

    ``used`` is the campaign's count of today's date in its zone. What is held back waits for its planned
    clock time on the next allowed day, never for midnight: a full day must not become a burst at 00:00.
    """
    today = days.local_date(now)
    if not days.allows(today):
        reason = Reason.HOLIDAY if today in days.holidays else Reason.DAY_NOT_ALLOWED
        return Wait(reason, f"Today {days.why_not(today)}.", _next_turn(days, today, now, planned, hours))
    if limit is not None and used >= limit:
        text = f"The campaign has reached its limit of {limit} for today."
        return Wait(Reason.CAMPAIGN_DAY, text, _next_turn(days, today + _ONE_DAY, now, planned, hours))
    wall = clock_of(now, days.zone)
    if hours is None or hours.contain(wall):
        return None
    text = sentence(Reason.OUTSIDE_HOURS)
    return Wait(Reason.OUTSIDE_HOURS, text, _next_turn(days, today, now, planned, hours))


def turn_of_today(days: SendingDays, *, now: datetime, planned: datetime) -> datetime | None:
    """Until when whom the full day before left over waits: their clock time of today; None = they may go.

    Otherwise everybody left over would leave at midnight. Asked only on the day after.
    """
    today = days.local_date(now)
    if days.local_date(planned) >= today:
        return None
    turn = days.next_at(today, planned.astimezone(days.zone).time(), not_before=planned)
    return turn if turn > now else None


def longest(waits: Iterable[Wait | None]) -> Wait | None:
    """The wait that decides: one that needs a person, else the one that ends last."""
    decides: Wait | None = None
    for wait in waits:
        if wait is None:
            continue
        if wait.until is None:
            return wait
        if decides is None or decides.until is None or wait.until > decides.until:
            decides = wait
    return decides


def _ramp(limits: MailboxLimits, born: datetime, now: datetime) -> Ceiling:
    days = max((now - born) // _ONE_DAY, 0)
    if days >= RAMP_DAYS:
        return Ceiling(RAMP_TO, Reason.MAILBOX_RAMP)
    first = min(limits.ramp_from, RAMP_TO)
    count = first + (RAMP_TO - first) * days // RAMP_DAYS
    return Ceiling(count, Reason.MAILBOX_RAMP, born + (days + 1) * _ONE_DAY)


def _next_turn(
    days: SendingDays, day: date, now: datetime, planned: datetime, hours: SendingHours | None
) -> datetime:
    """The planned clock time on the first allowed date from ``day`` on; the opening hour if that is outside."""
    clock: time = clock_of(planned, days.zone)
    if hours is not None and not hours.contain(clock):
        clock = hours.opens
    return days.next_at(day, clock, not_before=now)
