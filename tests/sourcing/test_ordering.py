from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sourcing.ordering import places

finite = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


@given(above=st.none() | finite, below=st.none() | finite, count=st.integers(1, 50))
def test_places_ascend_strictly_between_their_neighbours_or_there_is_no_room(above, below, count):
    if above is not None and below is not None and above >= below:
        above, below = below - 1, below
    found = places(above, below, count)
    if found is None:
        return
    line = [*([above] if above is not None else []), *found, *([below] if below is not None else [])]
    assert len(found) == count
    assert all(first < second for first, second in pairwise(line))


def test_an_empty_list_begins_at_nought():
    assert places(None, None, 3) == [0.0, 1.0, 2.0]


def test_one_between_two_stands_in_the_middle():
    assert places(1.0, 2.0, 1) == [1.5]


def test_neighbours_that_touch_leave_no_room():
    assert places(1.0, 1.0000000000000002, 1) is None


def test_halving_the_same_gap_runs_out_in_the_end():
    below, halvings = 1.0, 0
    while (found := places(0.9999999, below, 1)) is not None:
        below, halvings = found[0], halvings + 1
    assert halvings > 20
