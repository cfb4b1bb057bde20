"""How the list is ordered, and cursors that say where a page ends."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from foundation.problems import Invalid
from sourcing.search.conditions import Compiled
from sourcing.search.question import Order

#: A place in the order (as text) and the person at it.
Cursor = tuple[str, int]
#: One nice-to-have that fits weighs more than everything the words say.
_NICE = 10_000_000
#: Name and title, company and skills, place and tags, the rest; least first, as ts_rank takes them.
_WEIGHTS = "{0.1, 0.2, 0.4, 1.0}"


class BadCursor(Invalid):
    """The paging cursor is not one of ours; go back to the first page."""

    code: ClassVar[str] = "bad_cursor"


@dataclass(frozen=True)
class Sorting:
    """One order: by a column with an index, or (relevance) by a number made from the row."""

    order: Order
    column: str
    direction: str
    cast: str
    ranks: str = ""
    nice: Sequence[str] = ()

    def expression(self) -> tuple[str, list[Any]]:
        """What a row is sorted by, with its values."""
        if self.order is not Order.RELEVANCE:
            return self.column, []
        parts = [
            f"(ts_rank('{_WEIGHTS}', doc, %s::tsquery) * 1000000)::int",
            *["(doc @@ %s::tsquery)::int * %s"] * len(self.nice),
        ]
        values: list[Any] = [self.ranks]
        for each in self.nice:
            values += [each, _NICE]
        return " + ".join(parts), values

    def beyond(self, column: str, after: Cursor | None) -> tuple[str, list[Any]]:
        """The rows behind a cursor."""
        if after is None:
            return "true", []
        sign = "<" if self.direction == "DESC" else ">"
        return f"({column}, candidate_id) {sign} (%s::{self.cast}, %s)", list(after)


_COLUMNS = {
    Order.RECENT: ("last_activity", "DESC", "timestamptz"),
    Order.NAME: ("sort_name", "ASC", 'text COLLATE "C"'),
    Order.YEARS: ("years", "DESC", "smallint"),
    Order.RELEVANCE: ("last_activity", "DESC", "int"),
}


def of(order: Order, asked: Compiled) -> Sorting:
    """The order asked for; relevance without a word to rank by is the most recent activity."""
    if order is Order.RELEVANCE and not asked.ranks:
        order = Order.RECENT
    return Sorting(order, *_COLUMNS[order], ranks=asked.ranks, nice=asked.nice)


def encode(row: tuple[int, str]) -> str:
    """A cursor behind ``(candidate id, place)``."""
    return base64.urlsafe_b64encode(json.dumps([row[1], row[0]]).encode()).decode().rstrip("=")


def decode(cursor: str | None, by: Sorting) -> Cursor | None:
    """What :func:`encode` made, for this order. Raises :class:`BadCursor`."""
    if not cursor:
        return None
    try:
        place, candidate_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(place, str) or type(candidate_id) is not int or "\x00" in place:
            raise ValueError(cursor)
        if by.order is Order.RECENT:
            datetime.datetime.fromisoformat(place)
        elif by.order is not Order.NAME and not -(2**15) <= int(place) < (
            2**15 if by.order is Order.YEARS else 2**31
        ):
            raise ValueError(cursor)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor("This page link is broken. Start from the first page.") from error
    return place, max(-(2**63), min(candidate_id, 2**63 - 1))
