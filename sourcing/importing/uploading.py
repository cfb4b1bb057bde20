"""An uploaded file before anything is written to people: storing it, reading its form, preview, and Import itself."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, ClassVar

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.models import User
from foundation import runs
from foundation.models import RunStatus
from foundation.problems import Invalid
from sourcing.importing import staging
from sourcing.importing.columns import (
    FIELDS,
    REPEATABLE,
    ParsedRow,
    find_header,
    guess_mapping,
    parse_row,
    same_people,
)
from sourcing.importing.reading import (
    DELIMITERS,
    ENCODINGS,
    Record,
    first_lines,
    guess_delimiter,
    guess_encoding,
    open_text,
    records,
)
from sourcing.models import Candidate, ContactKind, ContactPoint, ImportRun, Project
from sourcing.normalising import clean_text

#: Far above any list a person exports; a larger file is a mistake.
MAX_BYTES = 1 << 30
#: Data rows the preview looks at for its counts; the first :data:`PREVIEW_ROWS` of them are shown.
LOOKED_AT = 2_000
PREVIEW_ROWS = 20


class BadFile(Invalid):
    """Nothing can be imported from this file, and the text says why."""

    code: ClassVar[str] = "bad_file"


@dataclass(frozen=True)
class Column:
    """One column of the mapping page."""

    index: int
    header: str
    field: str
    examples: list[str]


@dataclass(frozen=True)
class PreviewRow:
    """One of the first rows as it would be taken, or why not. ``known`` is a person it would be added to."""

    line: int
    row: ParsedRow
    known: bool = False
    repeats: int | None = None


@dataclass
class Preview:
    """What Import would do, judged by the first :data:`LOOKED_AT` rows; ``complete`` if those are all."""

    columns: list[Column] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    looked_at: int = 0
    complete: bool = True
    fresh: int = 0
    known: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    noted: int = 0
    #: Cells with characters the encoding could not read.
    unreadable: int = 0

    @property
    def refused_count(self) -> int:
        """Rows that make no person, for whatever reason."""
        return self.refused.total()

    @property
    def refused_reasons(self) -> list[tuple[str, int]]:
        """Why, the most frequent reason first."""
        return self.refused.most_common()


def upload(*, actor: User, file: UploadedFile, project: Project | None = None) -> ImportRun:
    """Store the file as it streams in and guess how to read it. The same file not yet imported gives the same row.

    Raises :class:`BadFile` or NotText for a file without rows, too large, or not text. Nothing is written to people.
    """
    assert actor.organisation is not None
    name = clean_text(file.name or "people.csv", limit=255)
    if not file.size:
        raise BadFile("The file is empty.")
    if file.size > MAX_BYTES:
        raise BadFile("The file is larger than 1 GB. Split it and upload the parts.")
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    waiting = ImportRun.objects.for_organisation(actor.organisation).filter(
        created_by=actor, file_sha256=digest.hexdigest(), run__isnull=True
    )
    existing = waiting.first()
    if existing is not None:
        return existing
    import_run = ImportRun(
        organisation=actor.organisation,
        created_by=actor,
        file_name=name,
        file_sha256=digest.hexdigest(),
        file_size=file.size,
        project=project,
        source=name[:200],
    )
    assert file.file is not None
    _describe(import_run, file.file)
    import_run.file.save(f"{actor.organisation_id}-{digest.hexdigest()[:16]}.csv", File(file), save=False)
    try:
        with transaction.atomic():
            import_run.save()
    except IntegrityError as error:
        import_run.file.delete(save=False)
        if "sourcing_import_waiting_once" not in str(error):
            raise
        # The same file came twice at once; the other request's row is the one.
        return waiting.get()
    return import_run


def describe_again(import_run: ImportRun, *, encoding: str, delimiter: str, has_header: bool) -> ImportRun:
    """Read the file's form anew under what a person chose on the preview; the mapping is guessed again."""
    if encoding not in {*ENCODINGS, import_run.encoding} or delimiter not in DELIMITERS:
        raise Invalid("Choose an encoding and a delimiter from the list.")
    if import_run.run_id is None:
        with staging.stored_file(import_run) as stored:
            _describe(import_run, stored, encoding=encoding, delimiter=delimiter, has_header=has_header)
        import_run.save(update_fields=["encoding", "delimiter", "has_header", "header_line", "mapping"])
    return import_run


