"""One person to one vendor: claimed with a lease, created in two steps, settled once (docs/architecture.md).

1. Claim: ``queued`` → ``claimed`` with a token; a database constraint lets one worker hold a person.
2. Search at the vendor. Found: it is brought up to date and attached.
3. Not found: ``creating`` is committed on the link, together with a renewed lease, and only then asked for.
4. Settle: item, link, mark and news in one transaction, if the token is still ours.

A crash between 3 and 4 leaves ``creating``. Whoever takes the item next waits the vendor's index delay, searches,
and only creates when nothing is found. Nothing is created blindly, by nobody.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from foundation.problems import Problem
from integrations import (
    claims,
    connections,
    dummies,
    error_policy,
    field_table,
    links,
    mapping,
    opening,
    person_variables,
    registry,
)
from integrations.base.connector import Connector
from integrations.base.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    Incomplete,
    OutcomeUnknown,
    RecordGone,
)
from integrations.base.records import (
    Capability,
    PersonKeys,
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    RemoteRef,
    Target,
    TargetKind,
    Value,
)
from integrations.models import Connection, Export, ExportItem, ExportMode, ItemStatus, Reason, RemoteLink
from integrations.states import LinkState
from sourcing import sightings
from sourcing.models import ContactKind
from sourcing.normalising import InvalidAddress, InvalidPhone, normalise_email, normalise_phone

log = structlog.get_logger(__name__)

TARGET_KIND = {ExportMode.PROSPECTS: TargetKind.POOL, ExportMode.CANDIDATES: TargetKind.JOB}


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an item ended without the vendor being asked, or for good."""

    status: ItemStatus
    reason: Reason
    text: str
    fields: tuple[mapping.FieldOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class _Work:
    """All that belongs to one claimed item."""

    item: ExportItem
    export: Export
    connection: Connection
    connector: Connector
    target: Target
    acting_as: str
    #: Decides the fields once it is known what the vendor holds.
    plan: Callable[[RemotePerson | None, Mapping[str, str]], mapping.Payload]
    keys: PersonKeys


def push_next(export: Export, *, now: datetime.datetime) -> bool:
    """Handle one due item to its end or back to the queue; False when none is due."""
    item = claims.claim(export, now=now)
    if item is None:
        return False
    try:
        _handle(item)
    except claims.ClaimLost:
        log.warning("export.claim_lost", item_id=item.pk)
    return True


def _handle(item: ExportItem) -> None:
    """Push, and turn whatever was raised into a state. The loop over other people goes on."""
    try:
        work = _prepare(item)
        ended = work if isinstance(work, _Ended) else _push(work)
        if ended is not None:
            fields = [line.as_json() for line in ended.fields]
            claims.end(item, ended.status, reason=ended.reason, text=ended.text, fields=fields)
    except ConnectorError as error:
        _decide(item, error)
    except claims.ClaimLost:
        raise
    except Problem as error:
        claims.end(item, ItemStatus.FAILED, reason=Reason.INTERNAL, text=str(error))
    except Exception:  # any bug about one person ends that person's item, not the export of the others
        log.exception("export.item_failed", item_id=item.pk, connection_id=item.connection_id)
        text = "Something went wrong here, not there. It is in the log with this item's number."
        claims.end(item, ItemStatus.FAILED, reason=Reason.INTERNAL, text=text)


def _prepare(item: ExportItem) -> _Work | _Ended:
    """Everything the push needs, read now: addresses, ticks and marks as they are at this moment."""
    export, connection, candidate = item.export, item.connection, item.candidate
    found = registry.connector_class(connection.vendor)
    if candidate.record_type not in found.record_types:
        text = f"{found.display_name} has no contacts."
        return _Ended(ItemStatus.SKIPPED, Reason.NO_SUCH_RECORD_TYPE, text)
    link = links.of(connection, candidate)
    if link is not None and link.exported_at and not (export.include_exported or item.again):
        return _Ended(ItemStatus.SKIPPED, Reason.ALREADY_EXPORTED, "Exported before.")
    person = person_variables.of(viewer=export.created_by, candidate=candidate)
    wants_dummy = export.dummy_addresses and not person.emails
    make = dummies.draw if wants_dummy else dummies.address_of
    dummy = make(candidate, organisation=item.organisation)
    plan = partial(
        _plan,
        person=person,
        rules=field_table.known(connection, candidate.record_type),
        source_label=connection.source_label,
        own_dummy=dummy,
        send_dummy=wants_dummy,
    )
    sends_email = wants_dummy or any(not email.dead for email in person.emails)
    if found.needs_email and not sends_email:
        text = f"{found.display_name} needs an e-mail address. Add one, or export with generated addresses."
        return _Ended(ItemStatus.FAILED, Reason.NO_EMAIL, text)
    return _Work(
        item=item,
        export=export,
        connection=connection,
        connector=opening.open_connector(connection),
        target=Target(
            kind=TARGET_KIND[ExportMode(export.mode)], external_id=export.target_id, name=export.target_name
        ),
        acting_as=opening.acting_as(connection, export.created_by),
        plan=plan,
        keys=mapping.keys(person, own_dummy=dummy),
    )


def _plan(
    existing: RemotePerson | None, written: Mapping[str, str], *, person: mapping.PersonData, **given: Any
) -> mapping.Payload:
    return mapping.payload(person, existing=existing, written=written, **given)


# --- push ---------------------------------------------------------------------------------------------------


def _push(work: _Work) -> _Ended | None:
    """Look, decide, write, settle. An end without a write is returned."""
    link = links.of(work.connection, work.item.candidate)
    creating = link if link is not None and link.state == LinkState.CREATING else None
    if creating is not None:
        assert creating.creating_since is not None
        seen_after = creating.creating_since + settings.VENDOR_INDEX_DELAY
        if timezone.now() < seen_after:
            claims.give_back(work.item, not_before=seen_after, counted=False)
            return None
        if not work.keys:
            text = (
                f"{work.connector.display_name} may hold this person already and nothing here can find out: "
                "no e-mail, link or phone is known. Look there, then retry."
            )
            return _Ended(ItemStatus.FAILED, Reason.UNSEARCHABLE, text)
    existing = _existing(work, link)
    _seen(work, existing)
    payload = work.plan(existing, link.written if link is not None else {})
    if payload.missing:
        named = ", ".join(payload.missing)
        text = f"{named} must be filled for {work.connector.display_name}: fill it on the person and retry."
        return _Ended(ItemStatus.FAILED, Reason.MISSING_FIELD, text, payload.fields)
    if work.export.dry_run:
        return _rehearsed(work, existing, payload)
    if existing is None:
        link = _announce_create(work)
    elif creating is not None and _complete(work, creating):
        made = PushResult(external_id=existing.external_id, action=PushAction.CREATED, url=existing.url)
        _settle(work, payload, made, existing=existing, link=creating, finishing=True)
        return None
    else:
        claims.renew(work.item)
    _write(work, payload, existing=existing, link=link, finishing=creating is not None)
    return None


def _complete(work: _Work, creating: RemoteLink) -> bool:
    """Whether what an interrupted worker asked for has happened whole, target included, once the record is there."""
    return work.connector.creates_whole and creating.creating_target == work.target.external_id


def _existing(work: _Work, link: RemoteLink | None) -> RemotePerson | None:
    """What the vendor holds about the person now: by the link where that is sure, else by a search."""
    connector = work.connector
    reads = connector.supports(Capability.READ_PERSON)
    candidate = work.item.candidate
    linked = link is not None and link.state == LinkState.LINKED and bool(link.remote_id)
    if reads and linked and link is not None and not connector.needs_job:
        try:
            return connector.read(RemoteRef(external_id=link.remote_id, record_type=candidate.record_type))
        except RecordGone:
            links.gone(link)
            raise
    if not work.keys:
        return None
    found = connector.find(
        work.keys, record_type=candidate.record_type, target=work.target, acting_as=work.acting_as
    )
    ours = [row for row in found if link is None or row.external_id not in link.look_alikes]
    row = _same(ours, link)
    return connector.read(row.ref) if row is not None and reads else row


def _same(found: Sequence[RemotePerson], link: RemoteLink | None) -> RemotePerson | None:
    """The record we are linked to if it is among those found, else the oldest."""
    linked = next((row for row in found if link is not None and row.external_id == link.remote_id), None)
    return linked or next(iter(found), None)


def _seen(work: _Work, existing: RemotePerson | None) -> None:
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
                points.append((work.item.candidate_id, kind, normalise(value)))
    sightings.seen(organisation_id=work.item.organisation_id, points=points, at=timezone.now())


def _rehearsed(work: _Work, existing: RemotePerson | None, payload: mapping.Payload) -> _Ended:
    """A dry run ends here: what would have happened, nothing written."""
    attach = existing is None or work.target.external_id not in existing.target_ids
    if existing is None:
        return _Ended(ItemStatus.SENT, Reason.NONE, "Would be created.", payload.fields)
    changes = len(payload.values)
    said = (
        f"{changes} field{'s' if changes != 1 else ''} would change" if changes else "No field would change"
    )
    if attach:
        said += f"; would be put on {work.target.name}"
    return _Ended(ItemStatus.UPDATED, Reason.NONE, f"{said}."[:500], payload.fields)


def _announce_create(work: _Work) -> RemoteLink:
    with transaction.atomic():
        claims.renew(work.item)
        return links.begin_create(work.connection, work.item.candidate, target=work.target.external_id)


def _write(
    work: _Work,
    payload: mapping.Payload,
    *,
    existing: RemotePerson | None,
    link: RemoteLink | None,
    finishing: bool,
) -> None:
    """Push and settle. ``finishing``: an interrupted worker had announced the create of this record."""
    try:
        result = work.connector.push(
            PersonWrite(
                values=payload.values,
                whole=payload.whole,
                record_type=work.item.candidate.record_type,
                target=work.target,
                acting_as=work.acting_as,
            ),
            existing=existing,
        )
    except Incomplete as error:
        # The record is certain; what is left is done, or said, by the next try.
        if existing is None or finishing:
            claims.remember_made(work.item)
        links.record(
            work.connection,
            work.item.candidate,
            error.result,
            digests={},
            made_by_us=existing is None or finishing,
            exported=False,
        )
        raise
    except OutcomeUnknown:
        raise
    except RecordGone:
        if link is not None:
            links.gone(link)
        raise
    except ConnectorError:
        if existing is None and link is not None:
            # Certainly not carried out: the next try need not wait for an index.
            links.undo_create(link)
        raise
    _settle(work, payload, result, existing=existing, link=link, finishing=finishing)


def _settle(
    work: _Work,
    payload: mapping.Payload,
    result: PushResult,
    *,
    existing: RemotePerson | None,
    link: RemoteLink | None,
    finishing: bool,
) -> None:
    """Item, link, mark and news, in one transaction and only with our token."""
    created = result.action is PushAction.CREATED or finishing or work.item.made_record
    first_id = link.remote_id if link is not None else ""
    second = bool(first_id) and first_id != result.external_id
    text = ""
    if second and not work.connector.needs_job:
        text = f"{work.connector.display_name} made a second record; both are kept."
    elif result.action is PushAction.UNCHANGED and not finishing:
        text = "Nothing had changed."
    digests = {key: value for key, value in payload.digests.items() if key not in result.left_out}
    with transaction.atomic():
        claims.finish(
            work.item,
            ItemStatus.SENT
            if created and not (second and not work.connector.needs_job)
            else ItemStatus.UPDATED,
            text=text,
            fields=_told(payload, result, work.item, work.connection),
            remote_id=result.external_id,
            made_record=created,
            before=_before(payload, existing) if not created else {},
        )
        links.record(
            work.connection,
            work.item.candidate,
            result,
            digests=digests,
            made_by_us=created,
            exported=True,
        )


def _told(
    payload: mapping.Payload, result: PushResult, item: ExportItem, connection: Connection
) -> list[dict[str, str]]:
    """The log of the fields; what the connector could not write is said instead of "written"."""
    if not result.left_out:
        return [line.as_json() for line in payload.fields]
    labels = {
        rule.field.label: result.left_out[rule.field.key]
        for rule in field_table.rules(connection, item.candidate.record_type)
        if rule.field.key in result.left_out
    }
    return [
        mapping.FieldOutcome(line.field, mapping.Outcome.KEPT, labels[line.field]).as_json()
        if line.field in labels
        else line.as_json()
        for line in payload.fields
    ]


def _before(payload: mapping.Payload, existing: RemotePerson | None) -> dict[str, Any]:
    """What readable fields held before this push wrote them; histories are told by their digests only."""
    if existing is None:
        return {}
    return {
        key: existing.values[key]
        for key in payload.values
        if key in existing.values and not _is_history(existing.values[key])
    }


def _is_history(value: Value) -> bool:
    return isinstance(value, tuple) and any(not isinstance(item, str) for item in value)


# --- ends ---------------------------------------------------------------------------------------------------


def _decide(item: ExportItem, error: ConnectorError) -> None:
    """Apply the policy for an error; a refused credential is checked once before the connection is blamed."""
    now = timezone.now()
    error = error.cause if isinstance(error, Incomplete) else error
    decided = error_policy.verdict(
        error,
        attempts=item.attempts,
        now=now,
        index_delay=settings.VENDOR_INDEX_DELAY,
        vendor=registry.connector_class(item.connection.vendor).display_name,
        jitter=random.random(),  # noqa: S311 - spreads load, protects nothing
    )
    if isinstance(decided, error_policy.CheckCredential):
        if _credential_refused(item.connection):
            connections.needs_reconnect(item.connection, trouble=str(error))
            claims.give_back(item, not_before=now, counted=False)
            return
        decided = decided.otherwise
    if isinstance(decided, error_policy.Later):
        if decided.whole_account:
            Connection.objects.for_organisation(item.organisation_id).filter(pk=item.connection_id).update(
                not_before=decided.not_before
            )
        claims.give_back(item, not_before=decided.not_before, counted=decided.counted)
        return
    claims.end(item, ItemStatus.FAILED, reason=decided.reason, text=decided.text)


def _credential_refused(connection: Connection) -> bool:
    """Ask the cheapest question; any other trouble on the way is not the credential's."""
    try:
        opening.open_connector(connection).check()
    except (AuthError, Forbidden):
        return True
    except ConnectorError:
        return False
    return False
