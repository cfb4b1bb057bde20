"""Taking one person out of uploaded files, and what imports keep of rows that became nobody.

Lines keep their numbers: a line that names the person becomes an empty one, which an import passes over.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from accounts import forgetting
from foundation.models import RUN_ENDS
from foundation.problems import Conflict
from sourcing.copies import naming
from sourcing.importing import source
from sourcing.importing.reading import open_text, records
from sourcing.models import (
    Candidate,
    ContactPoint,
    ImportFormat,
    ImportMapping,
    ImportNote,
    ImportRow,
    ImportRun,
)
from sourcing.search import index
from sourcing.trails import Trail

_AT_ONCE = 2_000
#: What stands for the name of a file that names the person.
_UNNAMED = "people.csv"


class ImportRunning(Conflict):
    """An import is reading a file that names the person; once it has ended the file can be changed."""

    code = "import_running"


def files(trail: Trail) -> int:
    """Blank the person's lines in every uploaded file of the organisation; returns how many lines.

    Doing it twice changes nothing. Raises :class:`ImportRunning` while an import still reads such a file.
    """
    blanked = 0
    for import_run in _imports(trail).select_related("run").iterator(chunk_size=100):
        storage = import_run.file.storage
        if not import_run.file.name or not storage.exists(import_run.file.name):
            continue
        if import_run.format != ImportFormat.TEXT:
            blanked += _without_workbook(import_run, trail)
            continue
        path = Path(storage.path(import_run.file.name))
        lines = _lines_of(path, import_run, trail)
        if not lines:
            continue
        _not_while_running(import_run)
        _blank(path, import_run, lines)
        blanked += len(lines)
    return blanked


def _not_while_running(import_run: ImportRun) -> None:
    if import_run.run is not None and import_run.run.status not in RUN_ENDS:
        raise ImportRunning(
            "An import that holds this person is running. It is tried again when it has ended."
        )


def _without_workbook(import_run: ImportRun, trail: Trail) -> int:
    """A workbook cannot be blanked line by line: one that names the person goes whole, with what was unpacked of it."""
    with source.opened(import_run) as opened:
        named = sum(trail.is_in(record.cells) for record in opened.all_records())
    if named:
        _not_while_running(import_run)
        for stored in (import_run.file, import_run.rows_file):
            if stored.name:
                stored.storage.delete(stored.name)
    return named


@transaction.atomic
def rows(trail: Trail) -> dict[str, int]:
    """Take the person out of staged rows, rows to know about and names of files, in the caller's transaction."""
    return {
        "sourcing.ImportMapping": _mappings(trail),
        "sourcing.ImportRow": _staged(trail),
        "sourcing.ImportNote": _notes(trail),
        "sourcing.ImportRun": _names(trail),
    }


def _imports(trail: Trail) -> QuerySet[ImportRun]:
    return ImportRun.objects.for_organisation(trail.organisation_id).order_by("pk")


def _lines_of(path: Path, import_run: ImportRun, trail: Trail) -> set[int]:
    """The physical lines of the records that name the person."""
    found: set[int] = set()
    begun: int | None = None
    with _text(path, import_run) as text:
        for record in records(text, import_run.delimiter or ","):
            if begun is not None:
                found.update(range(begun, record.line))
            header = import_run.has_header and record.line <= import_run.header_line
            begun = record.line if not header and trail.is_in(record.cells) else None
    if begun is not None:
        # The last record may have line breaks inside quotation marks; after it only blank lines follow.
        with _text(path, import_run) as text:
            found.update(range(begun, sum(1 for _ in text) + 1))
    return found


@contextmanager
def _text(path: Path, import_run: ImportRun) -> Iterator[io.TextIOWrapper]:
    """The file as text that can be written back as it was: what the encoding cannot read travels along."""
    with path.open("rb") as stored, open_text(stored, import_run.encoding or "utf-8-sig") as text:
        text.reconfigure(errors="surrogateescape")
        yield text


def _blank(path: Path, import_run: ImportRun, lines: set[int]) -> None:
    with (
        _text(path, import_run) as text,
        tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            delete=False,
            encoding=_written_as(path, import_run.encoding or "utf-8-sig"),
            errors="surrogateescape",
            newline="",
        ) as copy,
    ):
        for number, line in enumerate(text, start=1):
            copy.write(line[len(line.rstrip("\r\n")) :] if number in lines else line)
    Path(copy.name).chmod(path.stat().st_mode)
    Path(copy.name).replace(path)


def _written_as(path: Path, encoding: str) -> str:
    """The codec that makes the same bytes again: a byte-order mark only where one stood."""
    with path.open("rb") as stored:
        marked = stored.read(3) == codecs.BOM_UTF8
    return "utf-8" if encoding == "utf-8-sig" and not marked else encoding


def _staged(trail: Trail) -> int:
    found = naming(ImportRow.objects.for_organisation(trail.organisation_id), trail, "raw", "person")
    ids = [
        pk
        for pk, raw, person in found.values_list("pk", "raw", "person")
        if trail.is_in(raw) or trail.is_in(person)
    ]
    ImportRow.objects.for_organisation(trail.organisation_id).filter(pk__in=ids).delete()
    return len(ids)


def _notes(trail: Trail) -> int:
    found = naming(ImportNote.objects.for_organisation(trail.organisation_id), trail, "raw")
    changed = []
    for note in found.order_by("pk").iterator(chunk_size=_AT_ONCE):
        if trail.is_in(note.raw):
            note.raw = trail.without(note.raw)
            note.reason = "" if trail.is_in(note.reason) else note.reason
            changed.append(note)
    ImportNote.objects.for_organisation(trail.organisation_id).bulk_update(
        changed, ["raw", "reason"], batch_size=_AT_ONCE
    )
    return len(changed)


def _names(trail: Trail) -> int:
    """Names of files and sources that name the person, and the same words as the source of whoever came with them."""
    named = [run for run in _imports(trail) if trail.is_in(run.file_name) or trail.is_in(run.source)]
    for run in named:
        words = {run.source, run.file_name[:200]}
        people = Candidate.objects.for_organisation(trail.organisation_id).filter(source__in=words)
        ids = list(people.values_list("pk", flat=True))
        people.update(source=_UNNAMED)
        index.refresh(ids)
        ContactPoint.objects.for_organisation(trail.organisation_id).filter(source__in=words).update(
            source=_UNNAMED
        )
        run.file_name, run.source = _UNNAMED, _UNNAMED
        run.save(update_fields=["file_name", "source"])
    if named:
        forgetting.scrub_present(trail.organisation_id, "source")
    counted = naming(_imports(trail), trail, "checked")
    ids = [run.pk for run in counted if trail.is_in(run.checked)]
    # The examples of a count before anything was written; it can be made again.
    _imports(trail).filter(pk__in=ids).update(checked={})
    return len(named) + len(ids)


def _mappings(trail: Trail) -> int:
    """Proposals for the next file that carry the name of a file that named the person."""
    found = naming(ImportMapping.objects.for_organisation(trail.organisation_id), trail, "source", "mapping")
    ids = [row.pk for row in found if trail.is_in(row.source) or trail.is_in(row.mapping)]
    ImportMapping.objects.for_organisation(trail.organisation_id).filter(pk__in=ids).delete()
    return len(ids)
