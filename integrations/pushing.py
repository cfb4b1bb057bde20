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
from contextlib import suppress
from dataclasses import dataclass

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
    links,
    mapping,
    opening,
    registry,
    selectors,
)
from integrations.base.connector import Connector
from integrations.base.errors import AuthError, ConnectorError, Forbidden, OutcomeUnknown, RecordGone
from integrations.base.records import PushAction, PushResult, RemotePerson, Target, TargetKind
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


@dataclass(frozen=True, slots=True)
class _Work:
    """All that belongs to one claimed item."""

    item: ExportItem
    export: Export
    connection: Connection
    connector: Connector
    payload: mapping.Payload
    target: Target
    acting_as: str
    history: str


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
        if isinstance(work, _Ended):
            claims.end(item, work.status, reason=work.reason, text=work.text)
            return
        _push(work)
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
    person = selectors.person_data(viewer=export.created_by, candidate=candidate)
    wants_dummy = export.dummy_addresses and not person.emails
    make = dummies.draw if wants_dummy else dummies.address_of
    payload = mapping.payload(
        person,
        source_label=connection.source_label,
        own_dummy=make(candidate, organisation=item.organisation),
        send_dummy=wants_dummy,
        cannot_hold=found.cannot_hold,
    )
    if found.needs_email and not payload.record.sent_emails:
        text = f"{found.display_name} needs an e-mail address. Add one, or export with generated addresses."
        return _Ended(ItemStatus.FAILED, Reason.NO_EMAIL, text)
    return _Work(
        item=item,
        export=export,
        connection=connection,
        connector=opening.open_connector(connection),
        payload=payload,
        target=Target(
            kind=TARGET_KIND[ExportMode(export.mode)], external_id=export.target_id, name=export.target_name
        ),
        acting_as=opening.acting_as(connection, export.created_by),
        history=payload.record.history_digest(),
    )


# --- push ---------------------------------------------------------------------------------------------------


def _push(work: _Work) -> None:
    link = links.of(work.connection, work.item.candidate)
    creating = link if link is not None and link.state == LinkState.CREATING else None
    if creating is not None:
        assert creating.creating_since is not None
        seen_after = creating.creating_since + settings.VENDOR_INDEX_DELAY
        if timezone.now() < seen_after:
            claims.give_back(work.item, not_before=seen_after, counted=False)
            return
        if not work.payload.keys:
            text = (
                f"{work.connector.display_name} may hold this person already and nothing here can find out: "
                "no e-mail, link or phone is known. Look there, then retry."
            )
            claims.end(work.item, ItemStatus.FAILED, reason=Reason.UNSEARCHABLE, text=text)
            return
    found = work.connector.find(work.payload.keys, acting_as=work.acting_as) if work.payload.keys else ()
    existing = _same(found, link)
    _seen(work, existing)
    if existing is None:
        _create(work, link)
    elif creating is not None and creating.creating_target == work.target.external_id:
        # What an interrupted worker asked for has happened, target included.
        _settle(work, PushResult(external_id=existing.external_id, action=PushAction.CREATED), link=creating)
    else:
        _update(work, link, existing)


def _same(found: tuple[RemotePerson, ...], link: RemoteLink | None) -> RemotePerson | None:
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


def _create(work: _Work, link: RemoteLink | None) -> None:
    with transaction.atomic():
        claims.renew(work.item)
        link = links.begin_create(work.connection, work.item.candidate, target=work.target.external_id)
    try:
        result = work.connector.push(
            work.payload.record,
            existing=None,
            history_changed=True,
            target=work.target,
            acting_as=work.acting_as,
        )
    except OutcomeUnknown:
        raise
    except ConnectorError:
        # Certainly not carried out: the next try need not wait for an index.
        links.undo_create(link)
        raise
    _settle(work, result, link=link)


def _update(work: _Work, link: RemoteLink | None, existing: RemotePerson) -> None:
    claims.renew(work.item)
    try:
        result = work.connector.push(
            work.payload.record,
            existing=existing,
            history_changed=link is None or link.history_digest != work.history,
            target=work.target,
            acting_as=work.acting_as,
        )
    except RecordGone:
        if link is not None:
            links.gone(link)
        raise
    _settle(work, result, link=link)


def _settle(work: _Work, result: PushResult, *, link: RemoteLink | None) -> None:
    """Item, link, mark and news, in one transaction and only with our token."""
    created = result.action is PushAction.CREATED
    first_id = link.remote_id if link is not None else ""
    second = bool(first_id) and first_id != result.external_id
    text = ""
    if second:
        text = f"{work.connector.display_name} made a second record; both are kept."
    elif result.action is PushAction.UNCHANGED:
        text = "Nothing had changed."
    with transaction.atomic():
        claims.finish(
            work.item,
            ItemStatus.SENT if created and not second else ItemStatus.UPDATED,
            text=text,
            fields=[line.as_json() for line in work.payload.fields],
            remote_id=result.external_id,
        )
        links.record(work.connection, work.item.candidate, result, history=work.history, made_by_us=created)


# --- ends ---------------------------------------------------------------------------------------------------


def _decide(item: ExportItem, error: ConnectorError) -> None:
    """Apply the policy for an error; a refused credential is checked once before the connection is blamed."""
    now = timezone.now()
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
