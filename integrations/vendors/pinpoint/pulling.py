"""What changed in Pinpoint: applications after a moment, in the order of their changes.

The vendor counts pages, and a row that changes while we read moves to the end and pulls those after it forward over
the border of a page. So a page is never counted on: each next call asks for what changed after the moment of the last
row, less an overlap. Rows come twice by that, which does no harm; none is passed over.

Only when one page holds nothing beyond the overlap (a bulk change gave thousands the same moment) must pages be
counted. Then the page before is looked at again: when it no longer ends with the row it ended with, rows have moved,
and the walk begins again at the moment.

The cursor is text: ``2026-01-31T08:00:00+00:00|1|`` is the first page after that moment, ``…|3|10045`` the third,
whose forerunner ended with application 10045. No moment means everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from integrations.base.errors import MalformedResponse
from integrations.base.records import ChangePage, RemoteField, RemotePerson
from integrations.vendors.pinpoint import assumed, mapping
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.jsonapi import included, row_id, rows

#: Applications come with their summary, stage and custom attributes.
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands; see the module."""

    since: str = ""
    page: int = 1
    before: str = ""

    def __str__(self) -> str:
        return f"{self.since}|{self.page}|{self.before}"

    @classmethod
    def of(cls, cursor: str) -> Place:
        """The place a cursor names. Raises MalformedResponse for one that we never gave."""
        if not cursor:
            return cls()
        parts = cursor.split("|")
        if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit() and int(parts[1]) > 0):
            raise MalformedResponse("This cursor is none of Pinpoint's.")
        try:
            since = mapping.moment(parts[0]).isoformat() if parts[0] else ""
        except ValueError:
            raise MalformedResponse("This cursor is none of Pinpoint's.") from None
        return cls(since, int(parts[1]), parts[2])


def changes(client: PinpointClient, cursor: str, definitions: Sequence[RemoteField]) -> ChangePage:
    """The next page of what changed. ``definitions`` are the custom fields of applications."""
    place = Place.of(cursor)
    params = {
        **_asked(place),
        "include": "stage,custom_attributes",
        "extra_fields[applications]": "tags",
    }
    data = client.get("/applications", params=params).data
    beside = included(data)
    people = tuple(mapping.person(row, beside, definitions) for row in rows(data))
    moved = place.page > 1 and _has_moved(client, place)
    if moved:
        return ChangePage(people=people, cursor=str(Place(place.since)), more=True)
    after, more = following(place, people)
    return ChangePage(people=people, cursor=str(after), more=more)


def following(place: Place, people: Sequence[RemotePerson]) -> tuple[Place, bool]:
    """Where to go on after a page, and whether at once. Raises MalformedResponse for a row without its moment."""
    if not people:
        return Place(place.since), False
    last = people[-1]
    if last.updated_at is None:
        raise MalformedResponse("A row in the answer has no updated_at.")
    full = len(people) >= AT_ONCE
    stepped_back = last.updated_at - assumed.OVERLAP
    if not place.since or stepped_back > mapping.moment(place.since):
        return Place(stepped_back.isoformat()), full
    if full:
        return replace(place, page=place.page + 1, before=last.external_id), True
    return Place(place.since), False


def _asked(place: Place) -> dict[str, str]:
    params = {
        "filter[job_visibility]": mapping.VISIBILITIES,
        "sort": "updated_at,id",
        "page[number]": str(place.page),
        "page[size]": str(AT_ONCE),
    }
    if place.since:
        params["filter[updated_at][gt]"] = place.since
    return params


def _has_moved(client: PinpointClient, place: Place) -> bool:
    """Whether the page before this one no longer ends with the row it ended with. Asked after this one was read."""
    earlier = {**_asked(replace(place, page=place.page - 1)), "fields[applications]": "id"}
    found = rows(client.get("/applications", params=earlier).data)
    return not found or row_id(found[-1]) != place.before
