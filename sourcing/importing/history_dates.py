"""Dates of positions and schools, as exact as the file has them: ``2019``, ``2019-04``, ``2019-04-01``. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from sourcing.search.tokens import fold

_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*)?")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})")
_NAMED = re.compile(r"(?:(\d{1,2})\.? )?([a-z]{3,})\.? (?:(\d{1,2})(?:st|nd|rd|th)?,? )?(\d{4})")
_OPEN = frozenset(
    (
        "present",
        "now",
        "current",
        "currently",
        "today",
        "ongoing",
        "heute",
        "aujourd'hui",
        "actual",
        "-",
        "–",
        "—",
    )
)
_NAMES = (
    "jan janv ene gen",
    "feb fev febr fevr",
    "mar maerz marz mrz mars",
    "apr avr abr",
    "may mai mag",
    "jun juin giu",
    "jul juil lug",
    "aug aout ago",
    "sep sept set",
    "oct okt ott",
    "nov",
    "dec dez dic",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}


@lru_cache(maxsize=8_192)
def history_date(text: str) -> str | None:
    """``"Apr 2019"``, ``"04/2019"``, ``"1 April 2019"``, ``"2019-04-01"`` in their own exactness; empty for "present".

    None for what is no date. Of a day and month whose order cannot be told (``3/4/2019``) only the year is kept.
    """
    folded = " ".join(fold(text).replace(",", ", ").split()).replace(" ,", ",")
    if not folded or folded in _OPEN:
        return ""
    if found := _ISO.fullmatch(folded):
        return _made(found[1], found[2], found[3])
    if found := _MONTH_YEAR.fullmatch(folded):
        return _made(found[2], found[1], None)
    if found := _DAY_MONTH_YEAR.fullmatch(folded):
        return _ordered(int(found[1]), int(found[3]), found[4], dotted=found[2] == ".")
    if found := _NAMED.fullmatch(folded):
        month = next((number for name, number in _MONTHS.items() if found[2].startswith(name)), 0)
        return _made(found[4], str(month), found[1] or found[3]) if month else None
    return None


def _ordered(first: int, second: int, year: str, *, dotted: bool) -> str | None:
    if dotted or first > 12:  # 01.04.2019 is written by people who put the day first
        return _made(year, str(second), str(first))
    if second > 12:
        return _made(year, str(first), str(second))
    return _made(year, str(first), str(second)) if first == second else _made(year, None, None)


def _made(year: str, month: str | None, day: str | None) -> str | None:
    if not 1900 <= int(year) <= 2100 or not 1 <= int(month or 1) <= 12 or not 1 <= int(day or 1) <= 31:
        return None
    return "-".join([year, *(f"{int(part):02d}" for part in (month, day) if part)])
