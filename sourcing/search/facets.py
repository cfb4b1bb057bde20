"""The filters of the people list with how many people each value would leave; a second request after the rows.

Counts of a filter leave its own values out of the question: what is counted is what one more tick would show. Up to
2,000 hits they are exact; beyond, a part of the hits or of the sample is counted and they are marked ≈. An e-mail
address or phone counts when it is shared; what users added for themselves is in no count, not even in their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import User
from accounts.selectors import members
from sourcing.models import FacetValue
from sourcing.search import own_fields, query, record, years
from sourcing.search.conditions import Compiled
from sourcing.search.index import SAMPLE_ONE_IN
from sourcing.search.question import Question
from sourcing.search.tokens import fold
from sourcing.selectors import visible_projects

#: Counts are exact up to so many hits, and estimates are made on at most so many.
EXACT_UP_TO = 2_000
#: So many values of a filter are shown.
SHOWN = 8

_LABELS = {
    "location": "Location",
    "title": "Title",
    "company": "Company",
    "past_company": "Past company",
    "school": "School",
    "skill": "Skills",
    "years": "Experience",
    "tag": "Tags",
    "has": "Contact",
    "contacted": "Last contacted",
    "project": "In project",
    "owner": "Owner",
    "added_by": "Added by",
    "source": "Source",
}
BANDS = {"0-2": "Up to 2 years", "3-5": "3–5 years", "6-10": "6–10 years", "11-": "11 years and more"}
CONTACT = {"email": "Has e-mail", "phone": "Has phone"}
CONTACTED = {
    "7": "In the last 7 days",
    "30": "In the last 30 days",
    "90": "In the last 90 days",
    "not-90": "Not in the last 90 days",
    "never": "Never",
}
#: Filter values that are typed with suggestions.
TYPED = ("location", "title", "company", "past_company", "school", "skill", "tag")

# What is counted beside the values people have; these numbers stand for it in the answer.
_NEVER, _DAYS = -10, {"7": -11, "30": -12, "90": -13}

_facts: dict[str, str] = {}
#: By app: what its sources are called, where two of them state a fact of the same name.
_sources: dict[str, Callable[[User, Collection[str]], Mapping[str, str]]] = {}


@dataclass(frozen=True)
class Option:
    """One value of a filter; ``count`` None is not counted."""

    value: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """One group of the filter column. ``ranged`` ones are asked from … to …; ``typed`` ones have suggestions."""

    name: str
    label: str
    options: list[Option]
    exact: bool = True
    ranged: bool = False
    typed: bool = False

    @property
    def chosen(self) -> int:
        """How many values are ticked."""
        return sum(option.chosen for option in self.options)


@dataclass(frozen=True)
class _Value:
    value: str
    folded: str
    count: int


@dataclass(frozen=True)
class _Counts:
    """Counts by kind of the dictionary and by reserved number, scaled to all hits; ``total`` when all were found."""

    kinds: Mapping[str, list[_Value]]
    reserved: Mapping[int, int]
    exact: bool
    total: int | None


@dataclass(frozen=True)
class Column:
    """The whole filter column; ``projects`` may be left out, ``exact`` False is shown with ≈.

    ``total`` is how many people fit, where that came out on the way: up to :data:`sourcing.search.query.EXACT_UP_TO`.
    """

    filters: list[Filter]
    projects: list[tuple[str, str]]
    total: query.Total | None


def label_fact(source: str, key: str, label: str) -> None:
    """What the filter of one fact is called: ``label_fact("campaigns", "status", "Outreach")``."""
    _facts[f"fact.{source}.{key}"] = label


def name_sources(app: str, names: Callable[[User, Collection[str]], Mapping[str, str]]) -> None:
    """``names(viewer, sources)`` says what sources of the app ("ats:12" of "ats") are called, for telling two filters
    of one name apart."""
    _sources[app] = names


def column(*, viewer: User, question: Question) -> Column:
    """The filter column for this question, in its order; filters without any value are left out."""
    asked = query.compiled(question, viewer)
    own = {f"custom.{each.key}": each for each in own_fields.of(viewer)}
    named = [name for name in question.filters if name not in {"within", "not_in_project"}]
    with transaction.atomic(), connection.cursor() as cursor:
        everything = _count(cursor, asked, None)
        without = {name: _count(cursor, asked, name) for name in named}
    further = sorted(kind for kind in {*everything.kinds, *named} if kind.startswith("fact."))
    builder = _Builder(viewer, question, everything, without)
    names = [*_LABELS, *further, *own]
    labels = _LABELS | {key: each.label for key, each in own.items()}
    labels |= _fact_labels(viewer, further, beside=labels.values())
    made = [builder.filter(name, labels[name], ranged=name in own and own[name].ranged) for name in names]
    projects = sorted(builder.names["project"].items(), key=lambda each: each[1].casefold())
    total = None if everything.total is None else query.Total(everything.total, exact=True)
    return Column([each for each in made if each.options or each.ranged], projects, total)


def _fact_labels(viewer: User, kinds: Collection[str], *, beside: Iterable[str]) -> dict[str, str]:
    """What the filters of these facts are called; those whose name another filter has, among them or ``beside``, get
    their sources' names behind it."""
    labels = {
        kind: _facts.get(kind) or kind.rsplit(".", 1)[-1].replace("_", " ").capitalize() for kind in kinds
    }
    number = Counter([*labels.values(), *beside])
    source = {kind: kind.split(".")[1] for kind, label in labels.items() if number[label] > 1}
    for app in {each.split(":")[0] for each in source.values()} & set(_sources):
        names = _sources[app](viewer, {each for each in source.values() if each.split(":")[0] == app})
        labels |= {kind: f"{labels[kind]} · {names[each]}" for kind, each in source.items() if each in names}
    return labels


