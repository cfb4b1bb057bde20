"""Which lanes are open now: not held, on an allowed day, below the day's limit.

Asked when a message is claimed, by feeds before they write one, and by whoever explains a wait. ``begin``
asks once more under the lane's lock (docs/architecture.md, "Sending" 4 and 10).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.models import Lane, LaneDay
from outreach.outbox.limits import Wait, lane_wait
from outreach.sending_days import SendingDays, SendingHours
from outreach.states import Reason


def days_of(lane: Lane) -> SendingDays:
    """The lane's allowed days without its holidays; none ticked means every day."""
    return SendingDays(
        zone=ZoneInfo(lane.zone),
        weekdays=frozenset(lane.allowed_days or ()),
        holidays=frozenset(lane.holidays or ()),
    )


def hours_of(lane: Lane) -> SendingHours | None:
    """The hours of the day the lane sends in; None: all of them."""
    return SendingHours(lane.opens, lane.closes) if lane.opens and lane.closes else None


def wait(lane: Lane, *, used: int, planned: datetime, now: datetime) -> Wait | None:
    """Why a message planned for ``planned`` may not leave this lane at ``now``; None: it may.

    ``used`` is what left today in the lane's zone. What misses its day waits for its own clock time on the
    next allowed one (``limits.lane_wait``), so a full day never becomes a burst at midnight.
    """
    if lane.held:
        return Wait(Reason.CAMPAIGN_HELD, lane.held_text or str(Reason.CAMPAIGN_HELD.label), None)
    return lane_wait(
        days_of(lane), now=now, planned=planned, used=used, limit=lane.daily_limit, hours=hours_of(lane)
    )


def closed(lane_ids: Collection[int], *, now: datetime) -> Mapping[int, Wait]:
    """The lanes among ``lane_ids`` that are closed at ``now``, with the reason; two queries for any number.

    ``until`` is that of a message planned for this moment; :func:`wait` says it for another one.
    """
    if not lane_ids:
        return {}
    lanes = list(Lane.objects.across_organisations("the outbox serves everyone").filter(pk__in=lane_ids))
    used = used_today_of(lanes, now=now)
    reasons = {lane.pk: wait(lane, used=used.get(lane.pk, 0), planned=now, now=now) for lane in lanes}
    return {lane_id: reason for lane_id, reason in reasons.items() if reason}


def full_on(lane: Lane, day: date) -> bool:
    """Whether the lane's limit was used up on this date of its zone."""
    if lane.daily_limit is None:
        return False
    days = LaneDay.objects.for_organisation(lane.organisation_id)
    return days.filter(lane=lane, date=day, used__gte=lane.daily_limit).exists()


def used_today(lane: Lane, *, now: datetime) -> int:
    """How many messages of this lane began on its calendar day."""
    return used_today_of([lane], now=now).get(lane.pk, 0)


def used_today_of(lanes: Collection[Lane], *, now: datetime) -> dict[int, int]:
    """Lane id → how many of its messages began on its calendar day; not those without a limit, or without any.

    At most one query.
    """
    today: dict[int, date] = {
        lane.pk: days_of(lane).local_date(now) for lane in lanes if lane.daily_limit is not None
    }
    if not today:
        return {}
    rows = LaneDay.objects.across_organisations("the outbox serves everyone").filter(
        lane_id__in=today, date__in=set(today.values())
    )
    return {row.lane_id: row.used for row in rows if row.date == today[row.lane_id]}
