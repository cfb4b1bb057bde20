"""What all our views read from a request in the same way."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from accounts.permissions import viewer_of as viewer_of

#: No list of ticked rows is longer; "everything" goes by a question instead.
MAX_TICKED = 1_000


def wants_part(request: HttpRequest, target: str) -> bool:
    """Whether htmx asked for the content of ``#target`` only; a Back or Forward gets the whole page."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request and htmx.target == target


def numbers(values: Iterable[str]) -> list[int]:
    """The ids among posted values; anything else falls away."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19][
        :MAX_TICKED
    ]


def number(value: str | None) -> int | None:
    """One id from a query string, or None."""
    return next(iter(numbers([value or ""])), None)


def private(response: HttpResponse) -> HttpResponse:
    """A part and a page share one address, and neither belongs into a cache."""
    response["Vary"] = "HX-Request"
    response["Cache-Control"] = "no-store"
    return response
