from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from publishing.states import PATIENCE, next_try

START = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)


def test_an_event_is_tried_for_three_days_and_once_when_they_are_over() -> None:
    now, tries = START, 0
    due: datetime.datetime | None = START
    while due is not None:
        now, tries = due, tries + 1
        due = next_try(failures=tries, now=now, give_up_at=START + PATIENCE)
    assert now == START + PATIENCE
    assert 10 <= tries <= 20


@given(st.integers(1, 10_000), st.integers(0, 300_000))
def test_the_next_try_is_later_and_never_beyond_the_end(failures: int, seconds: int) -> None:
    now = START + datetime.timedelta(seconds=seconds)
    due = next_try(failures=failures, now=now, give_up_at=START + PATIENCE)
    if now < START + PATIENCE:
        assert due is not None
        assert now < due <= START + PATIENCE
    else:
        assert due is None
