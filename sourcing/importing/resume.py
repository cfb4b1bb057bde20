"""An import as a Run: which bit of work is next, told by what is committed. Registered as the run kind ``import``."""

from __future__ import annotations

from django.db import transaction

from foundation import runs
from foundation.models import Run
from sourcing.importing import slices, staging
from sourcing.models import ImportNote, ImportPhase, ImportRun, NoteKind

#: How long one bit of reading may take; a slice of the last phase is one bit whatever it takes.
_READ_SECONDS = 5.0


@runs.kind("import")
def step(run: Run) -> bool:
    """Do the next bit of the import ``run.params["import_run_id"]``; True while there is more.

    A crash anywhere is continued by the next call: rows read, lines joined and slices written are each committed with
    their marker. A cancel stops between two bits; people already written stay.
    """
    import_run = ImportRun.objects.for_organisation(run.organisation_id).get(pk=run.params["import_run_id"])
    if import_run.rows == 0:
        staging.sweep()
    if import_run.phase != ImportPhase.READING and staging.was_emptied(import_run):
        staging.start_again(import_run)
    elif import_run.phase == ImportPhase.READING:
        staging.read_some(import_run, seconds=_READ_SECONDS)
    elif import_run.phase == ImportPhase.JOINING:
        staging.join_repeated(import_run)
    elif import_run.slices_done * staging.SLICE_ROWS < import_run.rows:
        slices.write(import_run, import_run.slices_done)
    else:
        _end(import_run, run)
        return False
    _tell(import_run, run)
    return True


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


def _tell(import_run: ImportRun, run: Run) -> None:
    import_run.refresh_from_db()
    if import_run.phase == ImportPhase.WRITING:
        done = import_run.imported + import_run.updated + import_run.rejected
        runs.progress(run, done=done, failed=import_run.rejected, total=import_run.rows, note="Saving people")
    else:
        runs.progress(run, note=f"{ImportPhase(import_run.phase).label}: {import_run.rows:,} rows")


def _end(import_run: ImportRun, run: Run) -> None:
    """Staged rows and the run's result change together, so a crash leaves no half-finished end."""
    with transaction.atomic():
        staging.empty(import_run)
        runs.progress(run, done=import_run.rows, total=import_run.rows)
        runs.finish(run, result=result(import_run))
