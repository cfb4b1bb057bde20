"""The first phase of an import: rows of the file into the staging table.

It is resumable. Reading commits batch by batch and remembers how many data rows are in; the staging table is
UNLOGGED, so a crash of the database empties it, which is noticed and answered by reading again from the start. Nothing
is lost by that: people are written in the last phase only, and its marker counts slices of the file, not of a run.
"""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial

from django.db import connection, transaction

from foundation.models import RUN_ENDS
from sourcing import custom_fields, duplicates, known_again
from sourcing.importing import beside, source
from sourcing.importing.locking import locked
from sourcing.importing.parsing import Line
from sourcing.importing.rows import RowReader
from sourcing.models import CustomField, ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind

#: Rows per slice of the last phase. A slice is one transaction and the resume point.
SLICE_ROWS = 50_000
_BATCH_ROWS = 2_000

_SWEEP = """
DELETE FROM sourcing_importrow r USING sourcing_importrun i
  JOIN foundation_run run ON run.id = coalesce(i.run_id, i.check_run_id)
 WHERE i.id = r.import_run_id AND run.status = ANY (%s)
   AND (i.run_id IS NOT NULL OR run.ended_at < now() - interval '1 day')
"""


def read_some(
    import_run: ImportRun,
    *,
    seconds: float,
    told: Callable[[int, int], None] = lambda _rows, _total: None,
    enough: Callable[[], bool] = lambda: False,
) -> bool:
    """Stage rows for about ``seconds``, or until ``enough()``; True when the file is read to its end. Safe against a
    second worker.

    ``told(rows, estimated total)`` is called in the transaction of each batch and may raise to stop. Raises
    ``source.FileChanged`` when the file at its end is not the one that was uploaded.
    """
    deadline = time.monotonic() + seconds
    if was_emptied(import_run):
        start_again(import_run)
    import_run.refresh_from_db()
    done = import_run.rows
    rule = duplicates.rule_of(import_run.organisation_id)
    with source.opened(import_run) as opened:
        rows = itertools.islice(opened.records(), done, None)
        batches = iter(lambda: list(itertools.islice(rows, _BATCH_ROWS)), [])
        with closing(beside.batches(batches, row_reader(import_run), rule)) as found:
            for batch in found:
                lines = _without_erased(import_run, batch)
                total = int((done + len(lines)) / max(opened.share, 0.001))
                if not _commit(import_run, lines, done, partial(told, done + len(lines), total)):
                    return False
                done += len(lines)
                if time.monotonic() > deadline or enough():
                    return False
    source.refuse_changed(import_run)
    return _end_of_file(import_run, done)


def row_reader(import_run: ImportRun) -> RowReader:
    """Reads rows as the import's mapping, tags and the organisation's present custom fields say."""
    fields = CustomField.objects.for_organisation(import_run.organisation_id).filter(archived_at__isnull=True)
    customs = {field.key: partial(custom_fields.clean, field) for field in fields}
    return RowReader(field_mapping(import_run), customs, import_run.tags)


def field_mapping(import_run: ImportRun) -> dict[int, str]:
    """The mapping with its keys as numbers again (JSON makes them text)."""
    return {int(index): name for index, name in import_run.mapping.items() if name}


def empty(import_run: ImportRun) -> None:
    """Delete the staged rows of a run that is over."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sourcing_importrow WHERE import_run_id = %s", [import_run.pk])


def sweep() -> None:
    """Delete what cancelled and failed imports left in the staging table; asked when a new one begins."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, [list(RUN_ENDS)])


def was_emptied(import_run: ImportRun) -> bool:
    """Whether the staging table lost the rows of this run (it is UNLOGGED), so that the file must be read again."""
    if import_run.rows <= rejected(import_run):
        return False
    rows = ImportRow.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return not rows.exists()


def start_again(import_run: ImportRun) -> None:
    """Back to reading from the first row. Slices already written stay written and are passed over."""
    with transaction.atomic():
        row = locked(import_run)
        empty(row)
        row.rows = 0
        row.rejected = 0
        row.phase = ImportPhase.READING
        row.save(update_fields=["rows", "rejected", "phase"])


def forget(import_run: ImportRun) -> None:
    """The file is to be read differently: drop what was staged and told of it, and stop whoever still reads it the old
    way. Called in a transaction that holds the import's row."""
    empty(import_run)
    ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run).delete()
    import_run.rows = import_run.rejected = 0
    import_run.phase = ImportPhase.READING
    import_run.revision += 1


def rejected(import_run: ImportRun) -> int:
    """How many rows make no person of their own, as far as is told yet."""
    notes = ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return notes.exclude(kind=NoteKind.NOTED).count()


def _without_erased(import_run: ImportRun, lines: list[Line]) -> list[Line]:
    """Rows of people who were erased and blocked are refused, and nothing of their cells is kept."""
    erased = known_again.erased_keys(
        import_run.organisation_id, {key for line in lines for key in line.known_by}
    )
    if not erased:
        return lines
    refused = ("erased", known_again.Erased.sentence)
    return [
        Line(line.line, [""] * len(line.cells), refused, (), (), "")
        if erased.intersection(line.known_by)
        else line
        for line in lines
    ]


def _commit(import_run: ImportRun, lines: Sequence[Line], done: int, told: Callable[[], None]) -> bool:
    """Store one batch behind the ``done`` rows; False when another worker was faster."""
    with transaction.atomic():
        row = locked(import_run)
        if (row.phase, row.rows, row.revision) != (ImportPhase.READING, done, import_run.revision):
            return False
        _copy(row, lines, done)
        ImportNote.objects.bulk_create(_notes(row, lines), ignore_conflicts=True)
        row.rows = done + len(lines)
        row.rejected += sum(1 for line in lines if line.refused)
        row.save(update_fields=["rows", "rejected"])
        told()
    return True


def _end_of_file(import_run: ImportRun, done: int) -> bool:
    with transaction.atomic():
        row = locked(import_run)
        if (row.phase, row.rows, row.revision) == (ImportPhase.READING, done, import_run.revision):
            row.phase = ImportPhase.JOINING
            row.save(update_fields=["phase"])
    return True


def _notes(import_run: ImportRun, lines: Iterable[Line]) -> list[ImportNote]:
    notes = []
    for line in lines:
        if line.refused:
            kind, (code, reason) = NoteKind.REFUSED, line.refused
        elif line.notes:
            kind, code, reason = NoteKind.NOTED, "left_out", " ".join(line.notes)
        else:
            continue
        notes.append(
            ImportNote(
                organisation_id=import_run.organisation_id,
                import_run=import_run,
                kind=kind,
                line=line.line,
                reason_code=code,
                reason=reason[:400],
                raw=line.cells,
            )
        )
    return notes


def _copy(import_run: ImportRun, lines: Iterable[Line], done: int) -> None:
    head = f"{import_run.organisation_id}\t{import_run.pk}\t"
    text = "".join(
        f"{head}{line.line}\t{ordinal // SLICE_ROWS}\t{line.staged}\n"
        for ordinal, line in enumerate(lines, start=done)
        if not line.refused
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY sourcing_importrow (organisation_id, import_run_id, line, slice, person, keys, raw) FROM STDIN",
            io.StringIO(text),
        )
