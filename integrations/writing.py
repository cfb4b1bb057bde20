"""One person to one vendor: look, decide, write. The life of the export item or sync task around it is the caller's.

1. Look at the vendor: by the link where that is sure, else by a search. Found: it is brought up to date and attached.
2. Not found: ``creating`` is committed on the link, together with the caller's renewed hold, and only then asked for.
3. The caller settles: its own row, the link and the news in one transaction.

A crash between 2 and 3 leaves ``creating``. Whoever comes next waits the vendor's index delay, searches, and only
creates when nothing is found. Nothing is created blindly, by nobody (docs/architecture.md, "Integrations").
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations import companies, field_table, links, mapping
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, Incomplete, OutcomeUnknown, RecordGone, Rejected
from integrations.base.records import (
    Capability,
    PersonKeys,
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    RemoteRef,
    Target,
    Value,
)
from integrations.models import Connection, RemoteLink
from integrations.states import LinkState
from sourcing import sightings
from sourcing.models import Candidate, ContactKind
from sourcing.normalising import InvalidAddress, InvalidPhone, normalise_email, normalise_phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be written, by whom, and how the caller keeps its hold meanwhile."""

    connection: Connection
    connector: Connector
    candidate: Candidate
    #: The person's link at the connection as it stood under the caller's hold (``links.of``), whatever its state.
    link: RemoteLink | None
    #: ``mapping.payload`` but for what is known only here: ``existing`` at the vendor, ``written`` last by us.
    plan: Callable[..., mapping.Payload]
    keys: PersonKeys
    target: Target | None
    acting_as: str
    #: Gives the caller's hold a whole lease; raises when it is lost.
    renew: Callable[[], None]
    #: Tells the caller that the record is its own, although the work is not over.
    made: Callable[[], None]
    #: Nothing is written; the end is :class:`Rehearsed`.
    rehearse: bool = False
    #: False: a first push always makes a record of its own (docs/behaviour.md §8, "do not merge").
    merge: bool = True

    @property
    def target_id(self) -> str:
        """Of the target, or empty."""
        return self.target.external_id if self.target is not None else ""


@dataclass(frozen=True, slots=True)
class Waits:
    """A create that may have happened can be looked for only from ``until`` on."""

    until: datetime.datetime


@dataclass(frozen=True, slots=True)
class Unsearchable:
    """A create may have happened, and no search can tell: nothing known finds the person, or the vendor hides some."""

    def said(self, system: str) -> str:
        """For whoever has to look."""
        return f"{system} may hold this person already, and no search from here can tell. Look there, then retry."


@dataclass(frozen=True, slots=True)
class Missing:
    """Fields without which the person may not go are empty; ``payload.missing`` names them."""

    payload: mapping.Payload


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a dry run found: ``existing`` is None when a record would be made."""

    payload: mapping.Payload
    existing: RemotePerson | None


@dataclass(frozen=True, slots=True)
class Written:
    """The vendor confirmed. ``created``: the record is ours; ``second``: another id than the linked one came back."""

    result: PushResult
    payload: mapping.Payload
    created: bool
    second: bool
    #: What readable fields held before, for undo; histories are left out.
    before: Mapping[str, Any]

    def said(self, system: str) -> str:
        """What is told beside the end, or nothing."""
        if self.second:
            return f"{system} made a second record; both are kept."
        unchanged = self.result.action is PushAction.UNCHANGED and not self.created
        return "Nothing had changed." if unchanged else ""

    @property
    def digests(self) -> dict[str, str]:
        """Of what was really written."""
        return {key: value for key, value in self.payload.digests.items() if key not in self.result.left_out}


End = Waits | Unsearchable | Missing | companies.Undecided | Rehearsed | Written


def write(order: Order) -> End:
    """See the module. Raises the connector's errors."""
    link = order.link
    creating = link if link is not None and link.state == LinkState.CREATING else None
    if creating is not None:
        assert creating.creating_since is not None
        seen_after = creating.creating_since + settings.VENDOR_INDEX_DELAY
        if timezone.now() < seen_after:
            return Waits(seen_after)
        if not order.keys:
            return Unsearchable()
    existing, look_alikes = _existing(order, link)
    _seen(order, existing)
    if existing is None and creating is not None and not order.connector.finds_everybody(order.target):
        # Nobody found proves nothing there: made anew, the person could stand twice.
        return Unsearchable()
    payload = order.plan(existing=existing, written=link.written if link is not None else {})
    if payload.missing:
        return Missing(payload)
    company = _company(order, payload) if existing is None else None
    if isinstance(company, companies.Held):
        return Waits(company.until)
    if isinstance(company, companies.Undecided):
        return company
    if company is not None:
        payload = company.into(payload, order.connector)
    if order.rehearse:
        return Rehearsed(payload, existing)
    if existing is None:
        link = _announce_create(order, look_alikes)
    elif creating is not None and _complete(order, creating):
        made = PushResult(external_id=existing.external_id, action=PushAction.CREATED, url=existing.url)
        return _written(order, payload, made, existing=existing, link=creating, created=True)
    else:
        order.renew()
    return _push(order, payload, existing=existing, link=link, finishing=creating is not None)


