"""The hold of one worker on one export item or sync task: taken with a lease, renewed, ended or given back.

Every write after the claim is a compare-and-set with the claim's token: zero rows mean that someone else decided.
Lease times are the database's; whether work is due is compared with the ``now`` passed in. One person at one
connection is in one pair of hands: exports and syncs look at each other's claims under one lock.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from foundation import events
from foundation.models import Run
from integrations.models import (
    Connection,
    Export,
    ExportItem,
    ItemStatus,
    NoteState,
    Reason,
    RemoteNote,
    SyncStatus,
    SyncTask,
)
from integrations.states import SYNC_OPEN, Ended, check_item, check_sync

Work = ExportItem | SyncTask
W = TypeVar("W", ExportItem, SyncTask)

#: Longer than one call to a vendor with all its naps; renewed before a write.
LEASE = datetime.timedelta(seconds=120)
#: When another worker has the same person in work.
SHORT_WAIT = datetime.timedelta(seconds=2)
#: Namespace of the advisory lock of one person at one connection.
_PERSON = 0x426B

#: One message, two statements: the second sees what was committed while the first waited. The lock's key is two numbers
#: of 32 bits: a chance collision only makes two claims take turns.
_FREE = """
SELECT pg_advisory_xact_lock(%(namespace)s, hashint8(%(candidate)s # (%(connection)s::bigint << 32)));
SELECT NOT EXISTS (SELECT 1 FROM {other}
                    WHERE organisation_id = %(organisation)s AND connection_id = %(connection)s
                      AND candidate_id = %(candidate)s AND status = %(claimed)s
                      AND lease_until > statement_timestamp())
   AND NOT EXISTS (SELECT 1 FROM {same}
                    WHERE organisation_id = %(organisation)s AND connection_id = %(connection)s
                      AND candidate_id = %(candidate)s AND status = %(claimed)s AND id <> %(self)s)
"""

_QUEUED, _CLAIMED = ItemStatus.QUEUED.value, ItemStatus.CLAIMED.value


class ClaimLost(RuntimeError):
    """Another worker holds this work now, or it was cancelled: stop at once, write nothing more."""


def claim(export: Export, *, now: datetime.datetime) -> ExportItem | None:
    """Take the first item that is due, or whose worker died; None when there is none, or the run is to stop.

    The item's ``export``, ``connection`` and ``organisation`` are those of ``export`` itself.
    """
    rows = ExportItem.objects.for_organisation(export.organisation_id).filter(export=export)
    stopped = Run.objects.for_organisation(export.organisation_id).filter(
        pk=export.run_id or 0, cancel_requested=True
    )
    item = _take(ExportItem, rows.filter(~Exists(stopped)), ("candidate",), now=now)
    if item is not None:
        item.export, item.connection, item.organisation = export, export.connection, export.organisation
    return item


def claim_task(of: Connection, *, now: datetime.datetime) -> SyncTask | None:
    """Take the first sync task of the connection that is due and before which its person has none open."""
    rows = SyncTask.objects.for_organisation(of.organisation_id).filter(connection=of)
    earlier = SyncTask.objects.for_organisation(of.organisation_id).filter(
        connection=of, candidate_id=OuterRef("candidate_id"), status__in=SYNC_OPEN, pk__lt=OuterRef("pk")
    )
    related = ("candidate", "connection", "note", "user", "campaign", "organisation")
    return _take(SyncTask, rows.filter(~Exists(earlier)), related, now=now)


def _take(model: type[W], rows: QuerySet[W], related: tuple[str, ...], *, now: datetime.datetime) -> W | None:
    due = Q(status=_QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    stale = Q(status=_CLAIMED, lease_until__lt=Now())
    while True:
        with transaction.atomic():
            found = (
                rows.filter(due | stale)
                .order_by("pk")
                .select_related(*related)
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if found is None:
                return None
            if found.status == _QUEUED:
                _check(found, _CLAIMED)
            mine = model.objects.for_organisation(found.organisation_id).filter(pk=found.pk)
            if not _free(found):
                _wait(mine, found, now)
                continue
            found.status, found.claim_token = _CLAIMED, uuid.uuid4()
            mine.update(status=_CLAIMED, claim_token=found.claim_token, lease_until=Now() + LEASE)
        return found


def _free(found: Work) -> bool:
    """Whether nobody else holds this person; the lock keeps the answer true until our commit.

    Among the work of the same kind ("one in work") a dead worker's row counts until it is taken itself.
    """
    other, same = ("exportitem", "synctask") if isinstance(found, SyncTask) else ("synctask", "exportitem")
    with connection.cursor() as cursor:
        cursor.execute(
            _FREE.format(other=f"integrations_{other}", same=f"integrations_{same}"),
            {
                "namespace": _PERSON,
                "organisation": found.organisation_id,
                "connection": found.connection_id,
                "candidate": found.candidate_id,
                "claimed": _CLAIMED,
                "self": found.pk,
            },
        )
        return bool(cursor.fetchone()[0])


def _wait(mine: QuerySet[W], found: W, now: datetime.datetime) -> None:
    """Somebody else has the person: leave the row as it is for a moment; a dead worker's stays claimed."""
    if found.status == _QUEUED:
        mine.update(not_before=now + SHORT_WAIT)
    else:
        mine.update(lease_until=Now() + SHORT_WAIT)


def end(
    work: Work,
    status: ItemStatus | SyncStatus,
    *,
    reason: Reason,
    text: str,
    fields: list[dict[str, str]] | None = None,
) -> None:
    """The work is over without a record written now."""
    with transaction.atomic():
        _finish(work, status, reason=reason, text=text, fields=fields)


def conclude(work: Work, ended: Ended) -> None:
    """:func:`end`, as :class:`Ended` says."""
    fields = [dict(line) for line in ended.fields]
    end(work, ended.status, reason=ended.reason, text=ended.text, fields=fields)


def finish(
    item: ExportItem,
    status: ItemStatus,
    *,
    text: str = "",
    fields: list[dict[str, str]] | None = None,
    remote_id: str = "",
    made_record: bool = False,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Write the end of an item whose record was written, in the caller's transaction. Raises ClaimLost."""
    _finish(
        item,
        status,
        text=text,
        fields=fields,
        remote_id=remote_id,
        made_record=made_record or item.made_record,
        before=before or {},
    )


def done(task: SyncTask, *, text: str = "", fields: list[dict[str, str]] | None = None) -> None:
    """Write the end of a task that was carried out, in the caller's transaction. Raises ClaimLost."""
    _finish(task, SyncStatus.DONE, text=text, fields=fields)


def _finish(
    work: Work,
    status: ItemStatus | SyncStatus,
    *,
    reason: Reason = Reason.NONE,
    text: str = "",
    fields: list[dict[str, str]] | None = None,
    **values: Any,
) -> None:
    _check(work, status)
    _held(
        work,
        status=status,
        reason_code=reason,
        reason=text[:500],
        fields=fields or [],
        claim_token=None,
        lease_until=None,
        not_before=None,
        settled_at=Now(),
        **values,
    )
    if isinstance(work, ExportItem):
        events.emit(
            "export.item_settled",
            organisation_id=work.organisation_id,
            subject=f"export-item:{work.pk}",
            item_id=work.pk,
        )
    else:
        events.emit(
            "sync.task_settled",
            organisation_id=work.organisation_id,
            subject=f"sync-task:{work.pk}",
            task_id=work.pk,
        )


def give_back(work: Work, *, not_before: datetime.datetime, counted: bool, why: str = "") -> None:
    """To the queue, to be taken again from ``not_before`` on; ``why`` is told beside a task that waits.

    A push that a later one of the same campaign has overtaken in the queue ends instead: the later one does it.
    """
    _check(work, ItemStatus.QUEUED)
    told = {"reason": why[:500]} if isinstance(work, SyncTask) else {}
    try:
        with transaction.atomic():
            _held(
                work,
                status=_QUEUED,
                not_before=not_before,
                attempts=work.attempts + counted,
                claim_token=None,
                lease_until=None,
                **told,
            )
    except IntegrityError:
        # integrations_task_one_push_queued
        end(work, SyncStatus.SKIPPED, reason=Reason.REPLACED, text="A later change takes its place.")


def remember_made(item: ExportItem) -> None:
    """The record is this item's own, although the item is not over yet: undo may take it away."""
    _held(item, made_record=True)


def renew(work: Work) -> None:
    """A whole lease for the write that follows."""
    _held(work, lease_until=Now() + LEASE)


def cancel_tasks(of: Connection) -> int:
    """The connection is removed: everything open ends, notes not yet written are kept. Call inside its transaction."""
    rows = SyncTask.objects.for_organisation(of.organisation_id).filter(connection=of)
    ended = rows.filter(status__in=[*SYNC_OPEN, SyncStatus.ATTENTION]).update(
        status=SyncStatus.CANCELLED,
        reason_code=Reason.CONNECTION_REMOVED,
        reason="The connection was removed.",
        claim_token=None,
        lease_until=None,
        not_before=None,
        settled_at=Now(),
    )
    RemoteNote.objects.for_organisation(of.organisation_id).filter(
        connection=of, state=NoteState.QUEUED
    ).update(state=NoteState.KEPT)
    return ended


def _check(work: Work, status: str) -> None:
    (check_item if isinstance(work, ExportItem) else check_sync)(work.status, status)


def _held(work: Work, **values: object) -> None:
    """Compare-and-set with the claim token; zero rows = someone else decided."""
    rows = (
        type(work)
        .objects.for_organisation(work.organisation_id)
        .filter(pk=work.pk, status=_CLAIMED, claim_token=work.claim_token)
    )
    if not rows.update(**values):
        raise ClaimLost(f"{type(work).__name__} {work.pk}")
