"""Which variant a person gets: by share, always the same, and moved by nothing but its own share."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.drawing import draw

SHARES = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 100), min_size=1).filter(
    lambda shares: sum(shares.values()) > 0
)
PEOPLE = range(1_000)


def drawn(shares: dict[str, int], *, step: int = 7, people=PEOPLE) -> dict[int, str]:
    return {person: draw(shares, recipient_id=person, step_id=step, seed=f"s{person}") for person in people}


@settings(max_examples=60, deadline=None)
@given(shares=SHARES, step=st.integers(1, 2**62))
def test_everybody_gets_a_variant_that_is_on_as_often_as_its_share_says(shares, step):
    found = list(drawn(shares, step=step).values())
    total = sum(shares.values())
    for key, share in shares.items():
        expected = share / total
        # Five standard deviations: one failure in a million draws.
        slack = 5 * math.sqrt(expected * (1 - expected) * len(found))
        assert abs(found.count(key) - expected * len(found)) <= slack


@given(shares=SHARES, person=st.integers(1, 2**62), step=st.integers(1, 2**62), seed=st.text(max_size=40))
def test_it_is_the_same_whenever_it_is_asked_and_in_whatever_order_the_variants_stand(
    shares, person, step, seed
):
    who = {"recipient_id": person, "step_id": step, "seed": seed}
    first = draw(shares, **who)
    assert draw(dict(reversed(shares.items())), **who) == first
    assert shares[first] > 0


@settings(max_examples=60, deadline=None)
@given(shares=SHARES, key=st.sampled_from("ABCDE"), more=st.integers(1, 100))
def test_a_greater_share_moves_people_only_into_that_variant(shares, key, more):
    before, after = drawn(shares), drawn({**shares, key: shares.get(key, 0) + more})
    assert {after[person] for person in PEOPLE if after[person] != before[person]} <= {key}


def test_switching_one_off_moves_only_its_own_people():
    before, after = drawn({"A": 40, "B": 30, "C": 30}), drawn({"A": 40, "B": 30, "C": 0})
    assert all(after[person] == before[person] for person in PEOPLE if before[person] != "C")


def test_two_steps_draw_independently_of_each_other():
    one, two = drawn({"A": 50, "B": 50}, step=1), drawn({"A": 50, "B": 50}, step=2)
    same = sum(one[person] == two[person] for person in PEOPLE)
    assert 420 < same < 580


def test_without_any_share_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="no variant"):
        draw({"A": 0}, recipient_id=1, step_id=1, seed="")
