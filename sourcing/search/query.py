"""The list of people a question finds: page by page, with an honest total.

One question is answered in one of three ways (docs/architecture.md, "People at a million"), chosen by an estimate on
the 2 % sample and never by the planner, which has no statistics about words that would let it:

- few hits: all of them come from the word index, at most 10,001, and are sorted outside; when they are some thousand
  and nobody waits for their number, the ordered index is tried first, which mostly is several times cheaper;
- many hits: the ordered index is walked until the page is full. When what fits is not among the first rows (it
  happens when the order and the question have to do with each other) all hits are sorted after all;
- by relevance, many hits: the 10,000 most recently active of them are ranked.
"""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import User
from sourcing.models import Candidate
from sourcing.search import sorting
from sourcing.search.conditions import Compiled, compile_question
from sourcing.search.index import SAMPLE_ONE_IN
from sourcing.search.own_fields import keys as own_keys
from sourcing.search.question import Order, Question
from sourcing.search.sorting import BadCursor, Cursor, Sorting
from sourcing.search.syntax import Misread, Term
from sourcing.selectors import visible_candidates

__all__ = [
    "BadCursor",
    "Order",
    "Page",
    "Question",
    "Total",
    "among",
    "candidate_ids",
    "people",
    "some",
    "total",
]

_TABLE = "sourcing_personsearch"
_SAMPLE = "sourcing_personsearchsample"
#: Totals are exact up to here, this many hits are sorted, and this many are ranked.
EXACT_UP_TO = 10_000
#: So many rows of the ordered index are looked at before all hits are sorted instead, …
_WALK = 20_000
#: … which is done up to so many hits.
_SORTABLE = 100_000
#: From so many expected hits on the ordered index is likely to fill a page within :data:`_WALK` rows of a million.
_WALKABLE = 3_000
#: Up to so many hits the word index and the ordered index together name those to rank; beyond, the ordered one alone.
_JOINABLE = 200_000


@dataclass(frozen=True)
class Total:
    """How many people match; ``exact`` False is an estimate and shown with ≈."""

    count: int
    exact: bool

    @property
    def is_beyond_counting(self) -> bool:
        """Not even the counts request will tell exactly how many; only who asks for it."""
        return not self.exact and self.count > EXACT_UP_TO

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"≈ {rounded(self.count):,}"


