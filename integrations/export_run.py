"""The run of an export: people one by one, rests while nobody is due, ends with the words users were promised."""

from __future__ import annotations

import datetime
import time

from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from foundation import runs
from foundation.models import Run
from integrations import pauses, pushing, rounds, selectors
from integrations.exporting import KIND, close_queue
from integrations.models import ConnectionStatus, Export, ExportItem, ItemStatus, Reason
from integrations.states import EXPORTED, OPEN

#: For so long a step goes on: what concerns everybody (connection, fields, progress) is read and told once in it.
STEP_SECONDS = 1.0


def close(run: Run) -> None:
    """The run ended early: who waits is skipped; who was in a dead worker's hands may have arrived there."""
    export = (
        Export.objects.for_organisation(run.organisation_id)
        .select_related("connection")
        .filter(run=run)
        .first()
    )
    if export is None:
        return
    removed = export.connection.status == ConnectionStatus.REMOVED
    close_queue(export, reason=Reason.CONNECTION_REMOVED if removed else Reason.CANCELLED)
    ExportItem.objects.for_organisation(run.organisation_id).filter(
        export=export, status=ItemStatus.CLAIMED
    ).update(
        status=ItemStatus.FAILED,
        reason_code=Reason.UNCONFIRMED,
        reason="Stopped while this person was being sent. Retry looks for them first.",
        claim_token=None,
        lease_until=None,
        settled_at=Now(),
    )


@runs.kind(KIND, queue="sync", stopped=close)
def step(run: Run) -> bool:
    """Handle people of the export named in ``run.params`` for a second; True while somebody is left who is due.

    Nobody due but somebody left: the run rests until the earliest one is. A run that is to stop stops after the person
    under way.
    """
    export = (
        Export.objects.for_organisation(run.organisation_id)
        .select_related("connection", "created_by", "organisation")
        .get(pk=run.params["export_id"])
    )
    if _push_some(run, export):
        return True
    due = _next_due(export)
    if due is not None:
        until, note = pauses.until(export.connection, due, timezone.now())
        runs.rest(run, until=until, note=note)
    _finish(run, export)
    return False


def _push_some(run: Run, export: Export) -> bool:
    """Handle people until the step's time is over; False when nobody was due or the connection is closed."""
    round_ = rounds.Round(export)
    until = time.monotonic() + STEP_SECONDS
    pushed = 0
    while time.monotonic() < until and pauses.is_open(export.connection, timezone.now()):
        if not pushing.push_next(round_, now=timezone.now()):
            break
        pushed += 1
    if pushed:
        _count(run, export)
    return pushed > 0


def _next_due(export: Export) -> datetime.datetime | None:
    """When somebody who is left is due: the earliest wait, or the end of another worker's lease."""
    left = ExportItem.objects.for_organisation(export.organisation_id).filter(export=export, status__in=OPEN)
    found = left.aggregate(
        queued=Min("not_before", filter=Q(status=ItemStatus.QUEUED)),
        claimed=Min("lease_until", filter=Q(status=ItemStatus.CLAIMED)),
        ready=Min("export__created_at", filter=Q(status=ItemStatus.QUEUED, not_before__isnull=True)),
    )
    return min((moment for moment in found.values() if moment is not None), default=None)


def _count(run: Run, export: Export) -> None:
    counts = selectors.counts(export)
    done = sum(counts[status] for status in EXPORTED)
    runs.progress(run, done=min(done, run.total), failed=counts[ItemStatus.FAILED])


def _finish(run: Run, export: Export) -> None:
    """Close the run with the words users were promised (seed 000, "Export Complete")."""
    counts = selectors.counts(export)
    failed = counts[ItemStatus.FAILED]
    runs.finish(
        run,
        result={
            "summary": summary(export, failed),
            "export_id": export.pk,
            **{status: counts[status] for status in ItemStatus.values if status not in OPEN},
        },
    )


def summary(export: Export, failed: int) -> str:
    """The words at the end of an export or a dry run (seed 000, "Export Complete")."""
    if export.dry_run:
        return f"Dry run finished: {failed} would fail" if failed else "Dry run finished: nothing was written"
    return f"Export finished: {failed} failed" if failed else "Export Complete"
