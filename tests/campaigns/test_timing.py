"""When a step leaves: the table of docs/behaviour.md §1, its edges, and what must hold for every input."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.timing import (
    CLOCK_CHOICES,
    Branch,
    Plan,
    Preference,
    Timing,
    after_absence,
    branch_after_change,
    first_send,
    is_late,
    later_send,
    replan_first_after_change,
    replan_later_after_change,
    replan_overdue,
)
from outreach.sending_days import NoAllowedDay, SendingDays, SendingHours, resolve

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
SEED, STEP = "9f2c", "step-1"
ZONES = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "UTC",
]


def at(clock: str, day: date = MONDAY, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone).replace(fold=fold)


def timing(preference: str = "best_time", *, grace: int = 20, **more: object) -> Timing:
    zone = more.pop("zone", BERLIN)
    return Timing(Preference(preference), zone, timedelta(minutes=grace), **more)  # type: ignore[arg-type]


def first(settings_: Timing, start: datetime, seed: str = SEED) -> Plan:
    return first_send(settings_, start=start, seed=seed, step=STEP)


BEST_TIME_EDGES = [
    # start, day offset, earliest, latest, branch
    ("05:59", 0, "07:00", "07:20", Branch.OVERNIGHT),
    ("06:00", 0, "06:20", "06:20", Branch.MORNING),
    ("09:59", 0, "10:19", "10:19", Branch.MORNING),
    ("10:00", 0, "16:00", "16:00", Branch.DAYTIME),
    ("15:39", 0, "16:00", "16:00", Branch.DAYTIME),
    ("15:40", 0, "16:00", "16:00", Branch.DAYTIME),
    ("15:41", 0, "16:01", "16:01", Branch.DAYTIME),
    ("18:59", 0, "19:19", "19:19", Branch.DAYTIME),
    ("19:00", 1, "07:00", "07:20", Branch.OVERNIGHT),
    ("23:59", 1, "07:00", "07:20", Branch.OVERNIGHT),
    ("00:00", 0, "07:00", "07:20", Branch.OVERNIGHT),
]


@pytest.mark.parametrize(("start", "days", "earliest", "latest", "branch"), BEST_TIME_EDGES)
@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_best_time_follows_the_table_at_its_edges(
    start: str, days: int, earliest: str, latest: str, branch: Branch, seed: str
) -> None:
    plan = first(timing(), at(start), seed)

    day = MONDAY + timedelta(days=days)
    assert at(earliest, day) <= plan.instant <= at(latest, day)
    assert plan.branch is branch
    assert plan.local.date() == day


@pytest.mark.parametrize(
    ("start", "expected"), [("09:59", "09:59"), ("15:59", "16:00"), ("16:01", "16:01"), ("06:00", "06:00")]
)
def test_without_a_grace_the_branches_stay_the_same(start: str, expected: str) -> None:
    assert first(timing(grace=0), at(start)).instant == at(expected)


def test_the_last_second_before_a_branch_belongs_to_the_one_before_it() -> None:
    assert first(timing(), at("05:59:59.999999")).branch is Branch.OVERNIGHT
    assert first(timing(), at("09:59:59.999999")).instant == at("10:19:59.999999")
    assert first(timing(), at("18:59:59.999999")).branch is Branch.DAYTIME


def test_a_grace_that_reaches_into_the_early_window_narrows_it() -> None:
    plans = {first(timing(grace=75), at("05:50"), str(n)).instant for n in range(400)}

    assert min(plans) >= at("07:05")
    assert max(plans) <= at("07:20")


def test_a_grace_longer_than_the_early_window_is_waited_out() -> None:
    plan = first(timing(grace=120), at("05:59"))

    assert plan.instant == at("07:59")
    assert plan.branch is Branch.OVERNIGHT


def test_both_ends_of_the_early_window_are_drawn_and_the_draw_is_even() -> None:
    drawn = [first(timing(), at("22:00"), str(n)).instant for n in range(20_000)]
    seconds = [int((moment - at("07:00", MONDAY + timedelta(days=1))).total_seconds()) for moment in drawn]

    assert min(seconds) == 0
    assert max(seconds) == 1200
    assert abs(sum(seconds) / len(seconds) - 600) < 10
    assert all(moment.microsecond == 0 for moment in drawn)


SPECIFIC_EDGES = [
    ("08:59", 0, "09:19", "09:20"),
    ("08:40", 0, "09:00", "09:20"),
    ("07:00", 0, "09:00", "09:20"),
    ("09:00", 1, "09:00", "09:20"),
    ("23:30", 1, "09:00", "09:20"),
    ("00:00", 0, "09:00", "09:20"),
]


@pytest.mark.parametrize(("start", "days", "earliest", "latest"), SPECIFIC_EDGES)
@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_a_specific_time_is_kept_within_twenty_minutes(
    start: str, days: int, earliest: str, latest: str, seed: str
) -> None:
    plan = first(timing("specific_time", at=time(9)), at(start), seed)

    day = MONDAY + timedelta(days=days)
    assert at(earliest, day) <= plan.instant <= at(latest, day)
    assert plan.branch is Branch.SPECIFIC


def test_a_long_grace_that_uses_up_the_twenty_minutes_waits_for_the_next_day() -> None:
    slow = timing("specific_time", at=time(9), grace=60)

    assert first(slow, at("08:20")).instant == at("09:20")
    assert first(slow, at("08:21")).local.date() == MONDAY + timedelta(days=1)


def test_when_started_waits_for_the_grace_and_nothing_else() -> None:
    plan = first(timing("when_started"), at("23:50"))

    assert plan.instant == at("00:10", MONDAY + timedelta(days=1))
    assert plan.branch is Branch.STARTED


def test_times_are_the_senders_not_the_servers() -> None:
    start = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    assert first(timing(zone=BERLIN), start).branch is Branch.DAYTIME
    assert first(timing(zone=NEW_YORK), start).branch is Branch.OVERNIGHT
    assert first(timing(zone=ZoneInfo("Asia/Kolkata")), start).instant == start + timedelta(hours=1)


# Allowed days


def test_a_first_message_on_a_day_not_allowed_keeps_its_clock_time_for_the_next_allowed_day() -> None:
    weekdays = frozenset(range(5))
    saturday = date(2026, 11, 28)

    plan = first(timing(weekdays=weekdays), at("11:00", saturday))

    assert plan.instant == at("16:00", date(2026, 11, 30))
    assert plan.explanation == (
        "Best time: started between 10:00 and 19:00, so at 16:00 or when the grace has ended; "
        "nothing is sent on a Saturday, so on Monday."
    )


def test_the_real_date_counts_when_the_grace_passes_midnight() -> None:
    friday = date(2026, 11, 27)

    plan = first(timing("when_started", weekdays=frozenset(range(5))), at("23:50", friday))

    assert plan.instant == at("00:10", date(2026, 11, 30))


def test_the_real_date_counts_when_jitter_passes_midnight() -> None:
    friday = date(2026, 11, 27)
    late = timing("specific_time", at=time(23, 45), weekdays=frozenset(range(5)))

    for n in range(200):
        plan = first(late, at("12:00", friday), str(n))
        if plan.local.time() >= time(23, 45):
            assert plan.local.date() == friday
        else:
            assert plan.local.date() == date(2026, 11, 30)
            assert plan.local.time() <= time(0, 5)


def test_a_holiday_is_passed_over_like_a_day_that_is_not_ticked() -> None:
    christmas = frozenset({date(2026, 12, 25), date(2026, 12, 26)})

    plan = first(timing("when_started", holidays=christmas), at("09:00", date(2026, 12, 25)))

    assert plan.instant == at("09:20", date(2026, 12, 27))
    assert "25 December is a holiday" in plan.explanation


def test_a_calendar_without_any_allowed_day_says_so() -> None:
    every_monday = frozenset(MONDAY + timedelta(weeks=n) for n in range(200))

    with pytest.raises(NoAllowedDay):
        SendingDays(BERLIN, frozenset({0}), every_monday).next_allowed(MONDAY)


# Later steps


def later(settings_: Timing, branch: Branch, seed: str = SEED, **more: object) -> Plan:
    values: dict[str, object] = {"days": 3, "previous_on": MONDAY, "first_clock": time(16)}
    return later_send(settings_, branch=branch, seed=seed, step="step-2", **{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("branch", [Branch.OVERNIGHT, Branch.MORNING, Branch.SPECIFIC, Branch.STARTED])
def test_a_later_step_leaves_at_the_clock_time_of_the_first_give_or_take_twenty_minutes(
    branch: Branch,
) -> None:
    thursday = MONDAY + timedelta(days=3)
    moments = [later(timing(), branch, str(n)).instant for n in range(3000)]

    assert at("15:40", thursday) <= min(moments) < at("15:41", thursday)
    assert at("16:19", thursday) < max(moments) <= at("16:20", thursday)
    assert {moment < at("16:00", thursday) for moment in moments} == {True, False}


def test_after_a_start_in_the_day_later_steps_leave_early() -> None:
    thursday = MONDAY + timedelta(days=3)
    moments = [later(timing(), Branch.DAYTIME, str(n)).instant for n in range(3000)]

    assert at("07:00", thursday) <= min(moments) < at("07:05", thursday)
    assert at("08:55", thursday) < max(moments) <= at("09:00", thursday)


def test_the_days_between_steps_are_counted_from_the_day_it_was_really_sent() -> None:
    assert later(timing(), Branch.DAYTIME, previous_on=date(2027, 2, 27), days=2).local.date() == date(
        2027, 3, 1
    )


def test_a_later_step_waits_for_an_allowed_day() -> None:
    weekdays = frozenset(range(5))

    plan = later(timing(weekdays=weekdays), Branch.DAYTIME, previous_on=date(2026, 11, 25), days=3)

    assert plan.local.date() == date(2026, 11, 30)
    assert "nothing is sent on a Saturday, so on Monday" in plan.explanation


def test_jitter_never_leaves_the_date() -> None:
    thursday = MONDAY + timedelta(days=3)
    late = [later(timing(), Branch.STARTED, str(n), first_clock=time(23, 55)) for n in range(300)]
    early = [later(timing(), Branch.STARTED, str(n), first_clock=time(0, 5)) for n in range(300)]

    assert {plan.local.date() for plan in late + early} == {thursday}
    assert max(plan.instant for plan in late) == at("23:59:59", thursday)
    assert min(plan.instant for plan in early) == at("00:00:00", thursday)


def test_an_email_step_is_at_least_a_day_after_the_one_before() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        later(timing(), Branch.STARTED, days=0)


# Daylight saving


def test_a_clock_time_that_does_not_exist_moves_forward_by_the_gap() -> None:
    sunday = date(2026, 3, 29)  # 02:00 becomes 03:00 in Berlin

    plan = first(timing("specific_time", at=time(2, 30)), at("12:00", sunday - timedelta(days=1)))

    assert at("03:30", sunday) <= plan.instant <= at("03:50", sunday)


def test_a_clock_time_that_happens_twice_is_its_first_occurrence() -> None:
    sunday = date(2026, 10, 25)  # 03:00 becomes 02:00 in Berlin
    settings_ = timing("specific_time", at=time(2, 30))

    plan = first(settings_, at("12:00", sunday - timedelta(days=1)))

    assert at("02:30", sunday) <= plan.instant <= at("02:30", sunday) + timedelta(minutes=20)
    assert plan.instant < at("02:30", sunday, fold=1)


def test_grace_is_a_duration_through_a_change_of_the_clocks() -> None:
    fall = date(2026, 10, 25)

    second_time = at("02:50", fall, fold=1)
    assert first(timing("when_started"), second_time).instant == second_time.astimezone(UTC) + timedelta(
        minutes=20
    )
    assert first(timing("when_started"), at("01:50", date(2026, 3, 29))).instant == at(
        "03:10", date(2026, 3, 29)
    )


def test_the_morning_is_seven_on_the_wall_on_the_day_the_clocks_change() -> None:
    for sunday in (date(2026, 3, 29), date(2026, 10, 25)):
        plan = first(timing(), at("23:00", sunday - timedelta(days=1)))
        assert time(7) <= plan.local.time() <= time(7, 20)
        assert plan.local.date() == sunday


def test_a_later_step_keeps_the_wall_time_not_the_distance_in_hours() -> None:
    friday = date(2026, 10, 23)

    plan = later(timing(), Branch.STARTED, previous_on=friday, days=3, first_clock=time(10))

    assert abs(plan.instant - at("10:00", date(2026, 10, 26))) <= timedelta(minutes=20)


def test_jitter_stays_on_its_date_where_midnight_does_not_exist_or_happens_twice() -> None:
    beirut = timing(zone=ZoneInfo("Asia/Beirut"))
    for day in (date(2024, 3, 31), date(2024, 10, 26)):  # 00:00 skipped; 23:00–24:00 twice
        for clock in (time(0, 0), time(0, 10), time(23, 50)):
            for n in range(50):
                plan = later(
                    beirut,
                    Branch.STARTED,
                    str(n),
                    previous_on=day - timedelta(days=1),
                    days=1,
                    first_clock=clock,
                )
                assert plan.local.date() == day


def test_a_date_that_a_zone_skipped_is_passed_over() -> None:
    apia = timing(zone=ZoneInfo("Pacific/Apia"))

    plan = later(apia, Branch.DAYTIME, previous_on=date(2011, 12, 29), days=1)

    assert plan.local.date() == date(2011, 12, 31)


# Resume, lateness, absence


def test_resume_leaves_alone_what_is_planned_after_the_grace() -> None:
    resumed = at("12:00")

    for planned in (at("12:20"), at("15:00")):
        assert (
            replan_overdue(
                timing(),
                planned=planned,
                first=True,
                branch=Branch.DAYTIME,
                moment=resumed,
                seed=SEED,
                step=STEP,
            )
            is None
        )


def test_resume_sends_an_overdue_first_step_through_the_table() -> None:
    plan = replan_overdue(
        timing(),
        planned=at("12:19:59"),
        first=True,
        branch=Branch.MORNING,
        moment=at("12:00"),
        seed=SEED,
        step=STEP,
    )

    assert plan is not None
    assert plan.instant == at("16:00")
    assert plan.branch is Branch.DAYTIME


@pytest.mark.parametrize(("resumed", "days"), [("09:00", 0), ("15:40", 0), ("15:41", 1), ("20:00", 1)])
def test_resume_gives_an_overdue_later_step_its_clock_time_on_the_first_day_left(
    resumed: str, days: int
) -> None:
    plan = replan_overdue(
        timing(),
        planned=at("16:00", MONDAY - timedelta(days=5)),
        first=False,
        branch=Branch.DAYTIME,
        moment=at(resumed),
        seed=SEED,
        step="step-2",
    )

    assert plan is not None
    assert plan.instant == at("16:00", MONDAY + timedelta(days=days))
    assert plan.branch is Branch.DAYTIME


def test_resume_on_a_friday_evening_waits_for_monday_when_weekends_are_off() -> None:
    plan = replan_overdue(
        timing(weekdays=frozenset(range(5))),
        planned=at("16:00", date(2026, 11, 24)),
        first=False,
        branch=Branch.STARTED,
        moment=at("18:00", date(2026, 11, 27)),
        seed=SEED,
        step="step-2",
    )

    assert plan is not None
    assert plan.instant == at("16:00", date(2026, 11, 30))


def test_a_message_is_late_after_an_hour_and_not_before() -> None:
    assert not is_late(at("12:00"), at("13:00"))
    assert is_late(at("12:00"), at("13:00:01"))


def test_an_absence_moves_the_step_to_the_working_day_after_the_return() -> None:
    plan = after_absence(
        timing(), planned=at("16:07", date(2026, 11, 25)), returns_on=date(2026, 12, 4), branch=Branch.STARTED
    )

    assert plan is not None
    assert plan.instant == at("16:07", date(2026, 12, 7))  # the fourth is a Friday


def test_an_absence_never_makes_a_step_earlier() -> None:
    planned = at("16:07", date(2026, 12, 20))

    assert after_absence(timing(), planned=planned, returns_on=MONDAY, branch=Branch.STARTED) is None


def test_an_absence_in_a_campaign_of_weekends_waits_for_the_weekend() -> None:
    plan = after_absence(
        timing(weekdays=frozenset({5})),
        planned=at("10:00", date(2026, 11, 28)),
        returns_on=date(2026, 11, 30),
        branch=Branch.STARTED,
    )

    assert plan is not None
    assert plan.local.date() == date(2026, 12, 5)


# A changed preference


def changed(settings_: Timing, planned: datetime, moment: datetime, seed: str = SEED) -> Plan | None:
    return replan_later_after_change(
        settings_,
        planned=planned,
        changed_at=moment,
        days=3,
        previous_on=MONDAY,
        first_clock=time(11, 30),
        seed=seed,
        step="step-2",
    )


def test_what_is_planned_within_the_grace_stays_when_the_preference_changes() -> None:
    thursday = MONDAY + timedelta(days=3)

    assert changed(timing(), at("12:19", thursday), at("12:00", thursday)) is None
    assert (
        replan_first_after_change(timing(), planned=at("12:19"), changed_at=at("12:00"), seed=SEED, step=STEP)
        is None
    )


def test_an_unsent_first_step_goes_through_the_table_from_the_moment_of_the_change() -> None:
    plan = replan_first_after_change(
        timing(), planned=at("16:00"), changed_at=at("08:00"), seed=SEED, step=STEP
    )

    assert plan is not None
    assert plan.instant == at("08:20")


@pytest.mark.parametrize(
    ("settings_", "earliest", "latest"),
    [
        (timing(), "07:00", "09:00"),
        (timing("specific_time", at=time(14)), "13:40", "14:20"),
        (timing("when_started"), "11:10", "11:50"),
    ],
)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_later_steps_take_the_clock_time_of_the_new_preference(
    settings_: Timing, earliest: str, latest: str, seed: str
) -> None:
    thursday = MONDAY + timedelta(days=3)

    plan = changed(settings_, at("16:00", thursday), at("12:00"), seed)

    assert plan is not None
    assert at(earliest, thursday) <= plan.instant <= at(latest, thursday)
    assert plan.branch is branch_after_change(settings_.preference)


def test_a_new_clock_time_that_has_passed_today_waits_for_tomorrow() -> None:
    thursday = MONDAY + timedelta(days=3)

    plan = changed(timing(), at("16:00", thursday), at("12:00", thursday))

    assert plan is not None
    assert plan.local.date() == thursday + timedelta(days=1)
    assert time(7) <= plan.local.time() <= time(9)


# What must hold for everything

zones = st.sampled_from(ZONES).map(ZoneInfo)
starts = st.datetimes(
    datetime(2019, 1, 1),  # noqa: DTZ001 - hypothesis wants the bounds without a zone
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
weekday_sets = st.frozensets(st.integers(0, 6))
seeds = st.text(max_size=12)


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    preference = draw(st.sampled_from(list(Preference)))
    at_ = draw(st.sampled_from(CLOCK_CHOICES)) if preference is Preference.SPECIFIC_TIME else None
    anchor = draw(st.dates(date(2019, 1, 1), date(2034, 1, 1)))
    holidays = frozenset(anchor + timedelta(days=n) for n in draw(st.frozensets(st.integers(0, 40))))
    return Timing(
        preference,
        draw(zones),
        timedelta(minutes=draw(st.integers(0, 120))),
        at_,
        draw(weekday_sets),
        holidays,
    )


@settings(max_examples=400, deadline=None)
@given(settings_=timings(), start=starts, seed=seeds)
def test_no_first_message_leaves_before_the_grace_or_on_a_day_not_allowed(
    settings_: Timing, start: datetime, seed: str
) -> None:
    plan = first(settings_, start, seed)

    assert plan.instant >= start + settings_.grace
    assert settings_.days.allows(plan.local.date())
    assert plan.instant == plan.local
    assert plan == first(settings_, start, seed)


@settings(max_examples=400, deadline=None)
@given(
    settings_=timings(),
    branch=st.sampled_from(list(Branch)),
    days=st.integers(1, 60),
    previous_on=st.dates(date(2019, 1, 2), date(2034, 1, 1)),
    clock=st.times(),
    seed=seeds,
)
def test_a_later_step_leaves_on_the_first_allowed_day_and_never_leaves_that_date(
    settings_: Timing, branch: Branch, days: int, previous_on: date, clock: time, seed: str
) -> None:
    plan = later(settings_, branch, seed, days=days, previous_on=previous_on, first_clock=clock)

    assert plan.local.date() == settings_.days.next_allowed(previous_on + timedelta(days=days))
    assert plan == later(settings_, branch, seed, days=days, previous_on=previous_on, first_clock=clock)


@settings(max_examples=300, deadline=None)
@given(settings_=timings(), planned=starts, moment=starts, is_first=st.booleans(), seed=seeds)
def test_resume_never_sends_before_its_own_grace(
    settings_: Timing, planned: datetime, moment: datetime, is_first: bool, seed: str
) -> None:
    plan = replan_overdue(
        settings_,
        planned=planned,
        first=is_first,
        branch=Branch.STARTED,
        moment=moment,
        seed=seed,
        step=STEP,
    )

    left = plan.instant if plan else planned
    assert left >= moment + settings_.grace
    if plan:
        assert settings_.days.allows(plan.local.date())


@settings(max_examples=300, deadline=None)
@given(settings_=timings(), start=starts, moved=st.integers(-600, 600), seed=seeds)
def test_the_zone_a_start_is_written_in_makes_no_difference(
    settings_: Timing, start: datetime, moved: int, seed: str
) -> None:
    elsewhere = start.astimezone(ZoneInfo("Pacific/Chatham"))

    assert first(settings_, elsewhere, seed) == first(settings_, start, seed)


@settings(deadline=None)
@given(zone=zones, day=st.dates(date(2019, 1, 1), date(2034, 1, 1)), clock=st.times())
def test_a_resolved_wall_time_is_that_time_or_moved_forward_by_a_gap(
    zone: ZoneInfo, day: date, clock: time
) -> None:
    local = resolve(day, clock, zone).astimezone(zone).replace(tzinfo=None)

    assert datetime.combine(day, clock) <= local <= datetime.combine(day, clock) + timedelta(hours=1)


def test_the_draw_is_the_same_for_years() -> None:
    """Frozen values: a change here moves the minute of every message already planned and shown."""
    assert first(timing(), at("22:00"), "seed").instant == datetime(2026, 11, 24, 6, 13, 48, tzinfo=UTC)
    assert later(timing(), Branch.STARTED, "seed").instant == datetime(2026, 11, 26, 14, 54, 20, tzinfo=UTC)
    assert later(timing(), Branch.DAYTIME, "seed").instant == datetime(2026, 11, 26, 7, 1, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: timing(grace=121),
        lambda: timing(grace=-1),
        lambda: timing("specific_time"),
        lambda: timing("specific_time", at=time(9, 7)),
        lambda: timing(weekdays=frozenset({7})),
        lambda: first(timing(), datetime(2026, 1, 1)),  # noqa: DTZ001 - that is the point
        lambda: SendingHours(time(18), time(8)),
    ],
)
def test_settings_that_make_no_sense_are_refused(broken) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        broken()