@dataclass(frozen=True)
class Page:
    """One page of the list. ``next`` is the cursor of the following page, None on the last.

    There is no way back but the browser's: a page before would need each index walked the other way. ``misread`` and
    ``misread_nice`` are what was not understood; ``among`` says that only the so many most recently active were ranked.
    ``terms`` mark what fitted, in texts of everybody and of the viewer's ``scopes``.
    """

    people: list[Candidate] = field(default_factory=list)
    next: str | None = None
    total: Total = Total(0, exact=True)
    previous: None = None
    misread: tuple[Misread, ...] = ()
    misread_nice: tuple[Misread, ...] = ()
    among: int | None = None
    terms: tuple[Term, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Hits:
    rows: list[tuple[int, str]]
    total: Total
    among: int | None = None


def rounded(count: int) -> int:
    """An estimate as it is shown: two leading digits."""
    return round(count, -max(len(str(count)) - 2, 0))


def people(
    *,
    viewer: User,
    text: str = "",
    order: Order = Order.RECENT,
    after: str | None = None,
    size: int = 50,
    question: Question | None = None,
    counted: bool = True,
) -> Page:
    """A page of the people of the viewer's organisation who fit ``question`` (or only the words ``text``).

    The total is exact up to :data:`EXACT_UP_TO` when it is to be ``counted``; else it may be an estimate from
    :data:`_WALKABLE` on, for whoever asks for the counts (:mod:`sourcing.search.facets`) next.
    Addresses and numbers in the text are looked up among the contact points that are shared or the viewer's own.
    Raises :class:`BadCursor`.
    """
    question = question or Question.of(text, "", (), order)
    asked = compiled(question, viewer)
    by = sorting.of(question.order, asked)
    beyond = sorting.decode(after, by)
    with transaction.atomic(), connection.cursor() as cursor:
        hits = _hits(cursor, asked, by, beyond, size, counted=counted)
    shown = hits.rows[:size]
    following = sorting.encode(hits.rows[size - 1]) if len(hits.rows) > size else None
    found = visible_candidates(viewer).in_bulk([candidate_id for candidate_id, _ in shown])
    # A person deleted between the two reads is left out rather than shown broken.
    rows = [found[candidate_id] for candidate_id, _ in shown if candidate_id in found]
    return Page(
        rows,
        following,
        hits.total,
        misread=asked.misread,
        misread_nice=asked.misread_nice,
        among=hits.among,
        terms=asked.terms,
        scopes=asked.scopes,
    )


def candidate_ids(*, viewer: User, question: Question) -> Iterator[int]:
    """Everybody who fits, each once, in the order of their ids; read in one statement, eight bytes a person."""
    asked = compiled(question, viewer)
    ids = array("q")
    if not asked.nobody:
        where, values = asked.where()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT candidate_id FROM {_TABLE} WHERE {where} ORDER BY candidate_id", values)  # noqa: S608 - constants of ours; values are bound
            while rows := cursor.fetchmany(10_000):
                ids.extend(row[0] for row in rows)
    return iter(ids)


def some(*, viewer: User, question: Question, size: int) -> list[Candidate]:
    """Some who fit, the most recently active of the people looked at: for type-ahead, which must be quick."""
    asked = compiled(question, viewer)
    if asked.nobody:
        return []
    by = sorting.of(Order.RECENT, asked)
    with transaction.atomic(), connection.cursor() as cursor:
        if estimate(cursor, asked) > 1_000:
            rows = _walk(cursor, asked, by, None, size, _WALK)
        else:
            rows, _ = _sorted(cursor, asked, by, None, size, most=1_000)
    found = visible_candidates(viewer).in_bulk([candidate_id for candidate_id, _ in rows[:size]])
    return list(found.values())


def among(*, viewer: User, question: Question, candidate_ids: Collection[int]) -> list[int]:
    """Those of ``candidate_ids`` who fit, in their order."""
    asked = compiled(question, viewer)
    if asked.nobody or not candidate_ids:
        return []
    where, values = asked.where()
    sql = f"SELECT candidate_id FROM {_TABLE} WHERE {where} AND candidate_id = ANY(%s) ORDER BY candidate_id"  # noqa: S608 - constants of ours; values are bound
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, list(candidate_ids)])
        return [row[0] for row in cursor.fetchall()]


def total(*, viewer: User, question: Question) -> Total:
    """How many people fit, counted to the last one. May take seconds; asked for by a press."""
    asked = compiled(question, viewer)
    if asked.nobody:
        return Total(0, exact=True)
    where, values = asked.where()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_TABLE} WHERE {where}", values)  # noqa: S608 - constants of ours; values are bound
        return Total(_number(cursor), exact=True)


def compiled(question: Question, viewer: User) -> Compiled:
    """The question as this viewer asks it now."""
    named = ":" in f"{question.text}{question.nice}"  # without a colon no field is
    custom = own_keys(viewer) if named else ()
    return compile_question(question, viewer=viewer, now=timezone.now(), custom=custom)


def estimate(cursor: CursorWrapper, asked: Compiled, *, without: str | None = None) -> int:
    """About how many fit, from the sample."""
    where, values = asked.where(without=without)
    cursor.execute(f"SELECT count(*) FROM {_SAMPLE} WHERE {where}", values)  # noqa: S608 - constants of ours; values are bound
    return _extrapolated(_number(cursor), asked)


def only(cursor: CursorWrapper, method: str | None) -> None:
    """Leave the planner one way to read tables for what follows in this transaction; None gives all back."""
    methods = ("seqscan", "indexscan", "bitmapscan")
    settings = [f"SET LOCAL enable_{each} = {'on' if method in (None, each) else 'off'}" for each in methods]
    cursor.execute("; ".join(settings))


