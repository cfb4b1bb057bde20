"""The capacity meter: planned against limit for the next days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from outreach.outbox.limits import MailboxLimits
from outreach.outbox.week import week
from outreach.states import Reason

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
TODAY = date(2026, 5, 12)
NO_GAP = (timedelta(0), timedelta(0))


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def test_what_does_not_fit_moves_to_the_next_day() -> None:
    planned = {day(-3): 5, day(0): 70, day(1): 200, day(4): 1}
    found = week(planned, limits=MailboxLimits(gap=NO_GAP), begun=20, now=NOW, zone=PARIS)
    assert [(each.planned, each.carried, each.room, each.over) for each in found] == [
        (70, 5, 60, 15),
        (200, 15, 80, 135),
        (0, 135, 80, 55),
        (0, 55, 80, 0),
        (1, 0, 80, 0),
        (0, 0, 80, 0),
        (0, 0, 80, 0),
    ]
    assert found[1].share == 268.8
    assert [each.date for each in found] == [day(number) for number in range(7)]


def test_a_young_mailbox_has_more_room_every_day() -> None:
    limits = MailboxLimits(daily=200, gap=NO_GAP, born=NOW - timedelta(days=3))
    found = week({}, limits=limits, begun=0, now=NOW, zone=PARIS)
    assert [each.room for each in found] == [26, 28, 30, 32, 35, 37, 39]
    assert {each.rule for each in found} == {Reason.MAILBOX_RAMP}


def test_a_long_gap_leaves_less_room_than_the_limit_and_says_so() -> None:
    gap = (timedelta(minutes=20), timedelta(minutes=40))
    found = week({}, limits=MailboxLimits(daily=80, gap=gap), begun=0, now=NOW, zone=PARIS)
    assert [each.room for each in found] == [26, 48, 48, 48, 48, 48, 48], "today has 13 hours left in Paris"
    assert found[0].rule is Reason.MAILBOX_GAP


def test_the_day_the_clock_changes_has_an_hour_less() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    gap = (timedelta(minutes=30), timedelta(minutes=30))
    found = week({}, limits=MailboxLimits(daily=None, gap=gap), begun=0, now=before, zone=PARIS)
    assert [each.room for each in found[1:3]] == [46, 48]


def test_without_limit_and_gap_everything_leaves() -> None:
    limits = MailboxLimits(daily=None, gap=NO_GAP)
    found = week({day(0): 10_000}, limits=limits, begun=5, now=NOW, zone=PARIS)
    assert (found[0].leaves, found[0].over, found[0].room, found[0].share) == (10_000, 0, None, None)


@given(
    planned=st.dictionaries(st.integers(-5, 6), st.integers(0, 500), max_size=12),
    daily=st.none() | st.integers(0, 120),
    begun=st.integers(0, 200),
    gap=st.integers(0, 4_000),
    hour=st.integers(0, 23),
)
def test_nobody_is_lost_or_counted_twice_and_no_day_holds_more_than_its_room(
    planned, daily, begun, gap, hour
) -> None:
    limits = MailboxLimits(daily=daily, gap=(timedelta(seconds=gap), timedelta(seconds=gap)))
    now = NOW.replace(hour=hour)
    today = now.astimezone(PARIS).date()
    found = week(
        {today + timedelta(days=number): count for number, count in planned.items()},
        limits=limits,
        begun=begun,
        now=now,
        zone=PARIS,
    )
    assert sum(each.leaves for each in found) + found[-1].over == sum(planned.values())
    for each in found:
        assert each.room is None or 0 <= each.leaves <= each.room
        assert each.over == 0 or each.leaves == each.room
