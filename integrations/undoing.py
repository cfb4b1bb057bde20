"""Taking an export back: deletes only records the export made and nobody changed since, restores what it overwrote
only where the value there is still ours (docs/behaviour.md §7).

One person per step. What was written is known by its digests on the link, what was there before by the item; neither is
kept longer than :data:`KEPT_FOR`. A write that is repeated after a crash changes nothing: what was taken back is no
longer ours.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, NoReturn

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict
from integrations import (
    dummies,
    error_policy,
    links,
    mapping,
    opening,
    pauses,
    person_variables,
    setbacks,
)
from integrations.base.connector import Connector
from integrations.base.errors import ConnectorError, NotFound
from integrations.base.records import Capability, PersonWrite, RemotePerson, RemoteRef, Value
from integrations.models import ConnectionStatus, Export, ExportItem, RemoteLink
from integrations.states import EXPORTED

KIND = "integrations.undo"
#: An export can be taken back for this long; then what was there before is forgotten.
KEPT_FOR = datetime.timedelta(days=30)
#: The vendor's clock may be ahead of ours by this much.
_CLOCKS = datetime.timedelta(minutes=2)

DONE = "Taken back."


class NothingToUndo(Conflict):
    """The export wrote nothing that could be taken back, or it was taken back already."""

    code: ClassVar[str] = "nothing_to_undo"


def undoable(export: Export) -> bool:
    """Whether the export has ended, is recent enough and wrote something that was not taken back."""
    if export.dry_run or (export.run is not None and not export.run.ended):
        return False
    return export.created_at > timezone.now() - KEPT_FOR and _left(export).exists()


def start(*, actor: User, export: Export) -> Run:
    """Begin to take an export back. A second click returns the run under way. Raises NothingToUndo."""
    with transaction.atomic():
        row = (
            Export.objects.for_organisation(export.organisation_id)
            .select_related("run", "connection")
            .select_for_update(of=("self",))
            .get(pk=export.pk)
        )
        subject = f"undo-export:{row.pk}"
        open_run = (
            Run.objects.for_organisation(row.organisation_id)
            .filter(kind=KIND, subject=subject, status__in=("queued", "running"))
            .first()
        )
        if open_run is not None:
            return open_run
        if not undoable(row):
            raise NothingToUndo("There is nothing to take back, or it is longer ago than 30 days.")
        if row.connection.status != ConnectionStatus.CONNECTED:
            raise NothingToUndo("Reconnect first; then undo.")
        return runs.start(
            kind=KIND,
            organisation=actor.organisation,
            actor=actor,
            title=f"Undo: {row.target_name}",
            subject=subject,
            total=_left(row).count(),
            params={"export_id": row.pk},
        )


@runs.kind(KIND, queue="sync")
def step(run: Run) -> bool:
    """Take the next person back; True while some are left."""
    export = (
        Export.objects.for_organisation(run.organisation_id)
        .select_related("connection", "created_by", "organisation")
        .get(pk=run.params["export_id"])
    )
    item = _left(export).select_related("candidate").order_by("pk").first()
    if item is None:
        _finish(run, export)
        return False
    if export.connection.status == ConnectionStatus.REMOVED:
        raise NothingToUndo("The connection was removed: nothing more can be taken back.")
    if not pauses.is_open(export.connection, timezone.now()):
        _rest(run, export, timezone.now())
    try:
        note = _take_back(export, item)
    except ConnectorError as error:
        decided = setbacks.decide(export.connection, error, attempts=_tries(run, item))
        if isinstance(decided, error_policy.Later):
            _remember_try(run, item, counted=decided.counted)
            _rest(run, export, decided.not_before)
        note = f"Could not be taken back: {decided.text}"
    _settle(export, item, note)
    runs.progress(run, done=run.total - _left(export).count())
    return True


def forget(*, now: datetime.datetime) -> int:
    """Drop what was there before from items too old to be taken back; how many."""
    rows = ExportItem.objects.across_organisations("retention serves everyone")
    return rows.filter(settled_at__lt=now - KEPT_FOR).exclude(before={}).update(before={})


def _left(export: Export) -> QuerySet[ExportItem]:
    return ExportItem.objects.for_organisation(export.organisation_id).filter(
        export=export, status__in=EXPORTED, undone_at__isnull=True
    )


def _take_back(export: Export, item: ExportItem) -> str:
    """Undo one person there; the sentence for the log."""
    link = links.of(export.connection, item.candidate)
    if link is None or item.remote_id not in (link.remote_id, *link.other_remote_ids):
        return "Not linked any more: nothing was changed there."
    connector = opening.open_connector(export.connection)
    ref = RemoteRef(external_id=item.remote_id, record_type=item.candidate.record_type)
    there = _now_there(connector, ref, item, export)
    if there is None:
        return "No longer there."
    if item.made_record:
        return _remove(connector, link, item, there)
    return _restore(
        connector, link, item, there, acting_as=opening.acting_as(export.connection, export.created_by)
    )


def _now_there(connector: Connector, ref: RemoteRef, item: ExportItem, export: Export) -> RemotePerson | None:
    if connector.supports(Capability.READ_PERSON):
        try:
            return connector.read(ref)
        except NotFound:
            return None
    person = person_variables.of(viewer=export.created_by, candidate=item.candidate)
    own_dummy = dummies.address_of(item.candidate, organisation=export.organisation)
    keys = mapping.keys(person, own_dummy=own_dummy)
    if not keys:
        return None
    acting_as = opening.acting_as(export.connection, export.created_by)
    found = connector.find(keys, record_type=ref.record_type, target=None, acting_as=acting_as)
    return next((row for row in found if row.external_id == ref.external_id), None)


def _remove(connector: Connector, link: RemoteLink, item: ExportItem, there: RemotePerson) -> str:
    if not connector.supports(Capability.DELETE_PERSON):
        return f"{connector.display_name} does not let records be removed: remove it there."
    assert item.settled_at is not None
    changed = [
        key for key, value in there.values.items() if key in link.written and not _ours(link, key, value)
    ]
    later = there.updated_at is not None and there.updated_at > item.settled_at + _CLOCKS
    if changed or later:
        return "It was changed there since, so it stays."
    connector.delete(there.ref)
    return DONE


def _restore(
    connector: Connector, link: RemoteLink, item: ExportItem, there: RemotePerson, *, acting_as: str
) -> str:
    before: dict[str, Value] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in item.before.items()
    }
    back = {
        key: value
        for key, value in before.items()
        if key in there.values and _ours(link, key, there.values[key])
    }
    if not back:
        return "Nothing of it is left there to restore."
    write = PersonWrite(
        values=back,
        whole={**there.values, **back},
        record_type=item.candidate.record_type,
        acting_as=acting_as,
    )
    result = connector.push(write, existing=there)
    kept = len(before) - len(back) + len(result.left_out)
    return DONE if not kept else f"{DONE} {kept} field{'s' if kept != 1 else ''} changed there since stay."


def _ours(link: RemoteLink, key: str, value: Value) -> bool:
    return bool(link.written.get(key) == mapping.digest(value))


def _settle(export: Export, item: ExportItem, note: str) -> None:
    """The item is undone, or said why not; the mark "exported" hangs on what is left."""
    with transaction.atomic():
        ExportItem.objects.for_organisation(item.organisation_id).filter(pk=item.pk).update(
            undone_at=timezone.now(), undo_note=note[:500], before={}
        )
        if not note.startswith(DONE):
            return
        if item.made_record:
            links.removed(export.connection, item.candidate)
        links.unmark(export.connection, item.candidate)


def _rest(run: Run, export: Export, due: datetime.datetime) -> NoReturn:
    until, note = pauses.until(export.connection, due, timezone.now())
    runs.rest(run, until=until, note=note)


def _tries(run: Run, item: ExportItem) -> int:
    """How often the vendor failed with this person so far."""
    return int(run.params.get("tries", {}).get(str(item.pk), 0))


def _remember_try(run: Run, item: ExportItem, *, counted: bool) -> None:
    # Of this person only: whoever went before is over.
    run.params = {**run.params, "tries": {str(item.pk): _tries(run, item) + counted}}
    run.save(update_fields=["params"])


def _finish(run: Run, export: Export) -> None:
    items = ExportItem.objects.for_organisation(export.organisation_id).filter(
        export=export, undone_at__isnull=False
    )
    back = items.filter(undo_note__startswith=DONE).count()
    stayed = items.count() - back
    summary = f"{back} taken back" + (f", {stayed} stayed as they are" if stayed else "")
    runs.finish(run, result={"summary": summary, "export_id": export.pk})
