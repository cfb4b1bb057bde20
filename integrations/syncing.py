"""Sync tasks: claimed like messages, carried out, ended with a reason; retried and cancelled by people.

One visit of a worker to one connection lasts 20 seconds. A vendor that fails three times in a row is left alone for
half a minute, so that one that is down costs only its own tasks time (docs/architecture.md, "Integrations").
"""

from __future__ import annotations

import datetime
import time
from typing import ClassVar

import structlog
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from foundation.problems import Conflict, Problem
from integrations import claims, links, notes, person_sync, setbacks, sync_queue
from integrations.base.errors import ConnectorError
from integrations.models import (
    Connection,
    ConnectionStatus,
    NoteState,
    Reason,
    RemoteNote,
    SyncKind,
    SyncStatus,
    SyncTask,
)
from integrations.states import SYNC_OPEN, UNSURE, Ended, check_sync
from sourcing.models import Candidate

log = structlog.get_logger(__name__)

VISIT_SECONDS = 20.0
#: Setbacks in a row that end a visit, and how long nobody comes then.
SETBACKS = 3
LEFT_ALONE_SECONDS = 30
#: For so long a vendor's outage is waited out; then a task needs somebody.
PATIENCE = datetime.timedelta(days=3)
#: What an edit of the person may have put right.
_MENDABLE = (Reason.MISSING_FIELD, Reason.NO_EMAIL, Reason.NO_TARGET, Reason.COMPANY)


class NothingToRetry(Conflict):
    """The task does not wait for anybody."""

    code: ClassVar[str] = "nothing_to_retry"


# --- the worker -------------------------------------------------------------------------------------------


def due(*, now: datetime.datetime) -> list[tuple[int, int]]:
    """(organisation, connection) where a task is due: found by beat, whatever became of the wake-ups."""
    waiting = SyncTask.objects.across_organisations("the worker serves all").filter(
        Q(status=SyncStatus.QUEUED) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
        | Q(status=SyncStatus.CLAIMED, lease_until__lt=Now()),
        connection=OuterRef("pk"),
    )
    rows = Connection.objects.across_organisations("the worker serves all").filter(
        Exists(waiting),
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        status=ConnectionStatus.CONNECTED,
    )
    return list(rows.order_by("pk").values_list("organisation_id", "pk"))


def visit(*, organisation_id: int, connection_id: int) -> int:
    """Carry out what is due at one connection for up to 20 s; how many tasks were taken up.

    One visit at a time: a vendor that hangs holds one worker and not all of them.
    """
    cache.delete(sync_queue.woken(connection_id))
    busy = f"integrations:sync:visit:{connection_id}"
    if not cache.add(busy, 1, timeout=int(VISIT_SECONDS) + LEFT_ALONE_SECONDS):
        return 0
    taken = failed = 0
    until = time.monotonic() + VISIT_SECONDS
    while failed < SETBACKS and time.monotonic() < until:
        connection = _usable(organisation_id, connection_id)
        task = claims.claim_task(connection, now=timezone.now()) if connection is not None else None
        if task is None:
            break
        taken += 1
        failed = 0 if carry_out(task) else failed + 1
    if failed < SETBACKS:
        cache.delete(busy)
    else:
        cache.touch(busy, LEFT_ALONE_SECONDS)
    return taken


def _usable(organisation_id: int, connection_id: int) -> Connection | None:
    now = timezone.now()
    return (
        Connection.objects.for_organisation(organisation_id)
        .filter(
            Q(not_before__isnull=True) | Q(not_before__lte=now),
            pk=connection_id,
            status=ConnectionStatus.CONNECTED,
        )
        .first()
    )


def carry_out(task: SyncTask) -> bool:
    """One claimed task to its end or back to the queue; False when the vendor made it wait."""
    try:
        _end(task, (person_sync if task.kind == SyncKind.PUSH else notes).carry_out(task))
    except ConnectorError as error:
        return _met(task, error)
    except claims.ClaimLost:
        log.warning("sync.claim_lost", task_id=task.pk)
    except Problem as error:
        _try_end(task, Ended(SyncStatus.ATTENTION, Reason.INTERNAL, str(error)))
    except OperationalError:
        if not setbacks.database_busy(task):
            raise
    except Exception:  # any bug about one person ends that person's task, not the work of the others
        log.exception("sync.task_failed", task_id=task.pk, connection_id=task.connection_id)
        text = "Something went wrong here, not there. It is in the log with this task's number."
        _try_end(task, Ended(SyncStatus.ATTENTION, Reason.INTERNAL, text))
    return True


