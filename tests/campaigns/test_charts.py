"""Bars of a drawing: nothing is lost, nothing lies outside, and few enough to be told apart."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns import charts

FIRST = date(2026, 1, 1)
figures = st.dictionaries(
    st.integers(0, 900).map(lambda days: FIRST + timedelta(days=days)),
    st.tuples(st.integers(0, 10_000), st.integers(0, 50)),
    min_size=1,
    max_size=60,
)


@given(figures)
def test_every_figure_is_in_exactly_one_bar_and_every_bar_inside_the_drawing(days):
    chart = charts.draw(days, first=min(days), last=max(days), series=2)
    for series in (0, 1):
        assert sum(bar.period.values[series] for bar in chart.bars) == sum(
            each[series] for each in days.values()
        )
    assert len(chart.bars) <= charts.MOST_BARS
    assert chart.most == max(bar.period.total for bar in chart.bars)
    following = zip(chart.bars, chart.bars[1:], strict=False)
    assert all(
        b.period.first - a.period.last == timedelta(days=1) and a.x + a.width <= b.x for a, b in following
    )
    for bar in chart.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= chart.width + 0.01
        assert all(piece.height > 0 and piece.y >= -0.01 for piece in bar.pieces)
        height = sum(piece.height for piece in bar.pieces)
        assert abs(height - chart.height * bar.period.total / (chart.most or 1)) < 0.05


def test_a_month_is_drawn_by_days_a_quarter_by_weeks_and_two_years_by_months():
    assert charts.unit_of(FIRST, FIRST) == "day"
    assert charts.unit_of(FIRST, FIRST + timedelta(days=29)) == "day"
    assert charts.unit_of(FIRST, FIRST + timedelta(days=90)) == "week"
    assert charts.unit_of(FIRST, FIRST + timedelta(days=364)) == "month"


def test_a_period_without_anything_is_an_empty_bar():
    chart = charts.draw({FIRST: (3,)}, first=FIRST, last=FIRST + timedelta(days=6), series=1)
    assert [bar.period.total for bar in chart.bars] == [3, 0, 0, 0, 0, 0, 0]
    assert chart.bars[1].pieces == ()
    assert charts.draw({}, first=FIRST, last=FIRST, series=1).most == 0
