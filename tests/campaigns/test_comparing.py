"""When one text may be called better than another: seldom wrong however often it is asked, and honest until then."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.comparing import LEAST_PEOPLE, MISTAKES, Tried, compare, evidence, wilson


def looked_at_daily(
    rates: dict[str, float], *, days: int, a_day: int, chance: random.Random
) -> tuple[str, int]:
    """The first answer of somebody who looks every day, and after how many days; "" without one."""
    people, replied = dict.fromkeys(rates, 0), dict.fromkeys(rates, 0)
    for day in range(1, days + 1):
        for _ in range(a_day):
            key = chance.choice(list(rates))
            people[key] += 1
            replied[key] += chance.random() < rates[key]
        found = compare([Tried(key, people[key], replied[key]) for key in rates])
        if found.best:
            return found.best, day
    return "", days


@pytest.mark.parametrize("keys", ["AB", "ABCD"])
def test_equal_texts_are_seldom_called_different_by_somebody_who_looks_every_day(keys):
    chance = random.Random(20260512)
    wrong = sum(
        bool(looked_at_daily(dict.fromkeys(keys, 0.12), days=60, a_day=30, chance=chance)[0])
        for _ in range(300)
    )
    assert wrong <= 300 * MISTAKES


def test_a_text_that_doubles_the_replies_is_found_and_never_the_other_one():
    chance = random.Random(7)
    found = [looked_at_daily({"A": 0.1, "B": 0.2}, days=80, a_day=30, chance=chance) for _ in range(60)]
    assert {best for best, _ in found} == {"B"}
    assert sorted(days for _, days in found)[30] * 30 < 1_000


def test_below_the_least_number_of_people_it_says_nothing_whatever_the_replies():
    answer = compare([Tried("A", LEAST_PEOPLE - 1, 0), Tried("B", LEAST_PEOPLE - 1, LEAST_PEOPLE - 1)])
    assert (answer.best, answer.needs) == ("", 1)
    assert "at least 50 people" in answer.text


def test_it_says_how_many_more_people_it_would_take():
    now = compare([Tried("A", 200, 20), Tried("B", 200, 32)])
    assert now.best == ""
    assert now.needs is not None
    assert f"about {now.needs:,} more people each" in now.text
    factor = (200 + now.needs) / 200
    later = [
        Tried("A", round(200 * factor), round(20 * factor)),
        Tried("B", round(200 * factor), round(32 * factor)),
    ]
    assert compare(later).best == "B"


def test_texts_without_a_difference_or_without_a_reply_say_so():
    for replied in (0, 30):
        answer = compare([Tried("A", 300, replied), Tried("B", 300, replied)])
        assert (answer.best, answer.needs) == ("", None)
        assert "about as many replies" in answer.text


def test_one_text_alone_is_compared_with_nothing():
    assert compare([Tried("A", 900, 90)]).best == ""
    assert compare([]).best == ""


def test_of_three_texts_the_best_has_to_beat_both():
    tied = [Tried("A", 2_000, 100), Tried("B", 2_000, 400), Tried("C", 2_000, 395)]
    assert compare(tied).best == ""
    clear = [Tried("A", 2_000, 100), Tried("B", 2_000, 400), Tried("C", 2_000, 200)]
    assert compare(clear).best == "B"


TRIED = st.integers(1, 100_000).flatmap(lambda people: st.tuples(st.just(people), st.integers(0, people)))


@given(first=TRIED, second=TRIED)
def test_the_order_in_which_they_are_named_changes_nothing(first, second):
    one, other = Tried("A", *first), Tried("B", *second)
    assert evidence(one, other) == pytest.approx(evidence(other, one), rel=1e-9, abs=1e-6)
    assert compare([one, other]) == compare([other, one])


@given(tried=TRIED)
def test_wilsons_interval_holds_the_rate_and_stays_between_nothing_and_everything(tried):
    people, replied = tried
    low, high = wilson(replied, people)
    assert 0 <= low <= replied / people + 1e-12
    assert replied / people - 1e-12 <= high <= 1


def test_wilsons_interval_is_the_published_one():
    # Newcombe 1998, Statistics in Medicine 17, 857–872, table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
