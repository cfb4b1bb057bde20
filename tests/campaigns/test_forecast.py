"""The simulation of a mailbox's capacity: it obeys every limit, forgets nobody and repeats nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.forecast import Planned, Rules, Sender, Stage, Waiting, forecast
from campaigns.timing import Branch, Preference, Timing
from outreach.outbox.limits import WINDOW, MailboxLimits
from outreach.sending_days import SendingHours

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=30)
BERLIN = ZoneInfo("Europe/Berlin")


def rules(*days: int, manual: tuple[int, ...] = (), **more) -> Rules:
    stages = [Stage(f"s{number}", gap, number in manual) for number, gap in enumerate((0, *days))]
    return Rules(Timing(Preference.WHEN_STARTED, BERLIN), stages, **more)


def waiting(person: int, *, minutes: int = 20, campaign: int = 1, stage: int = 0, weight: int = 1) -> Waiting:
    planned = NOW + timedelta(minutes=minutes)
    clock = planned.astimezone(BERLIN).time()
    return Waiting(person, campaign, stage, planned, f"seed{person}", Branch.STARTED, clock, weight)


def sender(*, daily: int | None = None, gap: int = 0, begun: tuple[datetime, ...] = ()) -> Sender:
    pause = timedelta(seconds=gap)
    return Sender(MailboxLimits(daily=daily, gap=(pause, pause)), NOW, begun)


def told(box: Sender, of: Rules | dict[int, Rules], *people: Waiting) -> list[Planned]:
    return forecast({0: box}, of if isinstance(of, dict) else {1: of}, people, now=NOW, until=UNTIL)


def test_a_later_step_goes_before_a_first_one_and_campaigns_take_turns():
    both = {1: rules(3), 2: rules(3)}
    found = told(
        sender(gap=60),
        both,
        waiting(1),
        waiting(2),
        waiting(3, campaign=2),
        waiting(4, stage=1),
    )
    assert [entry.person for entry in found[:4]] == [4, 3, 1, 2]


def test_what_left_in_the_last_day_takes_room_until_it_is_a_day_old():
    (entry,) = told(sender(daily=1, begun=(NOW - timedelta(hours=1),)), rules(), waiting(1))
    assert (entry.at, entry.about) == (NOW + timedelta(hours=23), True)


def test_a_manual_task_needs_no_mailbox_and_leaves_what_follows_uncertain():
    call, mail = told(sender(daily=1, begun=(NOW,)), rules(2, manual=(0,)), waiting(1))
    assert (call.manual, call.at, call.about) == (True, NOW + timedelta(minutes=20), False)
    assert (mail.manual, mail.about) == (False, True)
    assert mail.at.date() == (NOW + timedelta(days=2)).date()


def test_an_overdue_task_is_taken_as_done_now():
    call, mail = told(sender(), rules(2, manual=(0,)), waiting(1, minutes=-3_000))
    assert call.at == NOW
    assert mail.at.date() == (NOW + timedelta(days=2)).date()


def test_a_task_of_the_same_day_is_due_when_the_step_before_it_has_left():
    mail, call = told(sender(), rules(0, manual=(1,)), waiting(1))
    assert call.at == mail.at


def test_a_closed_hour_moves_what_misses_it_to_the_opening():
    late = waiting(1, minutes=10 * 60)
    (entry,) = told(sender(), rules(hours=SendingHours(time(8), time(18))), late)
    assert entry.at.astimezone(BERLIN).strftime("%d %H:%M") == "13 08:00"
    assert not entry.about


@st.composite
def worlds(draw: st.DrawFn):
    campaigns = {
        key: rules(
            *draw(st.lists(st.integers(1, 6), max_size=3)),
            daily_limit=draw(st.sampled_from([None, 1, 3, 10])),
        )
        for key in (1, 2)
    }
    people = [
        waiting(
            person,
            minutes=draw(st.integers(0, 3_000)),
            campaign=draw(st.sampled_from([1, 2])),
            weight=draw(st.sampled_from([1, 1, 4])),
        )
        for person in range(draw(st.integers(0, 30)))
    ]
    box = sender(
        daily=draw(st.sampled_from([None, 1, 5, 40])),
        gap=draw(st.sampled_from([0, 30, 600])),
        begun=tuple(NOW - timedelta(hours=hours) for hours in range(draw(st.integers(0, 20)), 0, -1)),
    )
    return box, campaigns, people


def mailbox_is_kept(box: Sender, found: list[Planned]) -> None:
    """Neither its gap nor its 24 hours were passed by what left it."""
    moments = [entry.at + number * box.limits.gap[0] for entry in found for number in range(entry.weight)]
    assert moments == sorted(moments)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap >= box.limits.gap[0] for gap in gaps)
    if box.limits.daily is not None:
        began = [*box.begun, *moments]
        assert all(
            later - earlier >= WINDOW
            for earlier, later in zip(began, began[box.limits.daily :], strict=False)
            if later >= NOW and later not in box.begun
        )


def days_are_kept(campaigns: dict[int, Rules], found: list[Planned]) -> None:
    """No campaign sent more on a day than it may."""
    days = Counter()
    for entry in found:
        days[entry.campaign, entry.at.astimezone(BERLIN).date()] += entry.weight
    for (campaign, _day), count in days.items():
        limit = campaigns[campaign].daily_limit
        assert limit is None or count <= limit


@settings(max_examples=100, deadline=None)
@given(world=worlds(), daily=st.sampled_from([None, 1, 5]), gap=st.sampled_from([0, 30, 600]))
def test_each_of_several_mailboxes_keeps_its_own_limits_and_the_campaigns_share_theirs(world, daily, gap):
    box, campaigns, people = world
    second = sender(daily=daily, gap=gap)
    split = {
        key: replace(
            each, stages=[replace(stage, sender=number % 2) for number, stage in enumerate(each.stages)]
        )
        for key, each in campaigns.items()
    }
    found = forecast({0: box, 1: second}, split, people, now=NOW, until=UNTIL)
    mailbox_is_kept(box, [entry for entry in found if entry.stage % 2 == 0])
    mailbox_is_kept(second, [entry for entry in found if entry.stage % 2])
    days_are_kept(split, found)
    if box.limits.daily is None and all(each.daily_limit is None for each in campaigns.values()):
        assert {entry.person for entry in found if entry.stage == 0} == {each.person for each in people}


def test_a_full_mailbox_holds_back_only_the_steps_it_sends():
    two = rules(1, 1)
    two = replace(two, stages=[replace(stage, sender=number == 1) for number, stage in enumerate(two.stages)])
    found = forecast(
        {0: sender(), 1: sender(daily=1)},
        {1: two},
        [waiting(person) for person in range(3)],
        now=NOW,
        until=UNTIL,
    )
    by_stage = defaultdict(list)
    for entry in found:
        by_stage[entry.stage].append((entry.at - NOW).days)
    assert by_stage[0] == [0, 0, 0]
    assert len(set(by_stage[1])) == 3
    assert [later - earlier for earlier, later in zip(by_stage[1], by_stage[2], strict=True)] == [1, 1, 1]


@settings(max_examples=200, deadline=None)
@given(world=worlds())
def test_no_limit_is_passed_nobody_is_forgotten_and_nothing_comes_twice(world):
    box, campaigns, people = world
    found = told(box, campaigns, *people)
    mailbox_is_kept(box, found)
    days_are_kept(campaigns, found)

    sent: dict[tuple[int, int], int] = defaultdict(int)
    for entry in found:
        sent[entry.person, entry.stage] += entry.weight
        assert entry.at <= UNTIL
    weights = {each.person: each.weight for each in people}
    assert all(count <= weights[person] for (person, _stage), count in sent.items())
    if box.limits.daily is None and all(each.daily_limit is None for each in campaigns.values()):
        assert all(sent[each.person, 0] == each.weight for each in people)


@settings(max_examples=100, deadline=None)
@given(world=worlds())
def test_an_exact_minute_is_the_planned_one(world):
    box, campaigns, people = world
    planned = {each.person: each.planned for each in people}
    for entry in told(box, campaigns, *people):
        if not entry.about and entry.stage == 0:
            assert entry.at == planned[entry.person]
        if entry.weight > 1:
            assert entry.about
