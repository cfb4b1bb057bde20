from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search import years

TODAY = datetime.date(2024, 7, 1)


@pytest.mark.parametrize(
    ("positions", "worked"),
    [
        ([("2020-07", "")], 4),
        ([("2020", "2021")], 2),
        ([("2022-01", ""), ("2018-01", "2022-01")], 6),
        ([("2018-01", "2022-01"), ("2019-01", "2021-01")], 4),
        ([("2022-01", ""), ("2018-01", "")], 6),
        ([("2022-01-15", "2023-01-15")], 1),
        ([("", ""), ("soon", "later")], None),
        ([("2030", "")], None),
        ([], None),
        ([("1900", "")], 60),
    ],
)
def test_times_at_once_count_once_and_the_newest_lasts_until_today(
    positions: list[tuple[str, str]], worked: int | None
) -> None:
    assert years.of(positions, TODAY) == worked


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
def test_no_date_of_any_source_breaks_it(positions: list[tuple[str, str]]) -> None:
    assert years.of(positions, TODAY) in {None, *range(years.MOST + 1)}
