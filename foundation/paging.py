"""Keyset paging: page 1,000 costs what page 1 costs, and rows that arrive meanwhile shift nothing.

A cursor is the order columns of the row at the edge of the page, base64url over JSON. It is not secret: it only says
where to go on, and every page is filtered by organisation again. Order columns must be NOT NULL and end with a
unique one (usually ``id``).
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from foundation.problems import Invalid
from foundation.sparse_fields import narrowed

M = TypeVar("M", bound=Model)

MAX_SIZE = 200
#: A value of a cursor that its column cannot hold.
_WRONG_KIND = (ValueError, TypeError, ValidationError)


class BadCursor(Invalid):
    """The ``after`` of a page is not one of ours (cut off, or of another list)."""

    code = "bad_cursor"
    status = 400
    sentence = "This link to a page is not complete. Go back to the first page."


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """One page; ``next`` and ``previous`` are cursors for ``after``, None at the ends."""

    rows: list[M]
    next: str | None
    previous: str | None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal) else value


def _encode(row: Model, order: Sequence[str], *, backwards: bool) -> str:
    values = [_plain(getattr(row, name.lstrip("-"))) for name in order]
    body = json.dumps([int(backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def cursor(row: Model, order: Sequence[str]) -> str:
    """The ``after`` of the page behind ``row``, for whoever read the first page in a way of their own."""
    return _encode(row, order, backwards=False)


def _decode(cursor: str, order: Sequence[str]) -> tuple[bool, list[Any]]:
    try:
        body = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        backwards, *values = body
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor from None
    plain = all(isinstance(value, str | int | float) for value in values)
    if backwards not in (0, 1) or len(values) != len(order) or not plain:
        raise BadCursor
    return bool(backwards), values


def _reversed(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after ``values`` in ``order``; the first column's bound is repeated so that its index is entered there."""
    first = order[0]
    bound = Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]})
    beyond = Q()
    equal = Q()
    for name, value in zip(order, values, strict=True):
        column = name.lstrip("-")
        beyond |= equal & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{column: value})
    return bound & beyond


def keyset(queryset: QuerySet[M], *, order: tuple[str, ...], after: str | None, size: int) -> KeysetPage[M]:
    """One page of ``queryset`` in ``order`` (``("-at", "-id")``), going on at the cursor ``after``.

    Raises :class:`BadCursor`. One query; one row more than ``size`` is read to know whether there is a next page.
    """
    backwards, values = _decode(after, order) if after else (False, [])
    direction = _reversed(order) if backwards else order
    try:
        rows = list(_behind(queryset, direction, values).order_by(*direction)[: size + 1])
    except _WRONG_KIND:
        raise BadCursor from None
    return _page(rows, order, size, backwards=backwards, goes_on=bool(values))


def keyset_of(
    querysets: Sequence[QuerySet[Any]], *, order: tuple[str, ...], after: str | None, size: int
) -> KeysetPage[Any]:
    """As :func:`keyset` over several tables whose rows stand in one list, in ascending order.

    Every row has the columns of ``order``, which together tell any two rows apart (a constant annotation names the
    table). The order columns are read first, then only the rows that stand on the page: an index that holds what the
    conditions ask serves the first read alone, however many rows they leave out. A row that went meanwhile is missing.
    """
    backwards, values = _decode(after, order) if after else (False, [])
    direction = _reversed(order) if backwards else order
    keys: list[tuple[tuple[Any, ...], int]] = []
    try:
        for table, queryset in enumerate(querysets):
            asked = _behind(queryset, direction, values).order_by(*direction).values_list(*order, "pk")
            keys += [(key, table) for key in asked[: size + 1]]
    except _WRONG_KIND:
        raise BadCursor from None
    keys = sorted(keys, reverse=backwards)[: size + 1]
    rows: dict[tuple[int, Any], Any] = {}
    for table, queryset in enumerate(querysets):
        if wanted := [key[-1] for key, of in keys if of == table]:
            rows |= {(table, row.pk): row for row in queryset.filter(pk__in=wanted)}
    found = [rows[table, key[-1]] for key, table in keys if (table, key[-1]) in rows]
    return _page(found, order, size, backwards=backwards, goes_on=bool(values))


def _behind(queryset: QuerySet[M], direction: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    return queryset.filter(_beyond(direction, values)) if values else queryset


def _page(
    rows: list[M], order: tuple[str, ...], size: int, *, backwards: bool, goes_on: bool
) -> KeysetPage[M]:
    """The page of up to ``size + 1`` rows that were read in the direction of the page."""
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, goes_on)
    return KeysetPage(
        rows,
        _encode(rows[-1], order, backwards=False) if rows and has_next else None,
        _encode(rows[0], order, backwards=True) if rows and has_previous else None,
    )


def page_size(request: Request) -> int:
    """``size`` of an API's list; raises Invalid outside 1 to MAX_SIZE."""
    raw = request.query_params.get("size", "50")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:6]) <= MAX_SIZE:
        raise Invalid(fields={"size": f"A whole number from 1 to {MAX_SIZE}."})
    return int(raw)


class KeysetPagination(BasePagination):
    """The API's pages: ``?after=<cursor>&size=<1–200>`` → ``{"results", "next", "previous"}``.

    A view says its order in ``keyset_order``; the default is newest id first.
    """

    page: KeysetPage[Any]
    request: Request

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page asked for."""
        self.request = request
        order = getattr(view, "keyset_order", ("-id",))
        after = request.query_params.get("after")
        self.page = keyset(queryset, order=order, after=after, size=page_size(request))
        return self.page.rows

    def _link(self, cursor: str | None) -> str | None:
        return cursor and replace_query_param(self.request.build_absolute_uri(), "after", cursor)

    def get_paginated_response(self, data: Any) -> Response:
        """The page with links to its neighbours."""
        body = {
            "results": data,
            "next": self._link(self.page.next),
            "previous": self._link(self.page.previous),
        }
        return Response(body)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """OpenAPI of the page."""
        link = {"type": "string", "nullable": True, "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002 - REST framework's signature
        """OpenAPI of the query."""
        return [
            {"name": "after", "in": "query", "required": False, "schema": {"type": "string"}},
            {
                "name": "size",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 50},
            },
        ]


def paged(
    rows: Any,
    serializer: type[BaseSerializer[Any]],
    *,
    request: Request,
    view: APIView,
    context: Mapping[str, Any] | None = None,
) -> Response:
    """The answer of a list: the page of ``rows`` asked for, each as ``serializer`` shows it."""
    paging = KeysetPagination()
    page = paging.paginate_queryset(rows, request, view)
    rows = serializer(page, many=True, context=dict(context or {}))
    return paging.get_paginated_response(narrowed(rows, request))