def _hits(
    cursor: CursorWrapper, asked: Compiled, by: Sorting, after: Cursor | None, size: int, *, counted: bool
) -> _Hits:
    if asked.nobody:
        return _Hits([], Total(0, exact=True))
    since = None
    if by.order is Order.RELEVANCE:
        expected, since = _recent_enough(cursor, asked)
    else:
        expected = estimate(cursor, asked)
    if not asked.is_everybody and expected <= EXACT_UP_TO:
        if not counted and expected >= _WALKABLE and by.order is not Order.RELEVANCE:
            rows = _walk(cursor, asked, by, after, size + 1, _WALK)
            if len(rows) > size:
                return _Hits(rows, Total(expected, exact=False))
        rows, count = _sorted(cursor, asked, by, after, size, most=EXACT_UP_TO + 1)
        if count <= EXACT_UP_TO:
            return _Hits(rows, Total(count, exact=True))
        expected = max(expected, count)
    if expected <= EXACT_UP_TO:
        expected, exact = _counted(cursor, asked)
    else:
        exact = False
    if by.order is Order.RELEVANCE:
        rows = _ranked(cursor, asked, by, after, size, expected, since)
        return _Hits(rows, Total(expected, exact), EXACT_UP_TO)
    return _Hits(_many(cursor, asked, by, after, size, expected), Total(expected, exact))


def _counted(cursor: CursorWrapper, asked: Compiled) -> tuple[int, bool]:
    """Everybody of an organisation that looks small is counted, up to the limit."""
    where, values = asked.where()
    some = f"SELECT 1 FROM {_TABLE} WHERE {where} LIMIT {EXACT_UP_TO + 1}"  # noqa: S608 - constants of ours; values are bound
    cursor.execute(f"SELECT count(*) FROM ({some}) x", values)  # noqa: S608 - constants of ours; values are bound
    count = _number(cursor)
    return min(count, EXACT_UP_TO), count <= EXACT_UP_TO


def _sorted(
    cursor: CursorWrapper, asked: Compiled, by: Sorting, after: Cursor | None, size: int, *, most: int
) -> tuple[list[tuple[int, str]], int]:
    """All hits from the word index (at most ``most``), then order and page; and how many there were."""
    hits, values = _found(asked, by, most)
    beyond, marks = by.beyond("place", after)
    sql = f"""
    WITH hits AS MATERIALIZED ({hits}), page AS (
        SELECT candidate_id, place FROM hits WHERE {beyond}
         ORDER BY place {by.direction}, candidate_id {by.direction} LIMIT %s
    )
    SELECT candidate_id, place::text, (SELECT count(*) FROM hits) FROM page
     ORDER BY page.place {by.direction}, candidate_id {by.direction}
    """  # noqa: S608 - constants of ours; values are bound
    only(cursor, "bitmapscan")
    cursor.execute(sql, [*values, *marks, size + 1])
    rows = cursor.fetchall()
    only(cursor, None)
    if rows:
        return [(row[0], row[1]) for row in rows], rows[0][2]
    # Behind the last page, or nobody at all; the first page of nobody is what mostly happens.
    return [], 0 if after is None else _counted(cursor, asked)[0]


def _found(asked: Compiled, by: Sorting, most: int) -> tuple[str, list[Any]]:
    """The hits with what they are sorted by. What is checked late is checked on the rows the rest has found."""
    expression, ranked_by = by.expression()
    if not asked.has_late:
        where, values = asked.where()
        sql = f"SELECT candidate_id, {expression} AS place FROM {_TABLE} WHERE {where} LIMIT {most}"  # noqa: S608 - constants of ours; values are bound
        return sql, [*ranked_by, *values]
    early, values = asked.where(late=False)
    late, later = asked.where(late=True)
    sql = f"""
    SELECT candidate_id, {expression} AS place FROM (SELECT * FROM {_TABLE} WHERE {early} OFFSET 0) f
     WHERE {late} LIMIT {most}
    """  # noqa: S608 - constants of ours; values are bound
    return sql, [*ranked_by, *values, *later]


def _many(
    cursor: CursorWrapper, asked: Compiled, by: Sorting, after: Cursor | None, size: int, expected: int
) -> list[tuple[int, str]]:
    """The ordered index from the cursor on until the page is full."""
    sortable = not asked.is_everybody and expected <= _SORTABLE
    rows = _walk(cursor, asked, by, after, size + 1, _WALK if sortable else None)
    if len(rows) <= size and sortable:
        rows, _ = _sorted(cursor, asked, by, after, size, most=2 * _SORTABLE)
    return rows


