"""Walking a vendor's list page by page, without knowing how that vendor counts pages.

A vendor's paginator looks at one answer and names the parameters of the next; the walk itself, its bounds and
its distrust (a page served twice would loop for ever) are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from integrations.base.errors import MalformedResponse
from integrations.base.http import Reply

#: A list longer than this is a fault of the vendor or of the paginator, not of the customer.
MOST_PAGES = 1_000


class Paginator(Protocol):
    """Names the next page from the answer before it."""

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        """Parameters that replace ``params`` for the next page; None after the last one."""


class OnePage:
    """For lists that come whole."""

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        """There is no second page."""
        del reply, params
        return None


def pages(
    fetch: Callable[[Mapping[str, str]], Reply], *, params: Mapping[str, str], paginator: Paginator
) -> Iterator[Any]:
    """The data of every page in order. Raises MalformedResponse for a page that names one already read."""
    read: set[frozenset[tuple[str, str]]] = set()
    current: Mapping[str, str] | None = params
    while current is not None:
        mark = frozenset(current.items())
        if mark in read or len(read) >= MOST_PAGES:
            raise MalformedResponse("The list does not end: a page was named twice.")
        read.add(mark)
        reply = fetch(current)
        yield reply.data
        current = paginator.following(reply, current)