def map_columns(
    import_run: ImportRun, mapping: Mapping[int, str], *, source: str, project: Project | None
) -> ImportRun:
    """Store what each column is. Raises Invalid for an unknown field, one given twice, or none that names a person."""
    chosen = {index: name for index, name in mapping.items() if name}
    if unknown := set(chosen.values()) - set(FIELDS):
        raise Invalid(f"Unknown fields: {', '.join(sorted(unknown))}")
    twice = [name for name, count in Counter(chosen.values()).items() if count > 1 and name not in REPEATABLE]
    if twice:
        raise Invalid("Only one column can be: " + ", ".join(FIELDS[name] for name in twice) + ".")
    naming = {name.partition(":")[0] for name in chosen.values()}
    if not naming & {"full_name", "first_name", "last_name", "email", "linkedin"}:
        raise Invalid("Say which column holds the name, the e-mail address or the LinkedIn profile.")
    if import_run.run_id is None:
        import_run.mapping = {str(index): name for index, name in sorted(chosen.items())}
        import_run.source = clean_text(source, limit=200) or import_run.file_name[:200]
        import_run.project = project
        import_run.save(update_fields=["mapping", "source", "project"])
    return import_run


def start(*, import_run: ImportRun, actor: User) -> ImportRun:
    """Import: start the run. A second click finds it started and changes nothing."""
    with transaction.atomic():
        locked = (
            ImportRun.objects.for_organisation(import_run.organisation_id)
            .select_for_update()
            .get(pk=import_run.pk)
        )
        if locked.run_id is not None:
            return locked
        if not locked.mapping:
            raise Invalid("Say which column holds the name, the e-mail address or the LinkedIn profile.")
        locked.run = runs.start(
            kind="import",
            organisation=actor.organisation,
            actor=actor,
            title=f"Import {locked.file_name}",
            subject=f"import:{locked.pk}",
            params={"import_run_id": locked.pk},
        )
        locked.save(update_fields=["run"])
    return locked


def discard(*, import_run: ImportRun, actor: User) -> None:  # noqa: ARG001 - the door asked for the right
    """Forget an upload that was not imported, with its file. One that runs or ran stays."""
    with transaction.atomic():
        locked = (
            ImportRun.objects.for_organisation(import_run.organisation_id)
            .select_for_update()
            .get(pk=import_run.pk)
        )
        if locked.run_id is not None:
            return
        transaction.on_commit(lambda: locked.file.storage.delete(str(locked.file.name)))
        locked.delete()


def preview(import_run: ImportRun) -> Preview:
    """The first rows as Import would take them, and the counts of what it would make of the first two thousand."""
    found = list(itertools.islice(staging.data_records(import_run), LOOKED_AT + 1))
    looked, mapping = found[:LOOKED_AT], staging.field_mapping(import_run)
    parsed = [
        (
            record,
            ParsedRow(refused=("broken_quotes", record.broken))
            if record.broken
            else parse_row(record.cells, mapping),
        )
        for record in looked
    ]
    taken = [(record, row) for record, row in parsed if not row.refused]
    repeats = same_people((record.line, row.keys) for record, row in taken)
    known = _known(import_run.organisation_id, taken)
    result = Preview(
        columns=_columns(import_run, looked, mapping), looked_at=len(looked), complete=len(found) <= LOOKED_AT
    )
    result.refused.update(row.refused[1].split(".")[0] for _, row in parsed if row.refused)
    result.repeated = len(repeats)
    result.known = len(known - repeats.keys())
    result.fresh = len(taken) - result.repeated - result.known
    result.noted = sum(1 for _, row in taken if row.notes)
    result.unreadable = sum("\ufffd" in cell for record in looked for cell in record.cells)
    result.rows = [
        PreviewRow(record.line, row, record.line in known, repeats.get(record.line))
        for record, row in parsed[:PREVIEW_ROWS]
    ]
    return result


