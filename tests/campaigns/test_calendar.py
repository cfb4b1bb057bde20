"""The calendar says what is really sent: its minutes beside those of a run in which weeks pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import calendar, sender_changes
from campaigns.models import Campaign, Recipient, Step
from outreach.models import Lane, Mailbox, Message
from outreach.transports.smtp import pool
from tests.campaigns import making, time_machine
from tests.outreach.making import NOW, mailbox
from tests.outreach.scripted_smtp import scripted_smtp

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("Ada", "Bea", "Cleo", "Dora", "Eva", "Fay", "Gil", "Hal")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with scripted_smtp() as server:
        yield server.port
        pool.clear()


def prepared(
    port: int,
    *names: str,
    steps: int = 3,
    days: list[int] | None = None,
    closed: dict | None = None,
    **rules,
) -> Campaign:
    """A draft on a mailbox of that server; ``rules`` are the campaign's, those of the mailbox begin with ``box_``.

    ``closed``: holidays and hours, as the organisation's settings copy them onto the lane.
    """
    made = making.campaign(*names, steps=steps)
    boxes = Mailbox.objects.for_organisation(made.organisation_id).filter(pk=made.mailbox_id)
    boxes.update(
        smtp_port=port,
        **{key.removeprefix("box_"): value for key, value in rules.items() if key.startswith("box_")},
    )
    own = {key: value for key, value in rules.items() if not key.startswith("box_")}
    Campaign.objects.for_organisation(made.organisation_id).filter(pk=made.pk).update(**own)
    lane = {key: own[key] for key in ("zone", "allowed_days", "daily_limit") if key in own} | (closed or {})
    Lane.objects.for_organisation(made.organisation_id).filter(pk=made.lane_id).update(**lane)
    for position, gap in enumerate(days or [], start=2):
        Step.objects.for_organisation(made.organisation_id).filter(campaign=made, position=position).update(
            days=gap
        )
    return making.fresh(made)


def told(made: Campaign, *, now: datetime) -> list[tuple[str, int, datetime, bool]]:
    """(first name, position, moment, about) of the calendar's messages."""
    shown = calendar.of_campaign(making.fresh(made), now=now)
    names = dict(
        Recipient.objects.for_organisation(made.organisation_id).values_list("pk", "candidate__first_name")
    )
    return [
        (names[entry.person], shown.steps[entry.stage].position, entry.at, entry.about)
        for entry in shown.messages
    ]


def test_below_every_limit_each_minute_is_exact_before_and_after_start(port):
    made = prepared(
        port, "Ada", "Bea", preference="best_time", zone="Europe/Berlin", allowed_days=[0, 1, 2, 3, 4]
    )
    before = told(made, now=NOW)
    made = making.started(made)
    after = told(made, now=NOW)
    assert before == after
    assert not any(about for *_rest, about in after)
    sent = time_machine.live(made.mailbox, made, since=NOW, until=NOW + timedelta(days=25))
    assert sorted(sent) == sorted(entry[:3] for entry in after)
    assert len(sent) == 6


def test_what_the_gap_holds_back_is_about_and_in_its_place(port):
    made = prepared(port, "Ada", "Bea", "Cleo", steps=1, box_min_gap_seconds=90, box_max_gap_seconds=90)
    made = making.started(made)
    first, *others = told(made, now=NOW)
    assert first == ("Ada", 1, NOW + timedelta(minutes=20), False)
    assert [entry[3] for entry in others] == [True, True]
    sent = time_machine.live(made.mailbox, made, since=NOW, until=NOW + timedelta(hours=2))
    assert sent == [entry[:3] for entry in (first, *others)]


def test_who_is_left_over_by_the_campaigns_limit_goes_on_the_next_day_at_the_same_clock_time(port):
    made = prepared(port, *NAMES, steps=1, daily_limit=3)
    Lane.objects.for_organisation(made.organisation_id).filter(pk=made.lane_id).update(daily_limit=3)
    made = making.started(made)
    entries = told(made, now=NOW)
    sent = time_machine.live(made.mailbox, made, since=NOW, until=NOW + timedelta(days=5))
    assert sorted(sent) == sorted(entry[:3] for entry in entries)
    assert [moment for *_who, moment in sent] == [
        NOW + timedelta(days=day, minutes=20) for day in (0, 0, 0, 1, 1, 1, 2, 2)
    ]


