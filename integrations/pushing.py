"""The life of one export item: claimed with a lease, written (``writing``), settled once (docs/architecture.md).

Claim: ``queued`` → ``claimed`` with a token; a database constraint lets one worker hold a person. Settle: item, link,
mark and news in one transaction, if the token is still ours.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import partial

import structlog
from django.db import OperationalError, transaction

from foundation.problems import Problem
from integrations import (
    claims,
    companies,
    dummies,
    links,
    mapping,
    notes,
    opening,
    person_variables,
    registry,
    setbacks,
    writing,
)
from integrations.base.errors import ConnectorError
from integrations.base.records import Target, TargetKind
from integrations.models import ExportItem, ExportMode, ItemStatus, Reason
from integrations.rounds import Round
from integrations.states import Ended

log = structlog.get_logger(__name__)

TARGET_KIND = {ExportMode.PROSPECTS: TargetKind.POOL, ExportMode.CANDIDATES: TargetKind.JOB}


def push_next(round_: Round, *, now: datetime.datetime) -> bool:
    """Handle one due item to its end or back to the queue; False when none is due.

    A vendor that asks for a pause, or refuses the credential, is told on the connection of ``round_`` too.
    """
    item = claims.claim(round_.export, now=now)
    if item is None:
        return False
    try:
        _handle(item, round_)
    except claims.ClaimLost:
        log.warning("export.claim_lost", item_id=item.pk)
    return True


def _handle(item: ExportItem, round_: Round) -> None:
    """Push, and turn whatever was raised into a state. The loop over other people goes on."""
    try:
        order = _prepare(item, round_)
        ended = order if isinstance(order, Ended) else _write(item, order)
        if ended is not None:
            claims.conclude(item, ended)
    except ConnectorError as error:
        failed = setbacks.meet(item, error)
        if failed is not None:
            claims.end(item, ItemStatus.FAILED, reason=failed.reason, text=failed.text)
    except claims.ClaimLost:
        raise
    except Problem as error:
        claims.end(item, ItemStatus.FAILED, reason=Reason.INTERNAL, text=str(error))
    except OperationalError:
        if not setbacks.database_busy(item):
            raise
    except Exception:  # any bug about one person ends that person's item, not the export of the others
        log.exception("export.item_failed", item_id=item.pk, connection_id=item.connection_id)
        text = "Something went wrong here, not there. It is in the log with this item's number."
        claims.end(item, ItemStatus.FAILED, reason=Reason.INTERNAL, text=text)


def _prepare(item: ExportItem, round_: Round) -> writing.Order | Ended:
    """Everything the push needs, read now: addresses, ticks and marks as they are at this moment."""
    export, connection, candidate = item.export, item.connection, item.candidate
    found = registry.connector_class(connection.vendor)
    if candidate.record_type not in found.record_types:
        text = f"{found.display_name} has no contacts."
        return Ended(ItemStatus.SKIPPED, Reason.NO_SUCH_RECORD_TYPE, text)
    link = links.of(connection, candidate)
    if link is not None and link.exported_at and not (export.include_exported or item.again):
        return Ended(ItemStatus.SKIPPED, Reason.ALREADY_EXPORTED, "Exported before.")
    read = round_.read(item)
    person = person_variables.of(viewer=export.created_by, candidate=candidate, known=read.beside)
    wants_dummy = export.dummy_addresses and not person.emails
    dummy = dummies.draw(candidate, organisation=item.organisation) if wants_dummy else read.dummy
    plan = partial(
        mapping.payload,
        person,
        rules=round_.rules(candidate.record_type),
        source_label=connection.source_label,
        entered=companies.with_chosen(connection, candidate, read.entered.get(candidate.record_type, {})),
        own_dummy=dummy,
        send_dummy=wants_dummy,
    )
    sends_email = wants_dummy or any(not email.dead for email in person.emails)
    if found.needs_email and not sends_email:
        text = f"{found.display_name} needs an e-mail address. Add one, or export with generated addresses."
        return Ended(ItemStatus.FAILED, Reason.NO_EMAIL, text)
    return writing.Order(
        connection=connection,
        connector=opening.open_connector(connection, turn=round_.turn),
        candidate=candidate,
        link=link,
        plan=plan,
        keys=mapping.keys(person, own_dummy=dummy),
        target=Target(
            kind=TARGET_KIND[ExportMode(export.mode)], external_id=export.target_id, name=export.target_name
        ),
        acting_as=round_.acting_as,
        renew=partial(claims.renew, item),
        made=partial(claims.remember_made, item),
        rehearse=export.dry_run,
    )


# --- write --------------------------------------------------------------------------------------------------


def _write(item: ExportItem, order: writing.Order) -> Ended | None:
    """Write and settle. An end without a confirmed write is returned."""
    system = order.connector.display_name
    end = writing.write(order)
    if isinstance(end, writing.Waits):
        claims.give_back(item, not_before=end.until, counted=False)
        return None
    if isinstance(end, writing.Unsearchable):
        return Ended(ItemStatus.FAILED, Reason.UNSEARCHABLE, end.said(system))
    if isinstance(end, writing.Missing):
        named = ", ".join(end.payload.missing)
        text = f"{named} must be filled for {system}: fill it on the person and retry."
        return Ended(ItemStatus.FAILED, Reason.MISSING_FIELD, text, end.payload.log)
    if isinstance(end, companies.Undecided):
        return Ended(ItemStatus.FAILED, Reason.COMPANY, end.said(system))
    if isinstance(end, writing.Rehearsed):
        return _rehearsed(order, end)
    _settle(item, order, end)
    return None


def _rehearsed(order: writing.Order, end: writing.Rehearsed) -> Ended:
    """A dry run ends here: what would have happened, nothing written."""
    fields = end.payload.log
    if end.existing is None:
        return Ended(ItemStatus.SENT, Reason.NONE, "Would be created.", fields)
    changes = len(end.payload.values)
    said = (
        f"{changes} field{'s' if changes != 1 else ''} would change" if changes else "No field would change"
    )
    if order.target is not None and order.target.external_id not in end.existing.target_ids:
        said += f"; would be put on {order.target.name}"
    return Ended(ItemStatus.UPDATED, Reason.NONE, f"{said}."[:500], fields)


def _settle(item: ExportItem, order: writing.Order, end: writing.Written) -> None:
    """Item, link, mark and news, in one transaction and only with our token."""
    # An earlier try of this item may have made the record that this one completed.
    end = replace(end, created=end.created or item.made_record)
    with transaction.atomic():
        claims.finish(
            item,
            ItemStatus.SENT if end.created and not end.second else ItemStatus.UPDATED,
            text=end.said(order.connector.display_name),
            fields=writing.told(end, order.connection, item.candidate.record_type),
            remote_id=end.result.external_id,
            made_record=end.created,
            before=end.before,
        )
        links.record(
            order.connection,
            item.candidate,
            end.result,
            digests=end.digests,
            made_by_us=end.created,
            exported=True,
        )
        notes.release(order.connection, item.candidate)
