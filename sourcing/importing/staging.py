"""The first two phases of an import: rows of the file into the staging table, and lines of one person joined.

Both are resumable. Reading commits batch by batch and remembers how many data rows are in; the staging table is
UNLOGGED, so a crash of the database empties it, which is noticed and answered by reading again from the start. Nothing
is lost by that: people are written in the last phase only, and its marker counts slices of the file, not of a run.
"""

from __future__ import annotations

import io
import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import connection, transaction

from foundation.models import RUN_ENDS
from sourcing import custom_fields, suppression
from sourcing.importing import source
from sourcing.importing.locking import locked
from sourcing.importing.reading import Record
from sourcing.importing.rows import ParsedRow, RowReader, merge_person, same_people
from sourcing.models import CustomField, ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind

#: Rows per slice of the last phase. A slice is one transaction and the resume point.
SLICE_ROWS = 50_000
_BATCH_ROWS = 5_000

# One sort and no join: nothing is known yet about a table that was empty a moment ago, so no plan should depend on it.
_SHARED_KEYS = """
SELECT DISTINCT ON (line) line, keys
  FROM (SELECT r.line, r.keys, count(*) OVER (PARTITION BY k.key) AS uses
          FROM sourcing_importrow r, unnest(r.keys) AS k (key) WHERE r.import_run_id = %s) counted
 WHERE uses > 1 ORDER BY line
"""
_STORE_JOINED = """
UPDATE sourcing_importrow r SET person = n.person FROM unnest(%s::int[], %s::jsonb[]) AS n (line, person)
 WHERE r.import_run_id = %s AND r.line = n.line
"""
_SWEEP = """
DELETE FROM sourcing_importrow r USING sourcing_importrun i
  JOIN foundation_run run ON run.id = coalesce(i.run_id, i.check_run_id)
 WHERE i.id = r.import_run_id AND run.status = ANY (%s)
   AND (i.run_id IS NOT NULL OR run.ended_at < now() - interval '1 day')
"""


@dataclass(frozen=True)
class _Staged:
    record: Record
    row: ParsedRow


def read_some(
    import_run: ImportRun, *, seconds: float, told: Callable[[int, int], None] = lambda _rows, _total: None
) -> bool:
    """Stage rows for about ``seconds``; True when the file is read to its end. Safe against a second worker.

    ``told(rows, estimated total)`` is called in the transaction of each batch and may raise to stop. Raises
    ``source.FileChanged`` when the file at its end is not the one that was uploaded.
    """
    deadline = time.monotonic() + seconds
    if was_emptied(import_run):
        start_again(import_run)
    import_run.refresh_from_db()
    reader = row_reader(import_run)
    done = import_run.rows
    with source.opened(import_run) as opened:
        rows = itertools.islice(opened.records(), done, None)
        while batch := list(itertools.islice(rows, _BATCH_ROWS)):
            staged = _without_erased(
                import_run, [_Staged(record, read_record(record, reader)) for record in batch]
            )
            total = int((done + len(batch)) / max(opened.share, 0.001))
            if not _commit(import_run, staged, done, partial(told, done + len(batch), total)):
                return False
            done += len(batch)
            if time.monotonic() > deadline:
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


def read_record(record: Record, reader: RowReader) -> ParsedRow:
    """One record as a person or a reason."""
    if record.broken:
        return ParsedRow(refused=("broken_quotes", record.broken))
    return reader.read(record.cells)