def test_whom_the_limit_leaves_over_just_before_midnight_waits_for_the_same_clock_time(port):
    start = datetime(2026, 5, 12, 13, 2, tzinfo=UTC)  # 23:32 on Lord Howe: the third would follow at 00:06
    made = prepared(
        port, *NAMES[:6], steps=1, zone="Australia/Lord_Howe", daily_limit=2, box_min_gap_seconds=420,
        box_max_gap_seconds=420,
    )  # fmt: skip
    made = making.started(made, now=start)
    entries = told(made, now=start)
    sent = time_machine.live(made.mailbox, made, since=start, until=start + timedelta(days=5))
    assert [moment for *_who, moment in sent] == [
        start + timedelta(days=day, minutes=minutes) for day in (0, 1, 2) for minutes in (20, 27)
    ]
    assert Counter(moment for *_who, moment in sent) == Counter(entry[2] for entry in entries)


def test_steps_with_another_sender_stand_in_that_mailboxs_line(port):
    made = prepared(port, "Ada", "Bea", "Cleo", steps=3, days=[2, 2])
    theirs = mailbox(made.owner, port=port, daily_limit=1)
    second = Step.objects.for_organisation(made.organisation_id).get(campaign=made, position=2)
    sender_changes.change(
        campaign=made, mailbox=made.mailbox, steps={second.pk: theirs}, actor=made.owner, now=NOW
    )
    made = making.started(making.fresh(made))
    entries = told(made, now=NOW)
    assert [entry[3] for entry in entries if entry[1] == 1] == [False] * 3, "its own mailbox has no limit"
    assert [entry[3] for entry in entries if entry[1] == 2] == [False, True, True], "one a day"
    sent = time_machine.live(made.mailbox, made, since=NOW, until=NOW + timedelta(days=20), also=(theirs,))
    assert sorted(sent) == sorted(entry[:3] for entry in entries)
    from_theirs = Message.objects.for_organisation(made.organisation_id).filter(mailbox=theirs)
    assert {message.attempt.step_id for message in from_theirs} == {second.pk}


@st.composite
def worlds(draw: st.DrawFn) -> dict:
    preference = draw(st.sampled_from(["when_started", "best_time", "specific_time"]))
    gap = draw(st.sampled_from([0, 60, 420]))
    return {
        "names": NAMES[: draw(st.integers(1, 8))],
        "days": [draw(st.integers(1, 5)), draw(st.integers(1, 5))],
        "preference": preference,
        "specific_time": time(draw(st.integers(0, 23)), 30) if preference == "specific_time" else None,
        "zone": draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])),
        "allowed_days": draw(st.sampled_from([[], [0, 1, 2, 3, 4], [1], [5, 6]])),
        "daily_limit": draw(st.sampled_from([None, None, 2, 5])),
        "box_daily_limit": draw(st.sampled_from([0, 0, 3, 6])),
        "box_min_gap_seconds": gap,
        "box_max_gap_seconds": gap,
        "obeys_holidays": draw(st.booleans()),
        "closed": {
            "holidays": [
                NOW.date() + timedelta(days=day) for day in draw(st.sets(st.integers(0, 20), max_size=4))
            ],
            **draw(st.sampled_from([{}, {"opens": time(8), "closes": time(18)}])),
        },
        "start": NOW + timedelta(minutes=draw(st.integers(0, 7 * 24 * 60))),
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_calendar_of_any_campaign_is_what_is_sent(port, world):
    start = world.pop("start")
    if not world["obeys_holidays"]:
        world["closed"]["holidays"] = []
    made = prepared(port, *world.pop("names"), **world)
    made = making.started(made, now=start)
    entries = told(made, now=start)
    sent = time_machine.live(made.mailbox, made, since=start, until=start + timedelta(days=calendar.DAYS))
    real = {(name, step): moment for name, step, moment in sent}
    for name, step, moment, about in entries:
        if not about:
            assert real[name, step] == moment
    # Whose turn it is among those who wait is the same too: the gap of these mailboxes is one number.
    assert Counter(moment for *_who, moment in sent) == Counter(moment for *_who, moment, _about in entries)