def _company(
    order: Order, payload: mapping.Payload
) -> companies.Settled | companies.Undecided | companies.Held | None:
    """The company of a record about to be made, where such records belong to one."""
    return companies.settle(
        connection=order.connection,
        connector=order.connector,
        candidate=order.candidate,
        payload=payload,
        acting_as=order.acting_as,
        renew=order.renew,
        rehearse=order.rehearse,
    )


def _complete(order: Order, creating: RemoteLink) -> bool:
    """Whether what an interrupted worker asked for has happened whole, target included, once the record is there."""
    return order.connector.creates_whole and creating.creating_target == order.target_id


def _existing(order: Order, link: RemoteLink | None) -> tuple[RemotePerson | None, Sequence[str]]:
    """What the vendor holds about the person now, and ids of records like it that are not to be merged with."""
    connector = order.connector
    reads = connector.supports(Capability.READ_PERSON)
    record_type = order.candidate.record_type
    linked = link if link is not None and links.is_sure(link) else None
    if reads and linked is not None and (not connector.needs_job or order.target is None):
        try:
            return connector.read(RemoteRef(external_id=linked.remote_id, record_type=record_type)), ()
        except RecordGone:
            links.gone(linked)
            raise
    if not order.keys or not connector.supports(Capability.FIND_PERSON):
        return None, ()
    found = connector.find(
        order.keys, record_type=record_type, target=order.target, acting_as=order.acting_as
    )
    if not order.merge and link is None:
        return None, [row.external_id for row in found]
    ours = [row for row in found if link is None or row.external_id not in link.look_alikes]
    row = _same(ours, link)
    known = link.look_alikes if link is not None else ()
    return (connector.read(row.ref) if row is not None and reads else row), known


def _same(found: Sequence[RemotePerson], link: RemoteLink | None) -> RemotePerson | None:
    """The record we are linked to if it is among those found, else the oldest."""
    linked = next((row for row in found if link is not None and row.external_id == link.remote_id), None)
    return linked or next(iter(found), None)


def _seen(order: Order, existing: RemotePerson | None) -> None:
    """What the vendor holds about the person is still in use there."""
    if existing is None:
        return
    points = []
    for kind, values, normalise in (
        (ContactKind.EMAIL, existing.emails, normalise_email),
        (ContactKind.PHONE, existing.phones, normalise_phone),
    ):
        for value in values:
            with suppress(InvalidAddress, InvalidPhone):
                points.append((order.candidate.pk, kind, normalise(value)))
    sightings.seen(organisation_id=order.connection.organisation_id, points=points, at=timezone.now())


def _announce_create(order: Order, look_alikes: Sequence[str]) -> RemoteLink:
    with transaction.atomic():
        order.renew()
        return links.begin_create(
            order.connection,
            order.candidate,
            known=order.link,
            target=order.target_id,
            look_alikes=look_alikes,
        )


def _push(
    order: Order,
    payload: mapping.Payload,
    *,
    existing: RemotePerson | None,
    link: RemoteLink | None,
    finishing: bool,
) -> Written:
    """``finishing``: an interrupted worker had announced the create of this record."""
    write = PersonWrite(
        values=payload.values,
        whole=payload.whole,
        record_type=order.candidate.record_type,
        target=order.target,
        acting_as=order.acting_as,
    )
    try:
        result = order.connector.push(write, existing=existing)
    except Incomplete as error:
        # The record is certain; what is left is done, or said, by the next try.
        ours = existing is None or finishing
        if ours:
            order.made()
        links.record(
            order.connection, order.candidate, error.result, digests={}, made_by_us=ours, exported=False
        )
        raise
    except OutcomeUnknown:
        raise
    except RecordGone:
        if link is not None:
            links.gone(link)
        raise
    except ConnectorError as error:
        if existing is None and link is not None:
            # Certainly not carried out: the next try need not wait for an index.
            links.undo_create(link)
            if isinstance(error, Rejected):
                companies.forget_refused(order.connection, order.connector, order.candidate, error)
        raise
    created = result.action is PushAction.CREATED or finishing
    return _written(order, payload, result, existing=existing, link=link, created=created)


def _written(
    order: Order,
    payload: mapping.Payload,
    result: PushResult,
    *,
    existing: RemotePerson | None,
    link: RemoteLink | None,
    created: bool,
) -> Written:
    first_id = link.remote_id if link is not None else ""
    second = bool(first_id) and first_id != result.external_id and not order.connector.needs_job
    before = {} if created or existing is None else _before(payload, existing)
    return Written(result, payload, created=created, second=second, before=before)


def _before(payload: mapping.Payload, existing: RemotePerson) -> dict[str, Any]:
    return {
        key: existing.values[key]
        for key in payload.values
        if key in existing.values and not _is_history(existing.values[key])
    }


def _is_history(value: Value) -> bool:
    return isinstance(value, tuple) and any(not isinstance(item, str) for item in value)


def told(end: Written, connection: Connection, record_type: str) -> list[dict[str, str]]:
    """The log of the fields; what the connector could not write is said instead of "written"."""
    left_out = end.result.left_out
    if not left_out:
        return end.payload.log
    labels = {
        rule.field.label: left_out[rule.field.key]
        for rule in field_table.rules(connection, record_type)
        if rule.field.key in left_out
    }
    return [
        mapping.FieldOutcome(line.field, mapping.Outcome.KEPT, labels[line.field]).as_json()
        if line.field in labels
        else line.as_json()
        for line in end.payload.fields
    ]
