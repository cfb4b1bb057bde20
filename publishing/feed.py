"""The feed: every public event once, in an order that a reader can follow without a gap.

Our own news commits in any order, so no reader could tell from its ids that nothing is missing. One process at a time
takes what has been committed (:func:`foundation.events.in_batches`) and writes it anew: the ids of
:class:`PublishedEvent` grow with the commits. The deliveries to endpoints are written in the same transaction.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, require
from foundation import events
from foundation.models import Event
from foundation.problems import Invalid
from publishing import catalogue, subjects
from publishing.models import Endpoint, PublishedEvent, WebhookDelivery
from publishing.states import PATIENCE

#: So long events can be read and sent again.
KEPT = datetime.timedelta(days=30)


@events.in_batches("publishing.feed", *catalogue.BY_KIND)
def publish(news: Sequence[Event]) -> None:
    """Write what the catalogue has, and a delivery for each endpoint that wants it; in the caller's transaction."""
    told = [(event, catalogue.BY_KIND[event.kind]) for event in news if event.kind in catalogue.BY_KIND]
    facts = _facts(told)
    rows = PublishedEvent.objects.bulk_create(
        PublishedEvent(
            organisation_id=event.organisation_id,
            type=kind.name,
            subject=event.subject,
            data=_data(event.ids, kind, facts),
            happened_at=event.created_at,
        )
        for event, kind in told
    )
    owe(rows)


def owe(rows: Iterable[PublishedEvent]) -> None:
    """A delivery of each event to each active endpoint of its organisation that asked for its type."""
    rows = list(rows)
    wanting = defaultdict(list)
    organisations = {row.organisation_id for row in rows}
    endpoints = Endpoint.objects.across_organisations("news of all organisations together").filter(
        organisation__in=organisations, active=True
    )
    for endpoint in endpoints.order_by("pk"):
        wanting[endpoint.organisation_id].append(endpoint)
    give_up_at = timezone.now() + PATIENCE
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            organisation_id=row.organisation_id,
            endpoint=endpoint,
            event=row,
            subject=row.subject,
            give_up_at=give_up_at,
        )
        for row in rows
        for endpoint in wanting[row.organisation_id]
        if not endpoint.types or row.type in endpoint.types
    )


def events_after(
    *, viewer: User, after: str, types: Collection[str], size: int
) -> tuple[list[PublishedEvent], bool]:
    """Events behind ``after`` ("" is the oldest there is), the oldest first; and whether more follow.

    Raises NotAllowed, and Invalid for an id or a type that is none. An id whose event is no longer kept is as good as
    any: what follows it is told.
    """
    require(viewer, Right.ORGANISATION_EDIT)
    unknown = sorted(set(types) - catalogue.BY_NAME.keys())
    if unknown:
        raise Invalid(fields={"types": f"There is no event type {unknown[0]}."})
    rows = _of(viewer).filter(pk__gt=number(after)).order_by("pk")
    if types:
        rows = rows.filter(type__in=types)
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def number(public_id: str) -> int:
    """The key behind ``evt_12``; 0 for none. Raises Invalid."""
    if not public_id:
        return 0
    digits = public_id.removeprefix("evt_")
    if digits == public_id or not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        raise Invalid(fields={"after": "The id of an event, as evt_12."})
    return int(digits)


def payload(row: PublishedEvent) -> dict[str, Any]:
    """The event as feed and webhooks tell it."""
    return {
        "id": row.public_id,
        "type": row.type,
        "timestamp": row.happened_at.isoformat(),
        "subject": row.subject,
        "data": row.data,
    }


def prune(*, now: datetime.datetime) -> int:
    """Delete what is older than :data:`KEPT`, deliveries included; returns how many events."""
    old = PublishedEvent.objects.across_organisations("retention").filter(published_at__lt=now - KEPT)
    deleted, by_table = old.delete()
    return by_table.get(PublishedEvent._meta.label, deleted)


def _of(viewer: User) -> QuerySet[PublishedEvent]:
    """What :func:`publish` wrote; tests are written beside it, so their ids say nothing of what came before."""
    return PublishedEvent.objects.for_organisation(viewer.organisation_id).exclude(type=catalogue.TEST)


def _facts(told: Sequence[tuple[Event, catalogue.EventType]]) -> Mapping[str, subjects.Facts]:
    """What the rows of each group say, read once for the batch."""
    ids: dict[str, set[int]] = defaultdict(set)
    for event, kind in told:
        if kind.group in subjects.READERS:
            key = event.ids.get(subjects.READERS[kind.group][0])
            if isinstance(key, int):
                ids[kind.group].add(key)
    return {group: subjects.READERS[group][1](found) for group, found in ids.items()}


def _data(
    ids: Mapping[str, Any], kind: catalogue.EventType, facts: Mapping[str, subjects.Facts]
) -> dict[str, Any]:
    """The event's ids, lists as lists, with what its row says."""
    data = {key: _listed(key, value) for key, value in ids.items() if value is not None}
    if kind.group in facts:
        key = ids.get(subjects.READERS[kind.group][0])
        data |= facts[kind.group].get(key, {}) if isinstance(key, int) else {}
    return data


def _listed(key: str, value: Any) -> Any:
    """Our news holds only words and numbers, so lists are joined by commas there."""
    if key == "fields":
        return [word for word in str(value).split(",") if word]
    if key == "candidate_ids":
        return [int(word) for word in str(value).split(",") if word]
    return value