class _Builder:
    """Options of each filter from the counts; names of users and projects are looked up once."""

    def __init__(
        self, viewer: User, question: Question, everything: _Counts, without: Mapping[str, _Counts]
    ) -> None:
        self.viewer, self.question, self.everything, self.without = viewer, question, everything, without
        colleagues = {str(each.pk): each.name for each in members(viewer)}
        self.names = {
            "added_by": colleagues,
            "owner": colleagues,
            "project": self._projects(),
        }
        self.labels = _labels(viewer, question)

    def _projects(self) -> dict[str, str]:
        """Names of the projects that matter here and that the viewer may see."""
        asked = [*self.question.filters.get("project", ()), *self.question.filters.get("not_in_project", ())]
        counted = [*self.everything.kinds.get("project", ()), *self.without_kind("project")]
        ids = {*asked, *(each.folded for each in counted)}
        wanted = [int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 19]
        rows = visible_projects(self.viewer).filter(pk__in=wanted)
        return {str(each.pk): each.name for each in rows}

    def without_kind(self, name: str) -> list[_Value]:
        """What was counted for a filter with its own values left out."""
        return self.without[name].kinds.get(name, []) if name in self.without else []

    def filter(self, name: str, label: str, *, ranged: bool) -> Filter:
        counts = self.without.get(name, self.everything)
        chosen = self.question.filters.get(name, ())
        fixed = {"years": self._bands, "has": self._contact, "contacted": self._contacted}.get(name)
        options = fixed(counts, chosen) if fixed else self._values(name, counts, chosen)
        return Filter(name, label, options, counts.exact, ranged, typed=name in TYPED)

    def _values(self, name: str, counts: _Counts, chosen: tuple[str, ...]) -> list[Option]:
        known = self.names.get(name)
        folded = {fold(value).strip(): value for value in chosen}
        found: dict[str, Option] = {}
        for each in counts.kinds.get(name, []):
            if known is not None and each.folded not in known:
                continue
            label = known[each.folded] if known is not None else each.value
            found[each.folded] = Option(each.folded, label, each.count, each.folded in folded)
        ticked = [
            found.get(key) or Option(value, self.labels.get((name, key), value), 0, chosen=True)
            for key, value in folded.items()
        ]
        rest = [option for key, option in found.items() if key not in folded]
        return [*ticked, *rest[: max(SHOWN - len(ticked), 0)]]

    def _bands(self, counts: _Counts, chosen: tuple[str, ...]) -> list[Option]:
        options = []
        for band, label in ({**BANDS} | {each: each for each in chosen if each not in BANDS}).items():
            least, _, most = band.partition("-")
            span = range(int(least or 0), int(most or years.MOST) + 1) if least.isdecimal() else ()
            count = sum(counts.reserved.get(record.YEARS - number, 0) for number in span)
            options.append(Option(band, label, count, band in chosen))
        return options if any(option.count or option.chosen for option in options) else []

    def _contact(self, counts: _Counts, chosen: tuple[str, ...]) -> list[Option]:
        stands_for = {"email": record.HAS_EMAIL, "phone": record.HAS_PHONE}
        return [
            Option(value, label, counts.reserved.get(stands_for[value], 0), value in chosen)
            for value, label in CONTACT.items()
        ]

    def _contacted(self, counts: _Counts, chosen: tuple[str, ...]) -> list[Option]:
        stands_for = _DAYS | {"never": _NEVER}
        return [
            Option(
                value,
                label,
                counts.reserved.get(stands_for[value], 0) if value in stands_for else None,
                value in chosen,
            )
            for value, label in CONTACTED.items()
        ]


