"""UIDs of large folders in small answers."""

from __future__ import annotations

import random
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound import uids


class Folder:
    """The UIDs of an open folder; ``expunges`` are positions that go, one before each question."""

    def __init__(self, present: list[int], expunges: int = 0, seed: int = 0) -> None:
        self.present, self.expunges, self.draw, self.longest = (
            sorted(present),
            expunges,
            random.Random(seed),
            0,
        )

    def ask(self, question) -> list[str]:
        return question(SimpleNamespace(uids=self.search))

    def search(self, criteria: str) -> list[str]:
        if self.expunges and self.present:
            self.expunges -= 1
            self.present.pop(self.draw.randrange(len(self.present)))
        numbers, _, rest = criteria.partition(" ")
        assert rest == "ALL"
        first, _, last = numbers.partition(":")
        found = self.present[int(first) - 1 : None if last == "*" else int(last)]
        self.longest = max(self.longest, len(found))
        return [str(uid) for uid in found]


def test_a_folder_of_half_a_million_is_never_asked_for_more_than_imaplib_can_read() -> None:
    folder = Folder(list(range(3_000_000_000, 3_000_500_000)))
    found = [len(each) for each in uids.downwards(folder.ask, total=500_000, criteria="ALL")]
    assert sum(found) == 500_000
    assert folder.longest * 11 < 1_000_000


@given(st.sets(st.integers(1, 10_000), max_size=200), st.integers(0, 60), st.integers(), st.integers(1, 40))
def test_whatever_is_deleted_meanwhile_no_mail_that_stays_is_passed_over(
    present, expunges, seed, size
) -> None:
    folder = Folder(list(present), expunges, seed)
    before, uids.RANGE = uids.RANGE, size
    try:
        lists = list(uids.downwards(folder.ask, total=len(present), criteria="ALL"))
    finally:
        uids.RANGE = before
    found = [uid for each in lists for uid in each]
    assert found == sorted(set(found), reverse=True)
    assert set(folder.present) <= set(found) <= present


@given(st.sets(st.integers(1, 500)))
def test_a_set_of_numbers_names_exactly_these(numbers) -> None:
    written = uids.as_set(list(numbers))
    named = set()
    for part in filter(None, written.split(",")):
        first, _, last = part.partition(":")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == numbers


def test_neighbours_are_written_as_one() -> None:
    assert uids.as_set([7, 5, 6, 11]) == "5:7,11"
