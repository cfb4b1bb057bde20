"""Rows out of an Excel workbook (.xlsx), as people see them. Streamed: memory does not grow with the sheet.

openpyxl reads the parts that are small (which sheets there are, the formats of numbers); the sheet itself and the table
of its strings, which may be a gigabyte, are walked with defusedxml. A formula is never evaluated: what counts is the
value the program that saved the file left beside it.
"""

from __future__ import annotations

import datetime
import re
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any, ClassVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]  # it has no types
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]  # it has no types
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from foundation.problems import Invalid
from sourcing.importing.reading import MAX_COLUMNS, Record

#: The first bytes of every zip archive, which a workbook is, and of the format before 2007.
ZIP_HEAD = b"PK\x03\x04"
OLD_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: A million rows of thirty columns unpack to two thirds of this; text packs about twenty to one.
_MAX_UNPACKED = 6 << 30
_MAX_RATIO = 200
#: What openpyxl reads whole: relations, styles, names of sheets.
_MAX_SMALL_PART = 16 << 20
_MAX_PARTS = 10_000
_MAX_CELL = 32_767
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class BadWorkbook(Invalid):
    """This workbook cannot be read; the text says what to do."""

    code: ClassVar[str] = "bad_workbook"


_BROKEN = "This workbook is damaged. Open it in Excel, save it again as .xlsx or CSV, and upload that file."
_BOMB = (
    "This workbook unpacks to far more than it should. Save the sheet with the people as CSV and upload that."
)


@dataclass
class _Book:
    """An open workbook: its archive, sheets as ``{name: path}``, and how numbers of each style are shown."""

    archive: zipfile.ZipFile
    sheets: dict[str, str]
    formats: list[str]
    epoch: datetime.datetime
    strings: _Strings


def refuse_old(head: bytes, file: IO[bytes]) -> None:
    """Raises :class:`BadWorkbook` for the format before 2007, in which an encrypted workbook is wrapped too."""
    if not head.startswith(OLD_HEAD):
        return
    file.seek(0)
    text = file.read(1 << 20)
    file.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in text:
        raise BadWorkbook(
            "This workbook has a password. Open it, take the password off, save it and upload it again."
        )
    raise BadWorkbook(
        "This is an Excel file of the old kind (.xls). Save it as .xlsx or CSV and upload that file."
    )


def sheets_of(file: IO[bytes]) -> list[str]:
    """The names of the sheets that hold cells, in order. Raises :class:`BadWorkbook`."""
    with _opened(file) as book:
        return list(book.sheets)


def rows(file: IO[bytes], sheet: str) -> Iterator[Record]:
    """Every row of ``sheet`` that is not blank, numbered as in Excel. Raises :class:`BadWorkbook`.

    Dates come as ``2024-03-01`` (``2024-03`` where the cell shows no day), numbers without exponent and with the
    zeros of their format, percentages with their sign, errors as blanks.
    """
    with _opened(file) as book:
        if sheet not in book.sheets:
            raise BadWorkbook("This sheet is no longer in the workbook. Choose another one.")
        with book.archive.open(book.sheets[sheet]) as source:
            yield from _rows(source, book)


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[_Book]:
    """The workbook; whatever is wrong with it, while it is open too, is a :class:`BadWorkbook`."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_bomb(archive)
            reader = _Reader(file)
            reader.read()
            with _Strings(archive, reader.strings_path) as strings:
                yield _Book(archive, _sheets(reader), _formats(reader), reader.wb.epoch, strings)
    except BadWorkbook:
        raise
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, DefusedXmlException, KeyError, ValueError, TypeError,
        IndexError, AttributeError, EOFError, NotImplementedError, RuntimeError, OSError,
    ) as error:  # fmt: skip
        # RuntimeError: a part of the archive is encrypted. The others: XML that is not what its place asks for.
        raise BadWorkbook(_BROKEN) from error


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if (
        len(parts) > _MAX_PARTS
        or unpacked > _MAX_UNPACKED
        or unpacked > _MAX_RATIO * packed + _MAX_SMALL_PART
    ):
        raise BadWorkbook(_BOMB)
    for part in parts:
        streamed = part.filename.startswith("xl/worksheets/") or part.filename.lower().endswith(
            "sharedstrings.xml"
        )
        if not streamed and part.filename.endswith((".xml", ".rels")) and part.file_size > _MAX_SMALL_PART:
            raise BadWorkbook(_BOMB)


class _Reader(ExcelReader):
    """openpyxl's reader without the strings, which it would hold in memory, and without pictures and links."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, read_only=True, data_only=True, keep_links=False)
        self.strings_path = ""

    def read_strings(self) -> None:
        """Only where they are."""
        for path in self.valid_files:
            if path.lower().endswith("sharedstrings.xml"):
                self.strings_path = path

    def read_theme(self) -> None:
        """Colours; not needed."""

    def read_custom(self) -> None:
        """Properties of the document; not needed."""

    def read_properties(self) -> None:
        """Author and title; not needed."""

    def read_worksheets(self) -> None:
        """Nothing: the sheets are walked by :func:`_rows`."""


def _sheets(reader: _Reader) -> dict[str, str]:
    found = {
        sheet.name: relation.target
        for sheet, relation in reader.parser.find_sheets()
        if "chartsheet" not in relation.Type and relation.target in reader.valid_files
    }
    if not found:
        raise BadWorkbook("There is no sheet with cells in this workbook.")
    return found


