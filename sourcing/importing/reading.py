"""Rows out of an uploaded file, whatever wrote it: encodings, delimiters, quotes that never close, NUL bytes.

Nothing here knows what a row means. Files are read as streams; memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, ClassVar

from charset_normalizer import from_bytes

from foundation.problems import Invalid

#: What the preview page offers when the guess was wrong.
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Western European (Windows)",
    "cp1250": "Central European (Windows)",
    "cp1251": "Cyrillic (Windows)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "iso8859-15": "Western European (ISO)",
    "mac_roman": "Western European (Mac)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "euc_kr": "Korean",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
#: A record of more lines or characters than this has a quotation mark that nobody closed.
_MAX_LINES = 500
_MAX_CHARACTERS = 256_000
#: Columns beyond these are not read.
MAX_COLUMNS = 1_000

csv.field_size_limit(_MAX_CHARACTERS * 2)


class NotText(Invalid):
    """The upload is no text file: a workbook, a picture, an archive."""

    code: ClassVar[str] = "not_text"


@dataclass(frozen=True)
class Record:
    """One row: ``line`` is the physical line it starts on, from 1. ``broken`` tells why its cells cannot be trusted."""

    line: int
    cells: list[str]
    broken: str = ""


def guess_encoding(file: IO[bytes]) -> str:
    """A codec name for :func:`open_text`. Reads from the start and leaves the file there. Raises :class:`NotText`.

    A byte-order mark decides; else UTF-8 if the whole file is; else a statistical guess on the text around the
    first byte that is not, with Windows-1252 preferred among equals, because the guess mistakes it for its
    neighbours in short texts.
    """
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith((b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"GIF8")):
        raise NotText("This is not a text file. Upload a CSV file or an Excel workbook (.xlsx).")
    if wide := _wide_without_mark(head):
        return wide
    return _narrow(file)


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without a mark has a NUL in every second byte of plain text; a few stray NULs are only noise."""
    half = len(head) // 2
    if half < 2:
        return ""
    if head[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > 0.4 * half else ""


def _narrow(file: IO[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    sample = b""
    while chunk := file.read(_CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            start = max(0, error.start - _SAMPLE // 2)
            sample = chunk[start : start + _SAMPLE] if error.start < len(chunk) else chunk[-_SAMPLE:]
            break
    else:
        # A character cut off by the end of the file changes nothing: everything before it is UTF-8.
        file.seek(0)
        return "utf-8-sig"
    file.seek(0)
    matches = from_bytes(sample, cp_isolation=[name for name in ENCODINGS if not name.startswith("utf")])
    best = matches.best()
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    if best is None or (western is not None and western.chaos <= best.chaos):
        return "cp1252"
    if "cp1252" in best.could_be_from_charset:
        return "cp1252"
    return best.encoding


def open_text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The file as text, line ends untouched; what the encoding cannot read becomes U+FFFD, so the preview can
    show it."""
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def guess_delimiter(lines: Sequence[str]) -> str:
    """The delimiter under which most records of the first lines have the same number of cells, more than one."""
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in DELIMITERS:
        return lines[0][4:5]
    best, score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = Counter(
            len(record.cells)
            for record in itertools.islice(records(lines, delimiter), 100)
            if len(record.cells) > 1
        )
        if widths:
            width, count = widths.most_common(1)[0]
            # Consistency first; among equals the one that finds more columns.
            found = count / max(1, len(lines)) + min(width, 50) / 10_000
            best, score = (delimiter, found) if found > score else (best, score)
    return best


def first_lines(text: Iterable[str], count: int = 200) -> list[str]:
    """The first physical lines, for guessing; a line of a megabyte is cut."""
    return [line[:_MAX_CHARACTERS] for line in itertools.islice(text, count)]


def records(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Every record that is not blank, with its true line number. Quoted line breaks count as lines.

    A quotation mark that is never closed would swallow the rest of the file: after 500 lines, or at the end of
    the file, the line it stands on is given as ``broken`` and reading goes on with the next line. A first line
    ``sep=;`` (Excel) is passed over.
    """
    source = _Source(lines)
    while True:
        try:
            yield from _run(source, delimiter)
        except (_Runaway, csv.Error):
            yield Record(
                source.start,
                [source.pending[0].rstrip("\r\n")[:2_000]],
                broken="A quotation mark is never closed.",
            )
            source.rewind()
            continue
        return


class _Runaway(Exception):
    """One record went on for too long."""


class _Source:
    """Physical lines with a memory of those of the open record, so that a runaway record can be taken back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.pending: list[str] = []
        self.start = 1
        self._size = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                self.ended = True
                return
            self.pending.append(line)
            self._size += len(line)
            if len(self.pending) > _MAX_LINES or self._size > _MAX_CHARACTERS:
                raise _Runaway
            yield line.replace("\x00", "") if "\x00" in line else line

    def close_record(self) -> None:
        """The record that was open is complete; the next one starts on the following line."""
        self.start += len(self.pending)
        self.pending = []
        self._size = 0

    def rewind(self) -> None:
        """Give up the first line of the open record and read the others again."""
        self._again.extendleft(reversed(self.pending[1:]))
        self.start += 1
        self.pending = []
        self._size = 0
        self.ended = False


def _run(source: _Source, delimiter: str) -> Iterator[Record]:
    for cells in csv.reader(iter(source), delimiter=delimiter):
        if source.ended and len(source.pending) > 1 and "".join(source.pending).count('"') % 2:
            raise _Runaway
        line, first = source.start, source.pending[0] if source.pending else ""
        source.close_record()
        if line == 1 and len(first) < 10 and first.lower().startswith("sep="):
            continue
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(line, cells[:MAX_COLUMNS])