def imported_before(import_run: ImportRun) -> ImportRun | None:
    """An earlier import of the very same file by anybody in the organisation, for a warning."""
    return (
        ImportRun.objects.for_organisation(import_run.organisation_id)
        .filter(file_sha256=import_run.file_sha256, run__status=RunStatus.DONE)
        .exclude(pk=import_run.pk)
        .order_by("-created_at")
        .first()
    )


def _describe(
    import_run: ImportRun,
    raw: IO[bytes],
    *,
    encoding: str = "",
    delimiter: str = "",
    has_header: bool | None = None,
) -> None:
    import_run.encoding = encoding or guess_encoding(raw)
    text = open_text(raw, import_run.encoding)
    try:
        lines = first_lines(text)
    finally:
        text.detach()
        raw.seek(0)
    import_run.delimiter = delimiter or guess_delimiter(lines)
    rows = list(itertools.islice(records(lines, import_run.delimiter), 100))
    if not rows:
        raise BadFile("There are no rows in this file.")
    header = find_header([row.cells for row in rows]) if has_header is not False else None
    if header is None and has_header:
        header = 0
    import_run.has_header = header is not None
    import_run.header_line = rows[header].line if header is not None else 1
    data = rows[header + 1 :] if header is not None else rows
    names = rows[header].cells if header is not None else None
    guessed = guess_mapping(names, [row.cells for row in data])
    import_run.mapping = {str(index): name for index, name in guessed.items()}


def _columns(import_run: ImportRun, looked: list[Record], mapping: Mapping[int, str]) -> list[Column]:
    header = header_of(import_run)
    width = max([len(header), *(len(record.cells) for record in looked[:200])], default=0)
    return [
        Column(
            index,
            clean_text(header[index], limit=80) if index < len(header) else "",
            mapping.get(index, ""),
            list(itertools.islice(_examples(looked, index), 3)),
        )
        for index in range(width)
    ]


def header_of(import_run: ImportRun) -> list[str]:
    """The cells of the header as they stand in the file; empty without one."""
    if not import_run.has_header:
        return []
    with staging.stored_file(import_run) as stored:
        text = open_text(stored, import_run.encoding)
        try:
            for record in records(text, import_run.delimiter):
                if record.line >= import_run.header_line:
                    return record.cells
        finally:
            text.detach()
    return []


def _examples(looked: list[Record], index: int) -> Iterator[str]:
    seen = set()
    for record in looked[:200]:
        value = clean_text(record.cells[index], limit=60) if index < len(record.cells) else ""
        if value and value not in seen:
            seen.add(value)
            yield value


def _known(organisation_id: int, taken: list[tuple[Record, ParsedRow]]) -> set[int]:
    """Lines whose person is in the CRM already, by the two keys the slices match on."""
    keys = {key for _, row in taken for key in row.keys}
    profiles = set(
        Candidate.objects.for_organisation(organisation_id)
        .filter(linkedin_key__in=[key[2:] for key in keys if key.startswith("l:")])
        .values_list("linkedin_key", flat=True)
    )
    addresses = set(
        ContactPoint.objects.for_organisation(organisation_id)
        .filter(
            kind=ContactKind.EMAIL,
            shared=True,
            normalised__in=[key[2:] for key in keys if key.startswith("e:")],
        )
        .values_list("normalised", flat=True)
    )
    return {
        record.line
        for record, row in taken
        if any(key[2:] in (profiles if key.startswith("l:") else addresses) for key in row.keys)
    }
