"""How much may leave, and when the next message can: docs/behaviour.md §1 "A mailbox's limits"."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.outbox.limits import (
    MailboxLimits,
    Wait,
    blocking,
    ceiling,
    ceilings,
    gap,
    lane_wait,
    longest,
    mailbox_wait,
)
from outreach.sending_days import SendingDays, SendingHours
from outreach.states import Reason

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKDAYS = SendingDays(BERLIN, frozenset(range(5)))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


# The ceiling


@pytest.mark.parametrize(
    ("limits", "count", "reason"),
    [
        (MailboxLimits(), 80, Reason.MAILBOX_DAY),
        (MailboxLimits(daily=200), 200, Reason.MAILBOX_DAY),
        (MailboxLimits(daily=None), None, Reason.MAILBOX_DAY),
        (MailboxLimits(daily=300, provider_daily=500), 250, Reason.PROVIDER_LIMIT),
        (MailboxLimits(daily=80, provider_daily=2000), 80, Reason.MAILBOX_DAY),
        (MailboxLimits(daily=None, provider_daily=501), 250, Reason.PROVIDER_LIMIT),
        (MailboxLimits(daily=80, born=NOW), 20, Reason.MAILBOX_RAMP),
        (MailboxLimits(daily=15, born=NOW), 15, Reason.MAILBOX_DAY),
        (MailboxLimits(daily=200, born=NOW - 59 * DAY), 80, Reason.MAILBOX_RAMP),
        (MailboxLimits(daily=200, born=NOW - 60 * DAY), 200, Reason.MAILBOX_DAY),
    ],
)
def test_the_lowest_of_all_limits_counts_and_says_which_it_is(limits, count, reason) -> None:
    allowed = ceiling(limits, now=NOW)

    assert (allowed.count, allowed.reason) == (count, reason)


def test_a_young_mailbox_rises_from_twenty_to_eighty_in_four_weeks() -> None:
    counts = [ceiling(MailboxLimits(born=NOW - n * DAY), now=NOW).count or 0 for n in range(30)]

    assert counts[0] == 20
    assert counts[7] == 35
    assert counts[14] == 50
    assert counts[28] == counts[29] == 80
    assert counts == sorted(counts)


def test_a_mailbox_born_tomorrow_by_a_wrong_clock_starts_at_twenty() -> None:
    assert ceiling(MailboxLimits(born=NOW + DAY), now=NOW).count == 20


@given(
    daily=st.none() | st.integers(0, 5_000),
    age=st.integers(-3, 200),
    provider=st.none() | st.integers(0, 20_000),
    first=st.integers(1, 200),
)
def test_the_ceiling_is_the_lowest_rule_and_obeys_every_other(daily, age, provider, first) -> None:
    limits = MailboxLimits(daily=daily, born=NOW - age * DAY, provider_daily=provider, ramp_from=first)
    found, allowed = ceilings(limits, now=NOW), ceiling(limits, now=NOW)

    assert allowed in found
    assert all(each.count is None or (allowed.count or 0) <= each.count for each in found)
    if provider is not None:
        assert allowed.count is not None
        assert 2 * allowed.count <= provider
    if age < 60:
        assert allowed.count is not None
        assert allowed.count <= 80
        assert allowed.count <= min(first, 80) or age > 0
    assert (allowed.count is None) == (daily is None and provider is None and age >= 60)


@given(first=st.integers(1, 80), hours=st.integers(0, 60 * 24))
def test_a_ramp_never_falls_and_says_when_it_rises(first: int, hours: int) -> None:
    now = NOW + hours * HOUR
    limits = MailboxLimits(daily=None, born=NOW, ramp_from=first)
    here, later = ceiling(limits, now=now), ceiling(limits, now=now + HOUR)

    if later.count is not None:
        assert here.count is not None
        assert first <= here.count <= later.count <= 80
        if later.count > here.count:
            assert here.rises_at is not None
            assert now < here.rises_at <= now + HOUR


# The rolling count


def test_the_row_that_has_to_leave_is_the_ceilings_newest() -> None:
    begun = [NOW - n * HOUR for n in range(1, 6)]

    assert blocking(begun, count=5) == NOW - 5 * HOUR
    assert blocking(begun, count=3) == NOW - 3 * HOUR
    assert blocking(begun, count=6) is None
    assert blocking(begun, count=None) is None


def test_a_full_mailbox_waits_until_the_oldest_row_is_a_day_old() -> None:
    wait = mailbox_wait(MailboxLimits(daily=2), now=NOW, blocking=NOW - 20 * HOUR, next_send_at=None)

    assert wait == Wait(
        Reason.MAILBOX_DAY, "The mailbox has reached its limit of 2 messages in 24 hours.", NOW + 4 * HOUR
    )


def test_a_row_stops_counting_exactly_a_day_after_it_began() -> None:
    limits = MailboxLimits(daily=2)

    assert mailbox_wait(limits, now=NOW, blocking=NOW - DAY, next_send_at=None) is None
    just_before = NOW - DAY + timedelta(microseconds=1)
    assert mailbox_wait(limits, now=NOW, blocking=just_before, next_send_at=None) is not None


def test_a_rising_ramp_ends_the_wait_early() -> None:
    limits = MailboxLimits(born=NOW - timedelta(days=3, hours=20))

    wait = mailbox_wait(limits, now=NOW, blocking=NOW - HOUR, next_send_at=None)

    assert wait is not None
    assert wait.reason is Reason.MAILBOX_RAMP
    assert wait.until == NOW + 4 * HOUR


def test_a_mailbox_that_may_send_nothing_waits_for_a_person() -> None:
    wait = mailbox_wait(MailboxLimits(provider_daily=1), now=NOW, blocking=None, next_send_at=None)

    assert wait is not None
    assert wait.until is None


def test_the_gap_and_the_count_are_both_obeyed() -> None:
    limits = MailboxLimits(daily=2)

    for begun, next_send_at, until in [
        (NOW - 20 * HOUR, NOW + HOUR, NOW + 4 * HOUR),
        (NOW - 20 * HOUR, NOW + 5 * HOUR, NOW + 5 * HOUR),
        (None, NOW + timedelta(minutes=2), NOW + timedelta(minutes=2)),
    ]:
        wait = mailbox_wait(limits, now=NOW, blocking=begun, next_send_at=next_send_at)
        assert wait is not None
        assert wait.until == until
    assert mailbox_wait(limits, now=NOW, blocking=None, next_send_at=NOW) is None


def test_replies_and_tests_are_never_held_back_by_our_own_limits() -> None:
    assert (
        mailbox_wait(
            MailboxLimits(daily=2), now=NOW, blocking=NOW - HOUR, next_send_at=NOW + HOUR, exempt=True
        )
        is None
    )


def test_gaps_spread_evenly_between_their_ends_and_are_always_the_same_for_a_message() -> None:
    gaps = [gap(MailboxLimits(), seed=str(n)).total_seconds() for n in range(5000)]

    assert min(gaps) == 120
    assert max(gaps) == 300
    assert abs(sum(gaps) / len(gaps) - 210) < 3
    assert gap(MailboxLimits(), seed="17") == gap(MailboxLimits(), seed="17")


def test_no_gap_is_no_gap() -> None:
    assert gap(MailboxLimits(gap=(timedelta(0), timedelta(0))), seed="1") == timedelta(0)


@pytest.mark.parametrize("pair", [(5, 2), (-1, 2)])
def test_a_gap_that_makes_no_sense_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="gap"):
        MailboxLimits(gap=(timedelta(seconds=pair[0]), timedelta(seconds=pair[1])))


@settings(deadline=None)
@given(
    limit=st.integers(1, 12),
    wanted=st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=80),
    pause=st.integers(0, 300),
)
def test_a_mailbox_never_sends_more_than_its_limit_in_any_day_nor_without_the_gap(
    limit: int, wanted: list[int], pause: int
) -> None:
    """A worker that obeys what it is told, against attempts at any moment."""
    limits = MailboxLimits(daily=limit, gap=(timedelta(seconds=pause), timedelta(seconds=pause)))
    sent: list[datetime] = []
    for minute in sorted(wanted):
        now = NOW + timedelta(minutes=minute)
        row = blocking(sent, count=ceiling(limits, now=now).count)
        next_send_at = sent[-1] + gap(limits, seed=str(len(sent))) if sent else None
        wait = mailbox_wait(limits, now=now, blocking=row, next_send_at=next_send_at)
        if wait is None:
            sent.append(now)
        else:
            assert wait.until is not None
            assert wait.until > now

    for moment in sent:
        assert sum(1 for other in sent if moment - DAY < other <= moment) <= limit
    assert all(later - earlier >= timedelta(seconds=pause) for earlier, later in itertools.pairwise(sent))


# The campaign's day


def test_a_campaign_below_its_limit_on_an_allowed_day_does_not_wait() -> None:
    now = berlin("2026-11-23 10:00")

    assert lane_wait(WEEKDAYS, now=now, planned=now, used=9, limit=10) is None
    assert lane_wait(WEEKDAYS, now=now, planned=now, used=9_999, limit=None) is None


def test_a_full_campaign_goes_on_at_the_planned_clock_time_of_the_next_allowed_day() -> None:
    friday = berlin("2026-11-27 16:30")

    wait = lane_wait(WEEKDAYS, now=friday, planned=berlin("2026-11-27 16:00"), used=10, limit=10)

    assert wait is not None
    assert wait.reason is Reason.CAMPAIGN_DAY
    assert wait.until == berlin("2026-11-30 16:00")


def test_a_message_that_reached_a_day_not_allowed_waits_for_its_clock_time() -> None:
    saturday = berlin("2026-11-28 00:30")

    wait = lane_wait(WEEKDAYS, now=saturday, planned=berlin("2026-11-27 16:00"), used=0, limit=10)

    assert wait == Wait(
        Reason.DAY_NOT_ALLOWED, "Today nothing is sent on a Saturday.", berlin("2026-11-30 16:00")
    )


def test_a_holiday_is_named() -> None:
    days = SendingDays(BERLIN, holidays=frozenset({date(2026, 12, 25)}))
    now = berlin("2026-12-25 09:00")

    wait = lane_wait(days, now=now, planned=now, used=0, limit=None)

    assert wait == Wait(Reason.HOLIDAY, "Today 25 December is a holiday.", berlin("2026-12-26 09:00"))


@pytest.mark.parametrize(
    ("now", "planned", "until"),
    [
        ("2026-11-23 06:20", "2026-11-23 06:20", "2026-11-23 08:00"),
        ("2026-11-23 18:00", "2026-11-23 17:50", "2026-11-24 17:50"),
        ("2026-11-27 20:00", "2026-11-27 20:00", "2026-11-30 08:00"),
        ("2026-11-23 07:00", "2026-11-20 16:00", "2026-11-23 16:00"),
    ],
)
def test_outside_sending_hours_a_message_waits_for_its_clock_time_or_the_opening(
    now: str, planned: str, until: str
) -> None:
    hours = SendingHours(time(8), time(18))

    wait = lane_wait(WEEKDAYS, now=berlin(now), planned=berlin(planned), used=0, limit=None, hours=hours)

    assert wait == Wait(Reason.OUTSIDE_HOURS, "Outside sending hours.", berlin(until))


def test_within_sending_hours_nothing_waits() -> None:
    now = berlin("2026-11-23 08:00")

    assert (
        lane_wait(WEEKDAYS, now=now, planned=now, used=0, limit=None, hours=SendingHours(time(8), time(18)))
        is None
    )


# Several waits


def test_a_wait_for_a_person_goes_before_any_other_and_otherwise_the_longest_counts() -> None:
    short = Wait(Reason.MAILBOX_GAP, "gap", NOW + HOUR)
    long = Wait(Reason.CAMPAIGN_DAY, "day", NOW + DAY)
    person = Wait(Reason.MAILBOX_PAUSED, "paused", None)

    assert longest([]) is None
    assert longest([None, short, long]) == long
    assert longest([short, person, long]) == person