def _formats(reader: _Reader) -> list[str]:
    """The number format of each style, in the order cells name them."""
    book: Any = reader.wb
    own, styles = book._number_formats, book._cell_styles  # noqa: SLF001 - openpyxl tells them no other way
    first_own = 164
    return [
        own[style.numFmtId - first_own]
        if style.numFmtId >= first_own
        else str(BUILTIN_FORMATS.get(style.numFmtId, "General"))
        for style in styles
    ]


class _Strings:
    """The table of strings, unpacked as far as somebody asked, in a file of its own."""

    def __init__(self, archive: zipfile.ZipFile, path: str) -> None:
        self._source = archive.open(path) if path else None
        self._nodes = self._texts() if path else iter(())
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = array("Q", [0])
        self._recent = lru_cache(maxsize=8_192)(self._read)

    def __enter__(self) -> _Strings:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._source is not None:
            self._source.close()

    def __getitem__(self, index: int) -> str:
        if index < 0:
            raise IndexError(index)
        if index >= len(self._ends) - 1:
            self._unpack(index)
        return self._recent(index)

    def _unpack(self, index: int) -> None:
        self._file.seek(0, 2)
        for text in self._nodes:
            data = text.encode("utf-8", "surrogatepass")
            self._file.write(data)
            self._ends.append(self._ends[-1] + len(data))
            # A few more than asked for: the next row wants the next ones.
            if len(self._ends) - 1 > index + 1_000:
                return
        if index >= len(self._ends) - 1:
            raise IndexError(index)

    def _read(self, index: int) -> str:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass")

    def _texts(self) -> Iterator[str]:
        table = None
        for event, node in iterparse(self._source, events=("start", "end"), forbid_dtd=True):
            if table is None:
                table = node
            elif event == "end" and node.tag == f"{_NS}si":
                yield _text(node)
                table.clear()


def _rows(source: IO[bytes], book: _Book) -> Iterator[Record]:
    shown = _Shown(book)
    number, data = 0, None
    for event, node in iterparse(source, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            if node.tag == f"{_NS}sheetData":
                data = node
            continue
        if node.tag != f"{_NS}row" or data is None:
            continue
        number = int(node.get("r") or number + 1)
        cells = _cells(node, shown)
        data.clear()
        if any(cells):
            yield Record(number, cells)


def _cells(row: Element, shown: _Shown) -> list[str]:
    cells: list[str] = []
    for node in row:
        reference = _REFERENCE.fullmatch(node.get("r") or "")
        column = _column(reference[1]) if reference else len(cells)
        if column >= MAX_COLUMNS:
            break
        if column > len(cells):
            cells.extend([""] * (column - len(cells)))
        cells.append(shown.cell(node))
    return cells


@lru_cache(maxsize=2_048)
def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


class _Shown:
    """Values of cells as people see them."""

    def __init__(self, book: _Book) -> None:
        self._strings = book.strings
        self._numbers: list[Callable[[str], str]] = [
            _number_format(name, book.epoch) for name in book.formats
        ]

    def cell(self, node: Element) -> str:
        """The text of one ``<c>``."""
        kind = node.get("t", "n")
        if kind == "inlineStr":
            inline = node.find(f"{_NS}is")
            return _text(inline)[:_MAX_CELL] if inline is not None else ""
        value = node.findtext(f"{_NS}v")
        if not value or kind == "e":
            return ""
        if kind == "s":
            return self._strings[int(value)][:_MAX_CELL]
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind == "n":
            style = int(node.get("s") or 0)
            return self._numbers[style](value) if style < len(self._numbers) else _plain(value)
        return value.partition("T00:00:00")[0] if kind == "d" else _unescaped(value)[:_MAX_CELL]


def _number_format(name: str, epoch: datetime.datetime) -> Callable[[str], str]:
    """How a number with this format is written."""
    if is_date_format(name):
        return lambda value: _date(value, name, epoch)
    if "%" in name:
        return lambda value: f"{_plain(str(round(float(value) * 100, 6)))}%"
    if re.fullmatch(r"0{2,}", name):
        return lambda value: _plain(value).zfill(len(name))
    return _plain


def _date(value: str, name: str, epoch: datetime.datetime) -> str:
    try:
        moment: Any = from_excel(float(value), epoch)
    except (ValueError, OverflowError):
        return _plain(value)
    parts = name.lower()
    if isinstance(moment, datetime.time):
        return moment.isoformat("minutes")
    if not isinstance(moment, datetime.datetime):
        return _plain(value)
    if "h" in parts and (moment.hour or moment.minute or moment.second):
        return moment.isoformat(" ", "minutes")
    if "d" in parts:
        return moment.date().isoformat()
    return f"{moment:%Y-%m}" if "m" in parts else f"{moment:%Y}"


def _plain(value: str) -> str:
    """``4.9151e11`` → ``491510000000``, ``5.0`` → ``5``, ``0.1+0.2`` → ``0.3``."""
    if value.isascii() and value.isdigit():
        return value
    number = float(value)
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    return f"{number:.15g}"


def _text(node: Element) -> str:
    """The characters of a string and its runs; readings of Japanese words (``rPh``) are not part of it."""
    parts = []
    for child in node:
        if child.tag == f"{_NS}t":
            parts.append(child.text or "")
        elif child.tag == f"{_NS}r":
            parts += [text.text or "" for text in child if text.tag == f"{_NS}t"]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
