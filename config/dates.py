"""Dates as people read them: relative while fresh, exact on hover, always with the zone's place.

Pure: ``now`` and the zone are passed in.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def place(zone: datetime.tzinfo) -> str:
    """The readable part of a zone: ``Europe/Paris`` → Paris, ``America/Argentina/Buenos_Aires`` → Buenos Aires."""
    return str(zone).rpartition("/")[2].replace("_", " ")


def exact(moment: datetime.datetime, zone: datetime.tzinfo) -> str:
    """With year, minute and zone, for a tooltip: "Tue 12 May 2026, 09:12 Paris"."""
    local = moment.astimezone(zone)
    return f"{_day(local)} {local.year}, {local:%H:%M} {place(zone)}"


def planned(moment: datetime.datetime, zone: datetime.tzinfo, *, now: datetime.datetime) -> str:
    """With minute and zone, for what is planned: "Tue 12 May, 07:13 Paris"; the year only when it is another."""
    local = moment.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{_day(local)}{year}, {local:%H:%M} {place(zone)}"


def relative(moment: datetime.datetime, zone: datetime.tzinfo, *, now: datetime.datetime) -> str:
    """Under 7 days "5 min ago", "in 3 h", "yesterday", "4 days ago"; otherwise the date.

    Hours are elapsed time, days are calendar days of the zone, so that 23:50 is "yesterday" at 08:00.
    """
    local, here = moment.astimezone(zone), now.astimezone(zone)
    past = moment <= now
    seconds = abs((now - moment).total_seconds())
    days = abs((here.date() - local.date()).days)
    if seconds < 60:
        return "just now" if past else "in a moment"
    if seconds < 3600:
        return _phrase(f"{int(seconds // 60)} min", past=past)
    if days == 0 or seconds < 6 * 3600:
        return _phrase(f"{int(seconds // 3600)} h", past=past)
    if days == 1:
        return "yesterday" if past else "tomorrow"
    if days < 7:
        return _phrase(f"{days} days", past=past)
    year = "" if local.year == here.year else f" {local.year}"
    return f"{local.day} {_MONTHS[local.month - 1]}{year}"


def zone_of(name: str | datetime.tzinfo) -> datetime.tzinfo:
    """A zone from its IANA name; an object is passed through. Raises ZoneInfoNotFoundError."""
    return ZoneInfo(name) if isinstance(name, str) else name


def _day(local: datetime.datetime) -> str:
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def _phrase(amount: str, *, past: bool) -> str:
    return f"{amount} ago" if past else f"in {amount}"
