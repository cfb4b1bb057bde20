"""Parts of a bounded size: everything once, in order, and no more read than is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from foundation.batches import batches


@given(st.lists(st.integers()), st.integers(1, 9))
def test_everything_comes_once_in_order_in_full_parts_and_a_rest(things, size):
    found = list(batches(things, size))
    assert [thing for part in found for thing in part] == things
    assert all(len(part) == size for part in found[:-1])
    assert all(found)


def test_a_part_is_read_when_it_is_asked_for():
    read = []

    def things() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    assert next(batches(things(), 3)) == [0, 1, 2]
    assert read == [0, 1, 2]
