"""The page before Import: how the columns are read, the first rows as they will be saved, and what becomes of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction

from sourcing import duplicates
from sourcing.importing import checking, incoming, parsing, source, staging
from sourcing.importing.checking import Example
from sourcing.importing.reading import Record
from sourcing.importing.repeated import person_of, same_people
from sourcing.importing.rows import ParsedRow
from sourcing.models import ImportRun
from sourcing.normalising import clean_text

#: Data rows looked at for the counts; the first :data:`PREVIEW_ROWS` of them are shown.
LOOKED_AT = 2_000
PREVIEW_ROWS = 20
#: Rows whose cells are looked at for examples of a column.
_SAMPLED = 200


@dataclass(frozen=True)
class Column:
    """One column of the mapping page."""

    index: int
    header: str
    field: str
    examples: list[str]


@dataclass(frozen=True)
class PreviewRow:
    """One of the first rows as it would be taken, or why not. ``outcome`` says whom it meets; ``repeats`` is the
    earlier line of the same person."""

    line: int
    row: ParsedRow
    outcome: Example | None = None
    repeats: int | None = None

    @property
    def known(self) -> bool:
        """Whether the person is in the CRM already."""
        return self.outcome is not None and self.outcome.kind != "fresh"


@dataclass
class Preview:
    """What Import would do, judged by the first :data:`LOOKED_AT` rows; ``complete`` if those are all.

    ``fresh``, ``updated``, ``conflict``, ``repeated`` and ``refused_count`` add up to ``looked_at``.
    """

    columns: list[Column] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    looked_at: int = 0
    complete: bool = True
    fresh: int = 0
    updated: int = 0
    conflict: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    noted: int = 0
    #: Cells with characters the encoding could not read.
    unreadable: int = 0

    @property
    def known(self) -> int:
        """Rows of people who are in the CRM already."""
        return self.updated + self.conflict

    @property
    def refused_count(self) -> int:
        """Rows that make no person, for whatever reason."""
        return self.refused.total()

    @property
    def refused_reasons(self) -> list[tuple[str, int]]:
        """Why, the most frequent reason first."""
        return self.refused.most_common()


def preview(import_run: ImportRun) -> Preview:
    """The first rows as Import would take them, and what it would make of the first two thousand. Only reads."""
    with source.opened(import_run) as opened:
        found = list(itertools.islice(opened.records(), LOOKED_AT + 1))
    looked, reader = found[:LOOKED_AT], staging.row_reader(import_run)
    parsed = [(record, parsing.read_record(record, reader)) for record in looked]
    taken = [(record, row) for record, row in parsed if not row.refused]
    rule = duplicates.rule_of(import_run.organisation_id)
    repeats = same_people(((record.line, person_of(row.person)) for record, row in taken), rule)
    result = Preview(
        columns=_columns(import_run, looked), looked_at=len(looked), complete=len(found) <= LOOKED_AT
    )
    outcomes = _judge(
        import_run, taken, repeats, result, [record.line for record, _ in parsed[:PREVIEW_ROWS]]
    )
    result.refused.update(row.refused[1].split(".")[0] for _, row in parsed if row.refused)
    result.repeated = len(repeats)
    result.noted = sum(1 for _, row in taken if row.notes)
    result.unreadable = sum("\ufffd" in cell for record in looked for cell in record.cells)
    result.rows = [
        PreviewRow(record.line, row, outcomes.get(record.line), repeats.get(record.line))
        for record, row in parsed[:PREVIEW_ROWS]
    ]
    return result


def _judge(
    import_run: ImportRun,
    taken: list[tuple[Record, ParsedRow]],
    repeats: Mapping[int, int],
    result: Preview,
    shown: list[int],
) -> dict[int, Example]:
    """Fill the counts and examples; outcomes of the ``shown`` lines."""
    rule = duplicates.rule_of(import_run.organisation_id)
    rows = [
        (record.line, parsing.keys_of(row.person, rule), row.person)
        for record, row in taken
        if record.line not in repeats
    ]
    if not rows:
        return {}
    with transaction.atomic(), connection.cursor() as cursor:
        incoming.from_rows(cursor, rows)
        counts, examples = checking.judge(cursor, import_run, shown)
        incoming.drop(cursor)
    result.fresh, result.updated, result.conflict = (
        counts["fresh"],
        counts["updated"],
        counts["conflict"],
    )
    for kind in ("conflict", "updated", "fresh"):
        result.examples += [example for example in examples if example.kind == kind][: checking.EXAMPLES]
    return {example.line: example for example in examples}


def _columns(import_run: ImportRun, looked: list[Record]) -> list[Column]:
    header = source.header_of(import_run)
    mapping = staging.field_mapping(import_run)
    width = max([len(header), *(len(record.cells) for record in looked[:_SAMPLED])], default=0)
    return [
        Column(
            index,
            clean_text(header[index], limit=80) if index < len(header) else "",
            mapping.get(index, ""),
            list(itertools.islice(_examples(looked, index), 3)),
        )
        for index in range(width)
    ]


def _examples(looked: list[Record], index: int) -> Iterator[str]:
    seen = set()
    for record in looked[:_SAMPLED]:
        value = clean_text(record.cells[index], limit=60) if index < len(record.cells) else ""
        if value and value not in seen:
            seen.add(value)
            yield value
