"""Reading JSON:API documents: rows, what is included beside them, and lists page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.http import Reply
from integrations.base.paging import pages
from integrations.vendors.pinpoint.client import PinpointClient

#: The most rows the vendor gives at once, for rows that are asked for with few attributes.
MOST_ROWS = 1000

Row = Mapping[str, Any]
#: What came beside the rows, by type and id.
Included = Mapping[tuple[str, str], Row]


def rows(data: Any) -> list[Row]:
    """The resources of a list; the absence of a list is a changed API, not an empty one."""
    found = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        raise MalformedResponse("The answer has no list of data.")
    return [_resource(row) for row in found]


def one(data: Any) -> Row:
    """The single resource of a document. Raises MalformedResponse."""
    return _resource(data.get("data") if isinstance(data, Mapping) else None)


def included(data: Any) -> Included:
    """The resources that came beside; none is no error."""
    found = data.get("included") if isinstance(data, Mapping) else None
    resources = [_resource(row) for row in found] if isinstance(found, list) else []
    return {(str(row.get("type")), row_id(row)): row for row in resources}


def row_id(row: Row) -> str:
    """The id of a resource, a text also where it was sent as a number. Raises MalformedResponse without one."""
    found = row.get("id")
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise MalformedResponse("A resource in the answer has no id.")
    return str(found)


def related(row: Row, name: str) -> tuple[tuple[str, str], ...]:
    """Type and id of what a relationship names; empty when it was not included, or not told."""
    relationships = row.get("relationships")
    link = relationships.get(name) if isinstance(relationships, Mapping) else None
    data = link.get("data") if isinstance(link, Mapping) else None
    found = data if isinstance(data, list) else [data]
    return tuple(
        (str(each.get("type")), str(each["id"]))
        for each in found
        if isinstance(each, Mapping) and each.get("id") not in (None, "")
    )


def walk(client: PinpointClient, path: str, params: Mapping[str, str], *, size: int) -> Iterator[Row]:
    """Every row of a list. Raises MalformedResponse for one that does not end."""
    asked = {**params, "page[number]": "1", "page[size]": str(size)}
    for data in pages(lambda given: client.get(path, params=given), params=asked, paginator=UntilShort(size)):
        yield from rows(data)


class UntilShort:
    """The next page is asked for until one comes that is not full: the vendor promises no links between pages."""

    def __init__(self, size: int) -> None:
        self._size = size

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        """See ``base.paging.Paginator``."""
        if len(rows(reply.data)) < self._size:
            return None
        return {**params, "page[number]": str(int(params["page[number]"]) + 1)}


def _resource(row: Any) -> Row:
    if not isinstance(row, Mapping) or not isinstance(row.get("attributes", {}), Mapping):
        raise MalformedResponse("A row in the answer is not a resource.")
    return row
