"""Spans of time as résumés write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sourcing.resumes.vocabulary import MONTHS, PRESENT, fold

_MONTH = r"[^\W\d_]{3,10}\.?"
_YEAR = r"(?:19|20)\d\d"
_POINT = (
    rf"(?:(?:0?[1-9]|1[0-2])\s?[./\-]\s?{_YEAR}|{_YEAR}\s?[./\-]\s?(?:0[1-9]|1[0-2])(?!\d)"
    rf"|{_MONTH}\s(?:de\s)?{_YEAR}|{_YEAR})"
)
_NOW = "|".join(re.escape(word) for word in sorted(PRESENT, key=len, reverse=True))
_BETWEEN = (
    r"\s*(?:-|–|—|−|/|\bto\b|\buntil\b|\bbis\b|\bà\b|\bau\b|\ba\b|\bal\b|\bhasta\b)\s*"
    r"(?:\b(?:l'|la|el|the|ce)\s*)?"
)
_SPAN = re.compile(
    rf"(?:\b(?:from|since|seit|ab|von|depuis|de|desde|du)\s+)?(?<![\w@/.])({_POINT}){_BETWEEN}({_POINT}|{_NOW})(?!\w)",
    re.IGNORECASE,
)
_SINCE = re.compile(rf"\b(?:since|seit|depuis|desde)\s+({_POINT})(?!\w)", re.IGNORECASE)
_SINGLE = re.compile(rf"(?<![\w@/.])({_POINT})(?![\w/])", re.IGNORECASE)
_YEAR_IN = re.compile(_YEAR)


@dataclass(frozen=True)
class Span:
    """``started`` and ``ended`` as ``2019`` or ``2019-04``, empty when not said (an open end is empty too); where it
    stands in the line."""

    started: str
    ended: str
    begin: int
    end: int


def span_in(line: str, *, single: bool = False) -> Span | None:
    """The first span of time of a line; with ``single`` a lone date counts, as the end."""
    line = line[:500]
    for found in _SPAN.finditer(line):
        started, ended = _point(found[1]), _point(found[2])
        if started and (ended or fold(found[2]) in _FOLDED_NOW):
            return Span(started, ended, found.start(), found.end())
    if since := _SINCE.search(line):
        started = _point(since[1])
        if started:
            return Span(started, "", since.start(), since.end())
    if single:
        for found in _SINGLE.finditer(line):
            if point := _point(found[1]):
                return Span("", point, found.start(), found.end())
    return None


_FOLDED_NOW = frozenset(fold(word) for word in PRESENT)


def _point(text: str) -> str:
    """``04/2019``, ``April 2019``, ``2019-04`` → ``2019-04``; ``2019`` stays; empty for a word that is no month."""
    year = _YEAR_IN.search(text)
    if year is None:
        return ""
    rest = text[: year.start()] + " " + text[year.end() :]
    word = re.search(r"[^\W\d_]{3,}", rest)
    if word is not None:
        month = MONTHS.get(fold(word[0]))
        return f"{year[0]}-{month:02}" if month else ""
    number = re.search(r"\d{1,2}", rest)
    return f"{year[0]}-{int(number[0]):02}" if number else year[0]
