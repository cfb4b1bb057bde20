"""What changed in CATS: first everybody, page by page, then the event feed from where it stood before the first page.

The cursor is text: ``candidates:3:214:id=901`` is page 3 of the candidates, of whom there were 214 when page 2 was
read, and the feed goes on after event 901; ``events:id=901`` is the feed itself. A row read twice does no harm, whoever
keeps people compares; a row never read would be lost. So when the total has shrunk, the walk goes back by as many
pages as rows may have moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.base.errors import MalformedResponse, RecordGone
from integrations.base.records import ChangePage, RemotePerson, RemoteRef
from integrations.vendors.cats import assumed, mapping
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.lists import PER_PAGE, has_next, rows, total

#: The types in the order they are pulled, and where each lives.
_TYPES = {"candidates": "candidate", "contacts": "contact"}
_AFTER = {"contacts": "", "candidates": "contacts"}
_FEED = "events"
_KINDS = ("id", "timestamp")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull stands: ``page`` of ``what`` (a record type's list, or the feed), ``total`` when it was last seen,
    and where the feed is entered.
    """

    what: str
    feed_kind: str
    feed: int
    page: int = 1
    total: int = 0

    def __str__(self) -> str:
        where = f"{self.feed_kind}={self.feed}"
        return f"{_FEED}:{where}" if self.what == _FEED else f"{self.what}:{self.page}:{self.total}:{where}"

    @classmethod
    def of(cls, cursor: str) -> Place:
        """The place a cursor names. Raises MalformedResponse for one that we never gave."""
        what, _, rest = cursor.partition(":")
        *numbers, where = rest.split(":")
        kind, _, feed = where.partition("=")
        wanted = 0 if what == _FEED else 2
        fits = (what == _FEED or what in _TYPES) and kind in _KINDS and len(numbers) == wanted
        if not fits or not all(word.isascii() and word.isdigit() for word in (*numbers, feed)):
            raise MalformedResponse("This cursor is none of CATS'.")
        page, seen = map(int, numbers) if numbers else (1, 0)
        return cls(what, kind, int(feed), page, seen)


def changes(
    client: CatsClient, cursor: str, *, read: Callable[[RemoteRef], RemotePerson], now: float | None = None
) -> ChangePage:
    """The next page of what changed; ``read`` reads one person whom the feed names."""
    place = Place.of(cursor) if cursor else _beginning(client, time.time() if now is None else now)
    return _of_feed(client, place, read) if place.what == _FEED else _of_list(client, place)


def _beginning(client: CatsClient, now: float) -> Place:
    """The first page, with the feed's place noted before it is read."""
    since = int(now) - assumed.CLOCK_DIFFERENCE
    data = client.get("/events", params={"starting_after_timestamp": str(since)}).data
    rows(data, _FEED)
    last = _number(data.get("last_id"))
    return Place("candidates", "id", last) if last else Place("candidates", "timestamp", since)


def _of_list(client: CatsClient, place: Place) -> ChangePage:
    params = {"page": str(place.page), "per_page": str(PER_PAGE)}
    data = client.get(f"/{place.what}", params=params).data
    found = rows(data, place.what)
    people = tuple(mapping.person(row, _TYPES[place.what]) for row in found)
    return ChangePage(people=people, cursor=str(_next(place, data, bool(found))), more=True)


def _next(place: Place, data: Any, any_rows: bool) -> Place:
    """Back where rows moved up behind us, on where there is more, else to the next list or the feed."""
    now = total(data)
    if now and now < place.total and place.page > 1:
        gone = -(-(place.total - now) // PER_PAGE)
        return Place(place.what, place.feed_kind, place.feed, max(1, place.page - gone), now)
    if any_rows and has_next(data):
        return Place(place.what, place.feed_kind, place.feed, place.page + 1, now)
    return Place(_AFTER[place.what] or _FEED, place.feed_kind, place.feed)


def _of_feed(client: CatsClient, place: Place, read: Callable[[RemoteRef], RemotePerson]) -> ChangePage:
    """At most 25 events: each person they name is read once, however often they changed."""
    data = client.get("/events", params={f"starting_after_{place.feed_kind}": str(place.feed)}).data
    found = rows(data, _FEED)
    named, gone = named_by(found)
    people = []
    for ref in named:
        try:
            people.append(read(ref))
        except RecordGone:
            gone.append(ref)
    last = _number(data.get("last_id")) or max((_number(row.get("id")) for row in found), default=0)
    if found and (not last or (place.feed_kind == "id" and last <= place.feed)):
        raise MalformedResponse("The feed does not go on: it names no later event.")
    after = Place(_FEED, "id", last) if found else place
    return ChangePage(
        people=tuple(people), gone=tuple(gone), cursor=str(after), more=bool(found) and has_next(data)
    )


def named_by(events: list[dict[str, Any]]) -> tuple[list[RemoteRef], list[RemoteRef]]:
    """Whom events concern: people to read again, and those who were deleted."""
    changed: dict[RemoteRef, None] = {}
    gone: dict[RemoteRef, None] = {}
    for event in events:
        for ref, deleted in concerned(event):
            (gone if deleted else changed)[ref] = None
    return [ref for ref in changed if ref not in gone], list(gone)


def concerned(event: Mapping[str, Any]) -> Iterator[tuple[RemoteRef, bool]]:
    """The person of one event and whether it tells of their deletion; nobody for jobs, companies and the like."""
    name = str(event.get(assumed.EVENT_NAME) or "")
    subject, _, what = name.partition(".")
    record_type = {"candidate": "candidate", "contact": "contact", "pipeline": "candidate"}.get(subject)
    if record_type is None:
        return
    number = _number(event.get(f"{record_type}_id")) or _embedded_id(event, subject, record_type)
    if number:
        ref = RemoteRef(external_id=str(number), record_type=record_type)
        yield ref, what == "deleted" and subject == record_type


def _embedded_id(event: Mapping[str, Any], subject: str, record_type: str) -> int:
    embedded = event.get("_embedded")
    row = embedded.get(subject) if isinstance(embedded, Mapping) else None
    if not isinstance(row, Mapping):
        return 0
    return _number(row.get("id" if subject == record_type else f"{record_type}_id"))


def _number(value: Any) -> int:
    """A positive number, a text of one too; 0 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