def _walk(
    cursor: CursorWrapper, asked: Compiled, by: Sorting, after: Cursor | None, wanted: int, most: int | None
) -> list[tuple[int, str]]:
    where, values = asked.where(late=None)
    beyond, marks = by.beyond(by.column, after)
    order = f"ORDER BY {by.column} {by.direction}, candidate_id {by.direction}"
    if most is None:
        inner = f"SELECT * FROM {_TABLE} WHERE {where} AND {beyond} {order}"  # noqa: S608 - constants of ours; values are bound
        bound = [*values, *marks]
        rest = "true"
    else:
        inner = f"SELECT * FROM {_TABLE} WHERE organisation_id = %s::bigint AND {beyond} {order} LIMIT {most}"  # noqa: S608 - constants of ours; values are bound
        bound = [asked.organisation_id, *marks, *values]
        rest = where
    only(cursor, "indexscan")
    cursor.execute(
        f"SELECT candidate_id, {by.column}::text FROM ({inner}) w WHERE {rest} LIMIT %s",  # noqa: S608 - constants of ours; values are bound
        [*bound, wanted],
    )
    rows = list(cursor.fetchall())
    only(cursor, None)
    return rows


def _ranked(
    cursor: CursorWrapper,
    asked: Compiled,
    by: Sorting,
    after: Cursor | None,
    size: int,
    expected: int,
    since: datetime.datetime | None,
) -> list[tuple[int, str]]:
    """The most recently active hits, ranked. How they are found depends on how many there are."""
    only(cursor, "bitmapscan" if expected <= _JOINABLE else "indexscan")
    rows, read = _ranked_since(cursor, asked, by, after, size, since)
    if since is not None and read < EXACT_UP_TO:
        rows, _ = _ranked_since(cursor, asked, by, after, size, None)
    only(cursor, None)
    return rows


def _recent_enough(cursor: CursorWrapper, asked: Compiled) -> tuple[int, datetime.datetime | None]:
    """:func:`estimate`, and a moment since which, going by the sample, a quarter more hits were active than are
    ranked; None: rank from all.

    It spares most rows of a frequent word: two indexes together name the few that can be among the ranked.
    """
    where, values = asked.where()
    nth = EXACT_UP_TO * 5 // (4 * SAMPLE_ONE_IN)
    sql = f"""
    WITH hits AS MATERIALIZED (SELECT last_activity FROM {_SAMPLE} WHERE {where})
    SELECT count(*), (SELECT last_activity FROM hits ORDER BY last_activity DESC OFFSET %s LIMIT 1) FROM hits
    """  # noqa: S608 - constants of ours; values are bound
    cursor.execute(sql, [*values, nth])
    row = cursor.fetchone()
    assert row is not None
    return _extrapolated(row[0], asked), row[1]


def _extrapolated(sampled: int, asked: Compiled) -> int:
    return sampled * SAMPLE_ONE_IN + asked.reached


def _ranked_since(
    cursor: CursorWrapper,
    asked: Compiled,
    by: Sorting,
    after: Cursor | None,
    size: int,
    since: datetime.datetime | None,
) -> tuple[list[tuple[int, str]], int]:
    """A page of the most recent hits by rank, and how many were active since. The rank is made where a row is read:
    to come back for ten thousand documents costs as much as to find them."""
    where, values = asked.where(for_gin=since is None)
    expression, ranked_by = by.expression()
    beyond, marks = by.beyond("place", after)
    recent = "last_activity >= %s" if since else "true"
    sql = f"""
    WITH found AS MATERIALIZED (
        SELECT candidate_id, last_activity, {expression} AS place FROM {_TABLE} WHERE {where} AND {recent}
    ), latest AS (
        SELECT candidate_id, place FROM found ORDER BY last_activity DESC, candidate_id DESC LIMIT {EXACT_UP_TO}
    )
    SELECT candidate_id, place::text, (SELECT count(*) FROM found) FROM latest WHERE {beyond}
     ORDER BY latest.place DESC, candidate_id DESC LIMIT %s
    """  # noqa: S608 - constants of ours; values are bound
    cursor.execute(sql, [*ranked_by, *values, *([since] if since else []), *marks, size + 1])
    rows = cursor.fetchall()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def _number(cursor: CursorWrapper) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
