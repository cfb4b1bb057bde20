"""An import, its count and its undoing as Runs: which bit of work is next, told by what is committed.

Registered as the run kinds ``import``, ``import_check`` and ``import_undo``. A crash anywhere is continued by the next
call: rows read, lines joined, slices counted, written and undone are each committed with their marker.
"""

from __future__ import annotations

import time

from django.db import transaction

from foundation import runs
from foundation.models import Run
from sourcing.importing import checking, indexing, joining, slices, source, staging, undoing
from sourcing.importing.locking import locked
from sourcing.models import ImportNote, ImportPhase, ImportRun, NoteKind

#: How long one bit of reading may take: the next passes over what is read already. Each batch renews the lease and
#: looks for a cancel. A slice of the last phase is one bit whatever it takes.
_READ_SECONDS = 60.0
#: The same of making people searchable and of undoing.
_BIT_SECONDS = 15.0
_SHORTLY = 0.05


def _stopped(run: Run) -> None:
    """Cancelled or failed: who is saved stays, and is told of."""
    slices.tell(_of(run))


@runs.kind("import", stopped=_stopped)
def step(run: Run) -> bool:
    """Do the next bit of the import ``run.params["import_run_id"]``; True while there is more.

    A cancel stops between two bits; people already written stay.
    """
    import_run = _of(run)
    if _stage(import_run, run):
        return True
    if import_run.slices_done * staging.SLICE_ROWS < import_run.rows:
        slices.write(import_run, import_run.slices_done)
        import_run.refresh_from_db()
        done = import_run.imported + import_run.updated + import_run.rejected
        runs.progress(
            run, done=done, failed=import_run.rejected, total=import_run.rows, note=_labelled(import_run)
        )
        return True
    if not indexing.is_searchable(import_run):
        runs.progress(run, done=import_run.rows, total=import_run.rows, note="Making people searchable")
        if not indexing.some(seconds=_BIT_SECONDS, import_run=import_run):
            # The last of them are in another worker's hands.
            time.sleep(_SHORTLY)
        return True
    _end(import_run, run)
    return False


@runs.kind("import_check")
def check_step(run: Run) -> bool:
    """Do the next bit of counting a file. It ends when the file is imported, or to be read differently, meanwhile."""
    import_run = _of(run)
    if import_run.run_id is not None or import_run.check_run_id != run.pk:
        runs.finish(run, result={"summary": "The import has begun."})
        return False
    if _stage(import_run, run):
        return True
    looked_at = import_run.checked.get("slices", 0)
    if looked_at * staging.SLICE_ROWS < import_run.rows:
        checking.look_at(import_run, run, looked_at)
        done = min((looked_at + 1) * staging.SLICE_ROWS, import_run.rows)
        runs.progress(run, done=done, total=import_run.rows, note="Looking for people you have")
        return True
    found = import_run.checked
    runs.progress(run, done=import_run.rows, total=import_run.rows)
    runs.finish(
        run,
        result={
            "summary": f"{found.get('fresh', 0):,} new, {found.get('updated', 0) + found.get('conflict', 0):,} known, "
            f"{import_run.rejected:,} rejected"
        },
    )
    return False


@runs.kind("import_undo")
def undo_step(run: Run) -> bool:
    """Take the last slice back that is not taken back yet."""
    import_run = _of(run)
    started = time.monotonic()
    while undoing.undo_slice(import_run, run):
        if time.monotonic() - started > _BIT_SECONDS:
            return True
    runs.finish(run, result=undoing.result(import_run, run))
    return False


def result(import_run: ImportRun) -> dict[str, int | str]:
    """The counts of the result page, in rows: they add up to ``rows`` when the import is done."""
    noted = ImportNote.objects.for_organisation(import_run.organisation_id).filter(
        import_run=import_run, kind=NoteKind.NOTED
    )
    joined = f", {import_run.updated:,} updated" if import_run.updated else ""
    return {
        "summary": f"{import_run.imported:,} imported{joined}, {import_run.rejected:,} rejected",
        "import_run_id": import_run.pk,
        "rows": import_run.rows,
        "imported": import_run.imported,
        "updated": import_run.updated,
        "rejected": import_run.rejected,
        "noted": noted.count(),
    }


def _of(run: Run) -> ImportRun:
    return ImportRun.objects.for_organisation(run.organisation_id).get(pk=run.params["import_run_id"])


def _stage(import_run: ImportRun, run: Run) -> bool:
    """The bits that an import and its count have in common; False when every row is staged and joined."""
    if import_run.rows == 0:
        staging.sweep()
    if import_run.phase != ImportPhase.READING and staging.was_emptied(import_run):
        staging.start_again(import_run)
    elif import_run.phase == ImportPhase.READING:
        source.unpack(
            import_run, told=lambda rows: runs.progress(run, note=f"Opening the workbook: {rows:,} rows")
        )
        staging.read_some(
            import_run,
            seconds=_READ_SECONDS,
            told=lambda rows, total: runs.progress(
                run, done=rows, total=max(rows, total), note=ImportPhase.READING.label
            ),
            enough=lambda: runs.asked_to_stop(run),
        )
    elif import_run.phase == ImportPhase.JOINING:
        runs.progress(run, done=import_run.rows, total=import_run.rows, note=ImportPhase.JOINING.label)
        joining.join_repeated(import_run)
        runs.progress(run, done=0, total=import_run.rows, note=ImportPhase.WRITING.label)
    else:
        return False
    import_run.refresh_from_db()
    return True


def _labelled(import_run: ImportRun) -> str:
    return str(ImportPhase(import_run.phase).label)


def _end(import_run: ImportRun, run: Run) -> None:
    """Staged rows and the run's result change together, so a crash leaves no half-finished end."""
    with transaction.atomic():
        row = locked(import_run)
        staging.empty(row)
        source.drop_unpacked(row)
        slices.tell(row)
        runs.progress(run, done=row.rows, total=row.rows)
        runs.finish(run, result=result(row))
