"""CATS' lists: HAL envelopes, page by page, a hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.http import Reply
from integrations.base.paging import pages
from integrations.vendors.cats.client import CatsClient

PER_PAGE = 100


def walk(
    client: CatsClient,
    path: str,
    key: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Any = None,
    most_pages: int | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows under ``key`` of every page, in order; ``body`` makes it a search by POST.

    Raises MalformedResponse for what is no such list, and for one that gives the same page for ever.
    """

    def fetch(asked: Mapping[str, str]) -> Reply:
        return client.get(path, params=asked) if body is None else client.ask(path, body=body, params=asked)

    first = {**(params or {}), "page": "1", "per_page": str(PER_PAGE)}
    before: list[Any] = []
    for count, data in enumerate(pages(fetch, params=first, paginator=_HalPages(key)), start=1):
        found = rows(data, key)
        ids = [row.get("id") for row in found]
        if ids and ids == before:
            raise MalformedResponse("The list does not end: a page was served twice.")
        before = ids
        yield from found
        if count == most_pages:
            return


def rows(data: Any, key: str) -> list[dict[str, Any]]:
    """The objects of one page; its absence is a changed API, unless the page says that it is empty."""
    if not isinstance(data, Mapping):
        raise MalformedResponse("The answer is not a list of CATS.")
    embedded = data.get("_embedded")
    found = embedded.get(key) if isinstance(embedded, Mapping) else None
    if found is None and not embedded and data.get("count") in (0, "0"):
        return []
    if not isinstance(found, list):
        raise MalformedResponse(f"The answer has no list of {key}.")
    if not all(isinstance(row, dict) for row in found):
        raise MalformedResponse(f"A row of {key} is not an object.")
    return found


def has_next(data: Any) -> bool:
    """Whether the page advertises another one (it may be lying: ``/webhooks`` does)."""
    links = data.get("_links") if isinstance(data, Mapping) else None
    return isinstance(links, Mapping) and bool(links.get("next"))


def total(data: Any) -> int:
    """How many rows there are on all pages, 0 when it does not say; sometimes it is a text."""
    told = data.get("total") if isinstance(data, Mapping) else None
    if isinstance(told, str) and told.isascii() and told.isdigit():
        return int(told)
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


class _HalPages:
    """The next number as long as there is a ``next`` and the page was not empty."""

    def __init__(self, key: str) -> None:
        self._key = key

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        """See :class:`integrations.base.paging.Paginator`."""
        if not has_next(reply.data) or not rows(reply.data, self._key):
            return None
        return {**params, "page": str(int(params["page"]) + 1)}
