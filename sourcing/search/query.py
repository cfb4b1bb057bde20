"""The list of people: by words, by an address or number, or everybody; page by page; with an honest total.

One question is answered in one of three ways (docs/architecture.md, "People at a million"):

- an address or a number is looked up among the contact points the viewer may see, never among words;
- many hits (by an estimate on the 2 % sample): the ordered index is walked until the page is full;
- few hits: all of them come from the word index, at most 10,001, and are sorted outside.

The planner does not choose between the last two; it has no statistics about words that would let it.
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import User
from foundation.problems import Invalid
from sourcing.models import Candidate, ContactKind, ContactPoint
from sourcing.normalising import InvalidAddress, InvalidPhone, normalise_email, normalise_phone
from sourcing.search import tokens
from sourcing.search.index import SAMPLE_ONE_IN
from sourcing.selectors import own_or_shared, visible_candidates

_TABLE = "sourcing_personsearch"
_SAMPLE = "sourcing_personsearchsample"
#: Totals are exact up to here, and this many hits are sorted at most.
EXACT_UP_TO = 10_000


class BadCursor(Invalid):
    """The paging cursor is not one of ours; go back to the first page."""

    code: ClassVar[str] = "bad_cursor"


class Order(StrEnum):
    """How the list is sorted."""

    RECENT = "recent"
    NAME = "name"


@dataclass(frozen=True)
class _Sorting:
    column: str
    direction: str
    beyond: str
    cast: str


_SORTINGS = {
    Order.RECENT: _Sorting("last_activity", "DESC", "<", "timestamptz"),
    Order.NAME: _Sorting("sort_name", "ASC", ">", 'text COLLATE "C"'),
}


@dataclass(frozen=True)
class Total:
    """How many people match; ``exact`` False is an estimate and shown with ≈."""

    count: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"≈ {self.count:,}"


@dataclass(frozen=True)
class Page:
    """One page of the list. ``next`` is the cursor of the following page, None on the last.

    There is no way back but the browser's: a page before would need each index walked the other way.
    """

    people: list[Candidate] = field(default_factory=list)
    next: str | None = None
    total: Total = Total(0, exact=True)
    previous: None = None


@dataclass(frozen=True)
class _Hits:
    ids: list[int]
    next: str | None
    total: Total


def people(
    *, viewer: User, text: str = "", order: Order = Order.RECENT, after: str | None = None, size: int = 50
) -> Page:
    """People of the viewer's organisation that have every word of ``text`` (the last word may be only begun).

    ``text`` may also be one e-mail address or telephone number: then those who have exactly that one and whose row is
    shared or the viewer's own. Raises :class:`BadCursor`.
    """
    text = text.replace("\x00", "").strip("\n\r\t")[:500]
    address = _address(text)
    if address is not None:
        return _by_contact_point(viewer, address)
    wanted = tokens.query(text)
    if text.strip() and not wanted:
        return Page()
    assert viewer.organisation_id is not None
    hits = _hits(viewer.organisation_id, wanted, order, _decode(after, order), size)
    found = {person.pk: person for person in visible_candidates(viewer).filter(pk__in=hits.ids)}
    # A person deleted between the two reads is left out rather than shown broken.
    return Page([found[pk] for pk in hits.ids if pk in found], hits.next, hits.total)


def _address(text: str) -> tuple[ContactKind, str] | None:
    """What the whole text names, if it is one address or one number of at least seven digits."""
    stripped = text.strip()
    if "@" in stripped and " " not in stripped:
        try:
            return ContactKind.EMAIL, normalise_email(stripped)
        except InvalidAddress:
            return None
    digits = sum(character.isdigit() for character in stripped)
    if digits >= 7 and not any(character.isalpha() for character in stripped):
        try:
            return ContactKind.PHONE, normalise_phone(stripped)
        except InvalidPhone:
            return None
    return None


def _by_contact_point(viewer: User, wanted: tuple[ContactKind, str]) -> Page:
    kind, normalised = wanted
    # Two steps, so that no plan goes through all people of the organisation.
    ids = list(
        ContactPoint.objects.for_organisation(viewer.organisation_id)
        .filter(own_or_shared(viewer), kind=kind, normalised=normalised)
        .values_list("candidate_id", flat=True)[: EXACT_UP_TO + 1]
    )
    found = list(visible_candidates(viewer).filter(pk__in=ids).order_by("-updated_at", "-pk"))
    # Hundreds of people with one address are a mistake in an import; they are shown on one page, up to a hundred.
    return Page(found[:100], None, Total(min(len(found), EXACT_UP_TO), exact=len(found) <= EXACT_UP_TO))


def _hits(organisation_id: int, wanted: str, order: Order, after: tuple[str, int] | None, size: int) -> _Hits:
    with transaction.atomic(), connection.cursor() as cursor:
        estimate = _estimate(cursor, organisation_id, wanted)
        if wanted and estimate <= EXACT_UP_TO:
            rows, total = _sorted_hits(cursor, organisation_id, wanted, order, after, size)
        else:
            rows = _walk(cursor, organisation_id, wanted, order, after, size)
            total = _total(cursor, organisation_id, wanted, estimate)
    following = _encode(rows[size - 1]) if len(rows) > size else None
    return _Hits([candidate_id for candidate_id, _ in rows[:size]], following, total)


def _estimate(cursor: CursorWrapper, organisation_id: int, wanted: str) -> int:
    condition, values = _matching(organisation_id, wanted)
    cursor.execute(f"SELECT count(*) FROM {_SAMPLE} WHERE {condition}", values)  # noqa: S608 - only constants of this module
    return int(_one(cursor)) * SAMPLE_ONE_IN


def _sorted_hits(
    cursor: CursorWrapper,
    organisation_id: int,
    wanted: str,
    order: Order,
    after: tuple[str, int] | None,
    size: int,
) -> tuple[list[tuple[int, str]], Total]:
    """All hits from the word index, then order and page."""
    by = _SORTINGS[order]
    condition, values = _matching(organisation_id, wanted)
    beyond, marks = _beyond(by, after)
    sql = f"""
    WITH hits AS MATERIALIZED (
        SELECT candidate_id, {by.column} AS place FROM {_TABLE} WHERE {condition} LIMIT {EXACT_UP_TO + 1}
    ), page AS (
        SELECT candidate_id, place FROM hits WHERE {beyond.replace(by.column, "place")}
         ORDER BY place {by.direction}, candidate_id {by.direction} LIMIT %s
    )
    SELECT candidate_id, place::text, (SELECT count(*) FROM hits) FROM page
     ORDER BY page.place {by.direction}, candidate_id {by.direction}
    """  # noqa: S608 - only constants of this module
    with _without(cursor, "enable_seqscan", "enable_indexscan"):
        cursor.execute(sql, [*values, *marks, size + 1])
        rows = cursor.fetchall()
    if not rows:
        return [], Total(0, exact=True)
    count = rows[0][2]
    total = Total(min(count, EXACT_UP_TO), exact=count <= EXACT_UP_TO)
    return [(candidate_id, place) for candidate_id, place, _ in rows], total


def _walk(
    cursor: CursorWrapper,
    organisation_id: int,
    wanted: str,
    order: Order,
    after: tuple[str, int] | None,
    size: int,
) -> list[tuple[int, str]]:
    """The ordered index from the cursor on, until the page is full."""
    by = _SORTINGS[order]
    condition, values = _matching(organisation_id, wanted)
    beyond, marks = _beyond(by, after)
    sql = f"""
    SELECT candidate_id, {by.column}::text FROM {_TABLE} WHERE {condition} AND {beyond}
     ORDER BY {_TABLE}.{by.column} {by.direction}, candidate_id {by.direction} LIMIT %s
    """  # noqa: S608 - only constants of this module
    with _without(cursor, "enable_bitmapscan", "enable_seqscan"):
        cursor.execute(sql, [*values, *marks, size + 1])
        return list(cursor.fetchall())


def _total(cursor: CursorWrapper, organisation_id: int, wanted: str, estimate: int) -> Total:
    if estimate > EXACT_UP_TO:
        return Total(estimate, exact=False)
    condition, values = _matching(organisation_id, wanted)
    some = f"SELECT 1 FROM {_TABLE} WHERE {condition} LIMIT {EXACT_UP_TO + 1}"  # noqa: S608 - only constants of this module
    cursor.execute(f"SELECT count(*) FROM ({some}) x", values)  # noqa: S608 - only constants of this module
    count = int(_one(cursor))
    return Total(min(count, EXACT_UP_TO), exact=count <= EXACT_UP_TO)


def _matching(organisation_id: int, wanted: str) -> tuple[str, list[Any]]:
    if wanted:
        return "organisation_id = %s AND doc @@ %s::tsquery", [organisation_id, wanted]
    return "organisation_id = %s", [organisation_id]


def _beyond(by: _Sorting, after: tuple[str, int] | None) -> tuple[str, list[Any]]:
    if after is None:
        return "true", []
    return f"({by.column}, candidate_id) {by.beyond} (%s::{by.cast}, %s)", list(after)


@contextmanager
def _without(cursor: CursorWrapper, *settings: str) -> Iterator[None]:
    """Switch planner methods off for one statement of the open transaction."""
    for name in settings:
        cursor.execute(f"SET LOCAL {name} = off")
    yield
    for name in settings:
        cursor.execute(f"SET LOCAL {name} TO DEFAULT")


def _one(cursor: CursorWrapper) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def _encode(row: Sequence[Any]) -> str:
    """A cursor behind ``(candidate id, sort value)``."""
    return base64.urlsafe_b64encode(json.dumps([row[1], row[0]]).encode()).decode().rstrip("=")


def _decode(cursor: str | None, order: Order) -> tuple[str, int] | None:
    if not cursor:
        return None
    try:
        place, candidate_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(place, str) or type(candidate_id) is not int or "\x00" in place:
            raise ValueError(cursor)
        if order is Order.RECENT:
            datetime.datetime.fromisoformat(place)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor("This page link is broken. Start from the first page.") from error
    return place, max(-(2**63), min(candidate_id, 2**63 - 1))
