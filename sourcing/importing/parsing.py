"""A batch of records as lines ready for the staging table. Pure, and plain data in and out: two processes share it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sourcing import matching
from sourcing.importing.reading import Record
from sourcing.importing.repeated import meeting_keys, person_of
from sourcing.importing.rows import ParsedRow, RowReader
from sourcing.matching import Rule


class Line(NamedTuple):
    """What became of one record. ``staged`` holds person, keys and cells as COPY reads them, empty when ``refused``
    (``(code, reason)``); ``known_by`` is what an erased person would be known by."""

    line: int
    cells: Sequence[str]
    refused: tuple[str, str] | None
    notes: Sequence[str]
    known_by: Sequence[str]
    staged: str


def lines_of(records: Sequence[Record], reader: RowReader, rule: Rule) -> list[Line]:
    """Every record read as the mapping says."""
    return [_line(record, read_record(record, reader), rule) for record in records]


def read_record(record: Record, reader: RowReader) -> ParsedRow:
    """One record as a person or a reason."""
    if record.broken:
        return ParsedRow(refused=("broken_quotes", record.broken))
    return reader.read(record.cells)


def keys_of(person: Mapping[str, Any], rule: Rule) -> list[int]:
    """Under which numbers a row meets lines and people, as ``MatchKey`` stores them."""
    return [matching.hashed(key) for key in meeting_keys(person_of(person), rule)]


def array(numbers: Sequence[int]) -> str:
    """An array literal."""
    return "{" + ",".join(map(str, numbers)) + "}"


def _line(record: Record, row: ParsedRow, rule: Rule) -> Line:
    if row.refused:
        return Line(record.line, record.cells, row.refused, (), row.keys, "")
    person = json.dumps(row.person, ensure_ascii=False)
    cells = json.dumps(record.cells, ensure_ascii=False)
    # JSON and arrays hold no raw tab or line break; only the backslash needs doubling for COPY.
    staged = f"{person}\t{array(keys_of(row.person, rule))}\t{cells}".replace("\\", "\\\\")
    return Line(record.line, record.cells, None, row.notes, row.keys, staged)
