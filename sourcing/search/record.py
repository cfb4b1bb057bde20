"""Everything search knows about one person, and what follows from it: words, filter values, years. Pure.

``search.index`` reads records and writes what this module says; the tests and the bench compare both with brute force.
No e-mail address, telephone number or other contact point ever stands in a record.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sourcing.search import years
from sourcing.search.tokens import fold

#: Filter values that need no dictionary. Years of experience n is ``YEARS - n``.
HAS_EMAIL, HAS_PHONE = -1, -2
YEARS = -1_000
#: A text of an own field longer than this is searched by words and is no filter value.
MAX_VALUE = 80

_LONG_AGO = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Value:
    """One filter value: its kind, the words people see, what equality means, and its number if it has one."""

    kind: str
    value: str
    folded: str
    number: float | None = None


@dataclass
class Record:
    """One person as search sees them. ``experience`` is ``(title, company, started, ended)``, the newest first;
    ``education`` ``(school, degree, field)``; ``texts`` ``(field or scope, text)`` of other tables."""

    candidate_id: int
    organisation_id: int
    first_name: str = ""
    last_name: str = ""
    headline: str = ""
    title: str = ""
    company: str = ""
    location: str = ""
    summary: str = ""
    source: str = ""
    skills: Sequence[str] = ()
    tags: Sequence[str] = ()
    created_by: int | None = None
    owner: int | None = None
    created_at: datetime.datetime = _LONG_AGO
    updated_at: datetime.datetime = _LONG_AGO
    contacted_at: datetime.datetime | None = None
    place_id: int | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    experience: list[tuple[str, str, str, str]] = field(default_factory=list)
    education: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    has_email: bool = False
    has_phone: bool = False

    @property
    def last_activity(self) -> datetime.datetime:
        """The latest of made, changed, contacted."""
        return max(moment for moment in (self.created_at, self.updated_at, self.contacted_at) if moment)

    @property
    def sort_name(self) -> str:
        """Folded "last first"."""
        return fold(f"{self.last_name} {self.first_name}".strip())[:300]


def fields(record: Record) -> Iterator[tuple[str, str]]:
    """The ``(field, text)`` pairs of the document, the most telling first."""
    yield from first_fields(record)
    yield from further_fields(record)


def first_fields(record: Record) -> Iterator[tuple[str, str]]:
    """Those of :func:`fields` that come first, and from the person's own row."""
    yield "name", f"{record.first_name} {record.last_name}".strip()
    yield "title", record.title
    yield "company", record.company
    yield "location", record.location
    yield "", record.headline
    for skill in record.skills:
        yield "skill", skill
    for tag in record.tags:
        yield "tag", tag


def further_fields(record: Record) -> Iterator[tuple[str, str]]:
    """The others of :func:`fields`: longer texts, and those of other tables."""
    for title, company, _, _ in record.experience:
        yield "title", title
        yield "company", company
    for school, degree, subject in record.education:
        yield "school", school
        yield "", degree
        yield "", subject
    for key, stored in record.custom.items():
        for text in _texts(stored):
            yield f"custom.{key}", text
    yield "", record.summary
    yield from record.texts


def years_of(record: Record, today: datetime.date) -> int | None:
    """Whole years of experience."""
    return years.of(((started, ended) for _, _, started, ended in record.experience), today)


def reserved(record: Record, worked: int | None) -> list[int]:
    """Filter values without a row in the dictionary; an address counts only when it is shared."""
    found = [HAS_EMAIL] if record.has_email else []
    if record.has_phone:
        found.append(HAS_PHONE)
    if worked is not None:
        found.append(YEARS - worked)
    return found


def values(record: Record) -> Iterator[Value]:
    """Every filter value of the person that stands in the dictionary; the same may come twice."""
    if record.title:
        yield plain("title", record.title)
    if record.company:
        yield plain("company", record.company)
    for past in past_companies(record):
        yield plain("past_company", past)
    for school, _, _ in record.education:
        if school:
            yield plain("school", school)
    if record.place_id is not None:
        yield place(record.place_id, record.location)
    elif record.location:
        yield plain("location", record.location)
    for skill in record.skills:
        yield plain("skill", skill)
    for tag in record.tags:
        yield plain("tag", tag)
    if record.source:
        yield plain("source", record.source)
    if record.created_by is not None:
        yield number("added_by", record.created_by)
    if record.owner is not None:
        yield number("owner", record.owner)
    for project in record.projects:
        yield number("project", project)
    for key, stated in record.facts:
        for each in stated:
            yield plain(key, each)
    for key, stored in record.custom.items():
        yield from _own_field(f"custom.{key}", stored)


def past_companies(record: Record) -> Iterator[str]:
    """Companies of the positions that are not the present one."""
    now = fold(record.company)
    for _, company, _, _ in record.experience:
        if company and fold(company) != now:
            yield company


@lru_cache(maxsize=32_768)
def plain(kind: str, value: str) -> Value:
    """A value told apart by its folded text."""
    return Value(kind, value[:300], fold(value).strip()[:300])


def number(kind: str, value: int) -> Value:
    """A row of another table, by its id."""
    return Value(kind, str(value), str(value))


def place(place_id: int, shown: str) -> Value:
    """A place of the gazetteer; the text first seen is what people read."""
    return Value("location", shown[:300], f"#{place_id}", float(place_id))


def _own_field(kind: str, stored: Any) -> Iterator[Value]:
    for text in _texts(stored):
        folded = fold(text).strip()
        if folded and len(folded) <= MAX_VALUE:
            yield Value(kind, text, folded, _as_number(stored, text))


def _as_number(stored: Any, text: str) -> float | None:
    if isinstance(stored, int | float) and not isinstance(stored, bool):
        return float(stored)
    if isinstance(stored, str) and _DAY.fullmatch(text):
        try:
            return float(datetime.date.fromisoformat(text).toordinal())
        except ValueError:
            return None
    return None


def _texts(stored: Any) -> list[str]:
    """What a stored own field says: a choice, several, yes or no, a number, a text."""
    if isinstance(stored, bool):
        return ["Yes" if stored else "No"]
    if isinstance(stored, list):
        return [str(each) for each in stored]
    if isinstance(stored, float) and stored.is_integer():
        return [str(int(stored))]
    return [] if stored is None or stored == "" else [str(stored)]
