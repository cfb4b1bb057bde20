"""The run of an export: people one by one, rests while nobody is due, ends with the words users were promised."""

from __future__ import annotations

import datetime
import threading
import time

from django.conf import settings
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from foundation import runs
from foundation.models import Run
from integrations import lanes, pauses, pushing, rounds, selectors
from integrations.exporting import KIND, close_queue
from integrations.models import ConnectionStatus, Export, ExportItem, ItemStatus, Reason
from integrations.states import EXPORTED, OPEN

#: For so long a step begins with further people; half of a visit.
STEP_SECONDS = 10.0


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
    """Handle people of the export named in ``run.params`` for some seconds; True while somebody is left who is due.

    Nobody due but somebody left: the run rests until the earliest one is. A run that is to stop stops after those under
    way.
    """
    if _push_some(run):
        return True
    export = _export(run)
    due = _next_due(export)
    if due is not None:
        until, note = pauses.until(export.connection, due, timezone.now())
        runs.rest(run, until=until, note=note)
    _finish(run, export)
    return False


def _export(run: Run) -> Export:
    return (
        Export.objects.for_organisation(run.organisation_id)
        .select_related("connection", "created_by", "organisation")
        .get(pk=run.params["export_id"])
    )


def _push_some(run: Run) -> bool:
    """Handle people until the step's time is over; False when nobody was due or the connection is closed."""
    here, over, turn = threading.get_ident(), threading.Event(), threading.Lock()
    until = time.monotonic() + STEP_SECONDS

    def lane() -> int:
        pushed = 0
        while not over.is_set() and time.monotonic() < until:
            some = _round(rounds.Round(_export(run), turn=turn))
            pushed += some
            if not some:
                break
            if threading.get_ident() == here:
                _count(run)
        return pushed

    pushed = lanes.work(lane, beside=settings.EXPORT_LANES - 1, stop=over.set)
    if pushed:
        _count(run)
    return pushed > 0


def _round(round_: rounds.Round) -> int:
    """Handle people one after the other for the length of a round; how many."""
    pushed = 0
    until = time.monotonic() + rounds.SECONDS
    while time.monotonic() < until and pauses.is_open(round_.export.connection, timezone.now()):
        if not pushing.push_next(round_, now=timezone.now()):
            break
        pushed += 1
    return pushed


def _next_due(export: Export) -> datetime.datetime | None:
    """When somebody who is left is due: the earliest wait, or the end of another worker's lease."""
    left = ExportItem.objects.for_organisation(export.organisation_id).filter(export=export, status__in=OPEN)
    found = left.aggregate(
        queued=Min("not_before", filter=Q(status=ItemStatus.QUEUED)),
        claimed=Min("lease_until", filter=Q(status=ItemStatus.CLAIMED)),
        ready=Min("export__created_at", filter=Q(status=ItemStatus.QUEUED, not_before__isnull=True)),
    )
    return min((moment for moment in found.values() if moment is not None), default=None)


def _count(run: Run) -> None:
    counts = selectors.counts(_export(run))
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
