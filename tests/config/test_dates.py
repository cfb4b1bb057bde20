"""How dates read; every case names the moment it is read at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config import dates

PARIS = ZoneInfo("Europe/Paris")
#: Tuesday 12 May 2026, 10:31 in Paris.
NOW = datetime(2026, 5, 12, 8, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=10), "10 h ago"),
        (timedelta(hours=11), "yesterday"),
        (timedelta(days=1, hours=10), "yesterday"),
        (timedelta(days=1, hours=11), "2 days ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=7), "5 May"),
        (timedelta(days=200), "24 Oct 2025"),
        (-timedelta(seconds=20), "in a moment"),
        (-timedelta(minutes=18), "in 18 min"),
        (-timedelta(hours=14), "tomorrow"),
        (-timedelta(days=3), "in 3 days"),
    ],
)
def test_a_date_is_relative_for_seven_days(ago: timedelta, text: str) -> None:
    assert dates.relative(NOW - ago, PARIS, now=NOW) == text


def test_shortly_after_midnight_hours_count_not_calendar_days() -> None:
    midnight = datetime(2026, 5, 12, 22, 30, tzinfo=UTC)
    assert dates.relative(midnight - timedelta(hours=2), PARIS, now=midnight) == "2 h ago"


def test_the_exact_time_names_year_and_place() -> None:
    assert dates.exact(NOW, PARIS) == "Tue 12 May 2026, 10:31 Paris"


def test_a_planned_time_names_minute_and_place_and_another_year() -> None:
    assert dates.planned(NOW, PARIS, now=NOW) == "Tue 12 May, 10:31 Paris"
    assert dates.planned(NOW + timedelta(days=365), PARIS, now=NOW) == "Wed 12 May 2027, 10:31 Paris"


@pytest.mark.parametrize(
    ("zone", "name"),
    [("America/Argentina/Buenos_Aires", "Buenos Aires"), ("UTC", "UTC"), ("Europe/Berlin", "Berlin")],
)
def test_a_place_is_the_last_part_of_its_zone(zone: str, name: str) -> None:
    assert dates.place(dates.zone_of(zone)) == name
