"""Figures over time as the rectangles of a drawing. Pure; the templates write them as SVG.

Everything is measured in the drawing's own units from the top left; the picture scales with the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sourcing.bars import Placed

WIDTH, HEIGHT = 720, 160
#: Most bars that can still be told apart.
MOST_BARS = 45
#: Of a bar's place, what stays free beside it.
_GAP = 0.18


@dataclass(frozen=True)
class Period:
    """Consecutive days that share a bar, with their sums per series."""

    first: date
    last: date
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """All series together."""
        return sum(self.values)


@dataclass(frozen=True)
class Rectangle:
    """One piece of a bar; ``series`` is its place among the series."""

    series: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar(Placed):
    """One period: pieces stacked from the bottom, in the order of the series. ``label`` is empty where names would
    run into each other."""

    period: Period
    pieces: tuple[Rectangle, ...]
    label: str

    @property
    def top(self) -> float:
        """Where the bar ends above."""
        return min((piece.y for piece in self.pieces), default=float(HEIGHT))


@dataclass(frozen=True)
class Chart:
    """Bars and what they are made of: ``unit`` is day, week or month, ``most`` the highest bar's figure."""

    bars: tuple[Bar, ...]
    unit: str
    most: int
    width: int = WIDTH
    height: int = HEIGHT


def unit_of(first: date, last: date) -> str:
    """Days, weeks or months: the finest that needs no more than :data:`MOST_BARS` bars; months beyond."""
    if (last - first).days < MOST_BARS:
        return "day"
    # A week that is only begun has a bar of its own.
    weeks = (last - begin_of(first, "week")).days // 7 + 1
    return "week" if weeks <= MOST_BARS else "month"


def begin_of(day: date, unit: str) -> date:
    """The first day of the period ``day`` lies in; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def next_of(begin: date, unit: str) -> date:
    """The first day of the period after the one that begins then."""
    if unit == "month":
        return (begin + timedelta(days=31)).replace(day=1)
    return begin + timedelta(days=7 if unit == "week" else 1)


def periods(days: Mapping[date, Sequence[int]], *, first: date, last: date, series: int) -> list[Period]:
    """Every period from ``first`` to ``last``, empty ones too; days outside are left out."""
    unit = unit_of(first, last)
    sums: dict[date, list[int]] = {}
    begin = begin_of(first, unit)
    while begin <= last:
        sums[begin] = [0] * series
        begin = next_of(begin, unit)
    for day, values in days.items():
        if first <= day <= last:
            found = sums[begin_of(day, unit)]
            for place, value in enumerate(values):
                found[place] += value
    return [
        Period(max(begin, first), min(next_of(begin, unit) - timedelta(days=1), last), tuple(values))
        for begin, values in sums.items()
    ]


def draw(days: Mapping[date, Sequence[int]], *, first: date, last: date, series: int) -> Chart:
    """Stacked bars, the oldest on the left; the highest one fills the drawing."""
    found = periods(days, first=first, last=last, series=series)
    most = max((period.total for period in found), default=0)
    place = WIDTH / len(found)
    width = min(place * (1 - _GAP), 48.0)
    unit = unit_of(first, last)
    every = max(1, -(-len(found) // 12))
    bars = [
        Bar(
            period=period,
            x=round(number * place + (place - width) / 2, 2),
            width=round(width, 2),
            pieces=_pieces(period.values, most),
            label=_label(period.first, unit) if number % every == 0 else "",
        )
        for number, period in enumerate(found)
    ]
    return Chart(tuple(bars), unit, most)


def _pieces(values: Sequence[int], most: int) -> tuple[Rectangle, ...]:
    pieces, below = [], 0.0
    for series, value in enumerate(values):
        if value:
            height = HEIGHT * value / most
            pieces.append(Rectangle(series, round(HEIGHT - below - height, 2), round(height, 2)))
            below += height
    return tuple(pieces)


def _label(begin: date, unit: str) -> str:
    return f"{begin:%b %y}" if unit == "month" else f"{begin.day} {begin:%b}"