def _labels(viewer: User, question: Question) -> dict[tuple[str, str], str]:
    """The words of ticked values, for those that nobody of the hits has."""
    wanted = [fold(value).strip() for values in question.filters.values() for value in values]
    rows = FacetValue.objects.for_organisation(viewer.organisation_id).filter(
        kind__in=list(question.filters), folded__in=wanted
    )
    return {(kind, folded): value for kind, folded, value in rows.values_list("kind", "folded", "value")}


# The hits, every so many of them so that at most EXACT_UP_TO are left, and what these have.
_COUNT = """
WITH hits AS MATERIALIZED (
    SELECT facets, last_contacted_at, row_number() OVER () AS at FROM {table} WHERE {where} LIMIT {most}
), step AS (
    SELECT greatest(1, ceil(count(*) / {exact}.0))::int AS one_in, count(*) AS hits FROM hits
), chosen AS MATERIALIZED (
    SELECT facets, last_contacted_at FROM hits, step WHERE at %% one_in = 0
), counted AS (
    SELECT f, count(*) AS people FROM chosen, unnest(facets) AS f GROUP BY f
), ranked AS (
    SELECT v.kind, v.value, v.folded, people,
           row_number() OVER (PARTITION BY v.kind ORDER BY people DESC, v.folded) AS place
      FROM counted JOIN sourcing_facetvalue v ON v.id = f WHERE f > 0 AND {kinds}
)
SELECT kind, value, folded, people FROM ranked WHERE place <= {shown}
 UNION ALL SELECT NULL, f::text, NULL, people FROM counted WHERE f < 0
 UNION ALL SELECT NULL, '-10', NULL, count(*) FILTER (WHERE last_contacted_at IS NULL) FROM chosen
 UNION ALL SELECT NULL, '-11', NULL, count(*) FILTER (WHERE last_contacted_at >= now() - interval '7 days') FROM chosen
 UNION ALL SELECT NULL, '-12', NULL, count(*) FILTER (WHERE last_contacted_at >= now() - interval '30 days') FROM chosen
 UNION ALL SELECT NULL, '-13', NULL, count(*) FILTER (WHERE last_contacted_at >= now() - interval '90 days') FROM chosen
 UNION ALL SELECT '', 'hits', '', hits FROM step UNION ALL SELECT '', 'read', '', count(*) FROM chosen
"""


def _count(cursor: CursorWrapper, asked: Compiled, without: str | None) -> _Counts:
    if asked.nobody:
        return _Counts({}, {}, exact=True, total=0)
    expected = query.estimate(cursor, asked, without=without)
    where, values = asked.where(without=without)
    kinds, named = _kinds(without)
    values = [*values, *named]
    if expected <= query.EXACT_UP_TO:
        selective = any(each.name != without for each in asked.conditions)
        query.only(cursor, "bitmapscan" if selective else None)
        answer = _answer(cursor, "sourcing_personsearch", where, kinds, values, query.EXACT_UP_TO + 1)
        query.only(cursor, None)
        if answer.hits <= query.EXACT_UP_TO:
            return answer.counts(answer.hits, total=answer.hits)
    answer = _answer(cursor, "sourcing_personsearchsample", where, kinds, values, 1_000_000)
    return answer.counts(answer.hits * SAMPLE_ONE_IN)


def _kinds(without: str | None) -> tuple[str, list[str]]:
    """The kinds of value that are needed: all, or those of the filter that is left out; some have no dictionary."""
    if without is None:
        return "true", []
    return ("false", []) if without in {"years", "has", "contacted"} else ("v.kind = %s", [without])


@dataclass(frozen=True)
class _Answer:
    """What one statement counted on ``read`` of ``hits`` rows."""

    rows: list[tuple[str | None, str, str | None, int]]
    hits: int
    read: int

    def counts(self, stand_for: int, *, total: int | None = None) -> _Counts:
        """The counts raised to all the people the rows stand for; exact when every one of few was read."""
        exact = stand_for == self.read
        kinds: dict[str, list[_Value]] = {}
        reserved: dict[int, int] = {}
        for kind, value, folded, people in self.rows:
            count = people if exact else query.rounded(round(people * stand_for / self.read))
            if kind is None or folded is None:
                reserved[int(value)] = count
            else:
                kinds.setdefault(kind, []).append(_Value(value, folded, count))
        return _Counts(kinds, reserved, exact, total)


def _answer(
    cursor: CursorWrapper, table: str, where: str, kinds: str, values: list[Any], most: int
) -> _Answer:
    sql = _COUNT.format(table=table, where=where, kinds=kinds, most=most, exact=EXACT_UP_TO, shown=4 * SHOWN)
    cursor.execute(sql, values)
    rows = cursor.fetchall()
    size = {value: people for kind, value, _, people in rows if kind == ""}
    return _Answer([row for row in rows if row[0] != ""], size["hits"], size["read"])
