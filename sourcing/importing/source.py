"""The data rows of an uploaded file, whatever kind of file it is."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, ClassVar

from django.core.files.base import File
from django.db import transaction

from foundation.problems import Problem
from sourcing.importing import workbook
from sourcing.importing.reading import Record, open_text, records
from sourcing.models import ImportFormat, ImportRun

#: How often the maker of a rows file says that it lives.
_HEARTBEAT_SECONDS = 3.0


class FileGone(Problem):
    """The uploaded file was removed from the storage before it was read."""

    code: ClassVar[str] = "file_gone"
    status: ClassVar[int] = 410


class FileChanged(Problem):
    """The stored file is not the one that was uploaded."""

    code: ClassVar[str] = "file_changed"
    status: ClassVar[int] = 409


class Source:
    """An open file: its data rows in order, and how much of it has been read."""

    def __init__(self, import_run: ImportRun, stored: IO[bytes]) -> None:
        self._import_run = import_run
        self._stored = stored
        self._size = stored.seek(0, io.SEEK_END)
        stored.seek(0)

    @property
    def share(self) -> float:
        """How much of the file is read, from 0 to 1; of a workbook that is not unpacked yet it is not known (0)."""
        return min(1.0, self._stored.tell() / self._size) if self._size else 1.0

    def records(self) -> Iterator[Record]:
        """Every row after the header; blank rows are left out."""
        found = self.all_records()
        if self._import_run.has_header:
            found = itertools.dropwhile(lambda record: record.line < self._import_run.header_line, found)
            next(found, None)
        return found

    def all_records(self) -> Iterator[Record]:
        """Every row, the header and what stands above it too."""
        if self._import_run.format == ImportFormat.TEXT:
            return self._text_records()
        if self._import_run.rows_file:
            return self._unpacked_records()
        return workbook.rows(self._stored, self._import_run.sheet)

    def _text_records(self) -> Iterator[Record]:
        text = open_text(self._stored, self._import_run.encoding)
        try:
            yield from records(text, self._import_run.delimiter)
        finally:
            _let_go(text)

    def _unpacked_records(self) -> Iterator[Record]:
        text = open_text(self._stored, "utf-8")
        try:
            for line, *cells in csv.reader(text):
                yield Record(int(line), cells)
        finally:
            _let_go(text)


def _let_go(text: io.TextIOWrapper) -> None:
    """The wrapper would close the stored file on collection, perhaps while somebody else reads it."""
    if not text.buffer.closed:
        text.detach()


@contextmanager
def opened(import_run: ImportRun) -> Iterator[Source]:
    """The file of the import. Raises :class:`FileGone`, :class:`FileChanged` when it is not as long as it was."""
    with _stored(import_run, str(import_run.rows_file or import_run.file.name)) as stored:
        if not import_run.rows_file:
            _refuse_other_size(import_run, stored)
        yield Source(import_run, stored)


@contextmanager
def upload_of(import_run: ImportRun) -> Iterator[IO[bytes]]:
    """The bytes as they were uploaded, opened anew each time: preview and run may read at once."""
    with _stored(import_run, str(import_run.file.name)) as stored:
        yield stored


@contextmanager
def _stored(import_run: ImportRun, name: str) -> Iterator[IO[bytes]]:
    try:
        stored = import_run.file.storage.open(name, "rb")
    except FileNotFoundError as error:
        raise FileGone("The uploaded file is no longer there. Upload it again.") from error
    with stored:
        assert stored.file is not None
        yield stored.file


def header_of(import_run: ImportRun) -> list[str]:
    """The cells of the header as they stand in the file; empty without one."""
    if not import_run.has_header:
        return []
    with opened(import_run) as source:
        return next(
            (record.cells for record in source.all_records() if record.line >= import_run.header_line), []
        )


def refuse_changed(import_run: ImportRun) -> None:
    """Raises :class:`FileChanged` unless the stored bytes are the uploaded ones; asked when all rows are read, before
    anybody is made from them."""
    digest = hashlib.sha256()
    with upload_of(import_run) as stored:
        _refuse_other_size(import_run, stored)
        while chunk := stored.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() != import_run.file_sha256:
        raise FileChanged(_CHANGED)


_CHANGED = "The file changed while it was read. Nobody was saved from it; upload it again."


def _refuse_other_size(import_run: ImportRun, stored: IO[bytes]) -> None:
    size = stored.seek(0, io.SEEK_END)
    stored.seek(0)
    if size != import_run.file_size:
        raise FileChanged(_CHANGED)


def unpack(import_run: ImportRun, *, told: Callable[[int], None]) -> None:
    """Write the rows of a workbook's sheet to a text file once: a workbook cannot be entered in the middle.

    ``told(rows)`` is called every few seconds and may raise to stop. A worker that dies leaves nothing but its
    temporary file; the next one begins again.
    """
    if import_run.format == ImportFormat.TEXT or import_run.rows_file:
        return
    with tempfile.TemporaryFile() as made:
        text = io.TextIOWrapper(made, encoding="utf-8", errors="replace", newline="")
        with opened(import_run) as source:
            _write(source.all_records(), text, told)
        text.flush()
        text.detach()
        made.seek(0)
        name = import_run.file.storage.save(f"{import_run.file.name}-rows.csv", File(made))
    stored = ImportRun.objects.for_organisation(import_run.organisation_id).filter(
        pk=import_run.pk, revision=import_run.revision, rows_file=""
    )
    if not stored.update(rows_file=name):
        # Another worker was faster, or the file is to be read differently now.
        import_run.file.storage.delete(name)
    import_run.refresh_from_db()


def drop_unpacked(import_run: ImportRun) -> None:
    """Forget the text file of a workbook's rows. In a transaction with the import's row locked; the file goes with its
    commit."""
    if import_run.rows_file:
        name = str(import_run.rows_file)
        transaction.on_commit(lambda: import_run.file.storage.delete(name))
        import_run.rows_file = ""
        import_run.save(update_fields=["rows_file"])


def _write(found: Iterator[Record], text: io.TextIOWrapper, told: Callable[[int], None]) -> None:
    writer = csv.writer(text)
    last = time.monotonic()
    for count, record in enumerate(found, start=1):
        writer.writerow([record.line, *(cell.replace("\x00", "") for cell in record.cells)])
        if count % 1_000 == 0 and time.monotonic() - last > _HEARTBEAT_SECONDS:
            told(count)
            last = time.monotonic()