def join_repeated(import_run: ImportRun) -> None:
    """Give what later lines of the same person say to the first one, and tell each of them so. One transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        row = locked(import_run)
        if row.phase != ImportPhase.JOINING:
            return
        cursor.execute(_SHARED_KEYS, [import_run.pk])
        leaders = same_people(cursor.fetchall())
        lines = sorted(leaders, key=lambda line: (leaders[line], line))
        for _, group in itertools.groupby(
            enumerate(_groups(lines, leaders)), key=lambda pair: pair[0] // 1_000
        ):
            _join(row, dict(pair[1] for pair in group))
        row.phase = ImportPhase.WRITING
        row.rejected = _rejected(row)
        row.save(update_fields=["phase", "rejected"])


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
    if import_run.rows <= _rejected(import_run):
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


def _rejected(import_run: ImportRun) -> int:
    notes = ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return notes.exclude(kind=NoteKind.NOTED).count()


def _without_erased(import_run: ImportRun, staged: list[_Staged]) -> list[_Staged]:
    """Rows of people who were erased and blocked are refused, and nothing of their cells is kept."""
    keys = {key for entry in staged for key in entry.row.keys}
    erased = suppression.erased_keys(import_run.organisation_id, keys)
    if not erased:
        return staged
    refused = ("erased", suppression.Erased.sentence)
    return [
        _Staged(replace(entry.record, cells=[""] * len(entry.record.cells)), ParsedRow(refused=refused))
        if erased.intersection(entry.row.keys)
        else entry
        for entry in staged
    ]


def _commit(import_run: ImportRun, staged: Sequence[_Staged], done: int, told: Callable[[], None]) -> bool:
    """Store one batch behind the ``done`` rows; False when another worker was faster."""
    with transaction.atomic():
        row = locked(import_run)
        if (row.phase, row.rows, row.revision) != (ImportPhase.READING, done, import_run.revision):
            return False
        _copy(row, staged, done)
        ImportNote.objects.bulk_create(_notes(row, staged), ignore_conflicts=True)
        row.rows = done + len(staged)
        row.rejected += sum(1 for entry in staged if entry.row.refused)
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


def _notes(import_run: ImportRun, staged: Iterable[_Staged]) -> list[ImportNote]:
    notes = []
    for entry in staged:
        if entry.row.refused:
            kind, (code, reason) = NoteKind.REFUSED, entry.row.refused
        elif entry.row.notes:
            kind, code, reason = NoteKind.NOTED, "left_out", " ".join(entry.row.notes)
        else:
            continue
        notes.append(
            ImportNote(
                organisation_id=import_run.organisation_id,
                import_run=import_run,
                kind=kind,
                line=entry.record.line,
                reason_code=code,
                reason=reason[:400],
                raw=entry.record.cells,
            )
        )
    return notes


def _copy(import_run: ImportRun, staged: Iterable[_Staged], done: int) -> None:
    buffer = io.StringIO()
    head = f"{import_run.organisation_id}\t{import_run.pk}\t"
    for ordinal, entry in enumerate(staged, start=done):
        if entry.row.refused:
            continue
        values = (
            json.dumps(entry.row.person, ensure_ascii=False),
            _array(entry.row.keys),
            json.dumps(entry.record.cells, ensure_ascii=False),
        )
        # JSON and array text hold no raw tab or line break; only the backslash needs doubling for COPY.
        text = "\t".join(value.replace("\\", "\\\\") for value in values)
        buffer.write(f"{head}{entry.record.line}\t{ordinal // SLICE_ROWS}\t{text}\n")
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY sourcing_importrow (organisation_id, import_run_id, line, slice, person, keys, raw) FROM STDIN",
            buffer,
        )


def _array(values: Iterable[str]) -> str:
    """A text array literal; keys hold no control characters (they are normalised)."""
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


def _groups(lines: Iterable[int], leaders: Mapping[int, int]) -> Iterator[tuple[int, list[int]]]:
    for leader, followers in itertools.groupby(lines, key=lambda line: leaders[line]):
        yield leader, list(followers)


def _join(import_run: ImportRun, groups: Mapping[int, list[int]]) -> None:
    followers = [line for group in groups.values() for line in group]
    rows = ImportRow.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    found: dict[int, tuple[dict[str, Any], list[str]]] = {
        line: (person, raw)
        for line, person, raw in rows.filter(line__in=[*groups, *followers]).values_list(
            "line", "person", "raw"
        )
    }
    merged = {}
    for leader, group in groups.items():
        person = found[leader][0]
        for line in group:
            person = merge_person(person, found[line][0])
        merged[leader] = person
    left_out = dict(
        ImportNote.objects.for_organisation(import_run.organisation_id)
        .filter(import_run=import_run, line__in=followers, kind=NoteKind.NOTED)
        .values_list("line", "reason")
    )
    notes = [
        ImportNote(
            organisation_id=import_run.organisation_id,
            import_run=import_run,
            kind=NoteKind.JOINED,
            line=line,
            reason_code="same_person",
            reason=f"Same person as line {leader}; joined to it. {left_out.get(line, '')}".strip()[:400],
            raw=found[line][1],
        )
        for leader, group in groups.items()
        for line in group
    ]
    ImportNote.objects.bulk_create(
        notes,
        update_conflicts=True,
        unique_fields=["import_run", "line"],
        update_fields=["kind", "reason_code", "reason"],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE_JOINED, [list(merged), [json.dumps(person) for person in merged.values()], import_run.pk]
        )
        cursor.execute(
            "DELETE FROM sourcing_importrow WHERE import_run_id = %s AND line = ANY(%s)",
            [import_run.pk, followers],
        )