def _met(task: SyncTask, error: ConnectorError) -> bool:
    patient = timezone.now() - task.created_at < PATIENCE
    try:
        failed = setbacks.meet(task, error, patient=patient)
    except claims.ClaimLost:
        log.warning("sync.claim_lost", task_id=task.pk)
        return True
    if failed is None:
        return False
    _try_end(task, Ended(SyncStatus.ATTENTION, failed.reason, failed.text))
    return True


def _try_end(task: SyncTask, ended: Ended) -> None:
    try:
        _end(task, ended)
    except claims.ClaimLost:
        log.warning("sync.claim_lost", task_id=task.pk)


def _end(task: SyncTask, ended: Ended | None) -> None:
    if ended is not None:
        claims.conclude(task, ended)


# --- people -----------------------------------------------------------------------------------------------


def retry(*, actor: User, task: SyncTask) -> None:
    """Do once more what needs attention; somebody who retries an unconfirmed write has looked there.

    Raises :class:`NothingToRetry`, and DoesNotExist for another organisation's task.
    """
    with transaction.atomic():
        row = _locked(actor.tenant_id, task.pk)
        if row.status != SyncStatus.ATTENTION:
            raise NothingToRetry("There is nothing to retry here.")
        _again(row, by=actor)


def retry_all(*, actor: User, connection: Connection) -> int:
    """Everything of the connection that needs attention; how many. What was never confirmed is left to a look there."""
    rows = SyncTask.objects.for_organisation(actor.tenant_id).filter(connection=connection)
    return retry_these(actor=actor, tasks=rows)


def retry_these(*, actor: User | None, tasks: QuerySet[SyncTask]) -> int:
    """Those of ``tasks`` that need attention, but for ``UNSURE`` ones; how many. ``actor`` None: the installation's
    administrators, who may name tasks of several organisations.
    """
    rows = tasks.filter(status=SyncStatus.ATTENTION).exclude(reason_code__in=UNSURE)
    return _again_all(rows, by=actor)


def look_again(candidate: Candidate) -> int:
    """The person was changed: what waited for a field, an address or a job of theirs is tried again."""
    rows = SyncTask.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, status=SyncStatus.ATTENTION, reason_code__in=_MENDABLE
    )
    return _again_all(rows)


def cancel(*, actor: User, task: SyncTask) -> None:
    """Not to be done any more. What a worker has in its hands may still arrive there; a note is dropped.

    Raises Conflict when it has ended.
    """
    with transaction.atomic():
        row = _locked(actor.tenant_id, task.pk)
        if row.status not in {*SYNC_OPEN, SyncStatus.ATTENTION}:
            raise Conflict("It has ended already.")
        row.decided_by = actor
        _cancel(row, "Cancelled by hand.")
        RemoteNote.objects.for_organisation(row.organisation_id).filter(pk=row.note_id or 0).update(
            state=NoteState.DROPPED
        )


def _again_all(rows: QuerySet[SyncTask], *, by: User | None = None) -> int:
    count = 0
    for organisation_id, pk in list(rows.order_by("pk").values_list("organisation_id", "pk")):
        with transaction.atomic():
            row = _locked(organisation_id, pk)
            if row.status == SyncStatus.ATTENTION:
                _again(row, by=by)
                count += 1
    return count


def _again(row: SyncTask, *, by: User | None) -> None:
    """Back to the queue, with all its tries, because ``by`` said so; None: by itself.

    A push that waits already for the same campaign makes it needless.
    """
    check_sync(row.status, SyncStatus.QUEUED)
    if row.reason_code == Reason.UNSEARCHABLE:
        links.forget_create(row.connection, row.candidate)
    if row.note is not None and row.reason_code == Reason.UNCONFIRMED:
        notes.looked(row.note)
    row.status, row.reason_code, row.reason, row.attempts = SyncStatus.QUEUED, Reason.NONE, "", 0
    row.settled_at = row.not_before = None
    row.decided_by = by or row.decided_by
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.status = SyncStatus.ATTENTION
        _cancel(row, "A later change takes its place.")
    sync_queue.wake(row.connection)


def _cancel(row: SyncTask, text: str) -> None:
    check_sync(row.status, SyncStatus.CANCELLED)
    row.status, row.reason_code, row.reason = SyncStatus.CANCELLED, Reason.CANCELLED, text
    row.claim_token = row.lease_until = row.not_before = None
    row.settled_at = timezone.now()
    row.save()


def _locked(organisation_id: int, pk: int) -> SyncTask:
    return (
        SyncTask.objects.for_organisation(organisation_id)
        .select_for_update(of=("self",))
        .select_related("connection", "candidate", "note")
        .get(pk=pk)
    )
