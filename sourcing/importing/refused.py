"""The downloadable list of rows that made no person of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from sourcing.importing.source import header_of
from sourcing.models import ImportNote, ImportRun, NoteKind

#: A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def neutral(cell: str) -> str:
    """The cell as text even to a spreadsheet: an apostrophe before what would be run as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_csv(import_run: ImportRun) -> Iterator[str]:
    """Lines of a CSV: line number, reason, then the cells as they were read. With a byte-order mark, for Excel.

    Rows that were taken with something left out are not in it. Every cell is made harmless by :func:`neutral`.
    Raises FileGone at once, not in the middle of an answer.
    """
    return _lines(import_run, header_of(import_run))


def _lines(import_run: ImportRun, header: Sequence[str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"
    yield writer.writerow(["Line", "Reason", *map(neutral, header)])
    notes = (
        ImportNote.objects.for_organisation(import_run.organisation_id)
        .filter(import_run=import_run)
        .exclude(kind=NoteKind.NOTED)
        .order_by("line")
    )
    for note in notes.iterator(chunk_size=2_000):
        yield writer.writerow([note.line, neutral(note.reason), *map(neutral, note.raw)])
