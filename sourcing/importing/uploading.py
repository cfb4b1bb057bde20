"""An uploaded file before anything is written to people: storing it, how it is read, and Import itself."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import IO, Any, ClassVar

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.models import User
from foundation import runs
from foundation.models import RunStatus
from foundation.problems import Conflict, Invalid
from sourcing.importing import checking, mappings, policies, source, staging, workbook
from sourcing.importing.columns import FIELDS, REPEATABLE, find_header, guess_mapping
from sourcing.importing.locking import locked
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
from sourcing.importing.rows import unite
from sourcing.models import CustomField, ImportFormat, ImportRun, Project
from sourcing.normalising import clean_text
from sourcing.search.tokens import fold

#: Far above any list a person exports; a larger file is a mistake.
MAX_BYTES = 1 << 30
#: Rows the header and the columns are guessed from.
_LOOKED_AT = 100
_MOST_TAGS = 20
#: What a change of these makes the file be read from the start again.
_READING = ("encoding", "delimiter", "sheet", "has_header", "header_line", "mapping", "tags")


class BadFile(Invalid):
    """Nothing can be imported from this file, and the text says why."""

    code: ClassVar[str] = "bad_file"


class Begun(Conflict):
    """The import has begun; how the file is read cannot be changed any more."""

    code: ClassVar[str] = "import_begun"


def upload(*, actor: User, file: UploadedFile, project: Project | None = None) -> ImportRun:
    """Store the file as it streams in and guess how to read it. The same file not yet imported gives the same row.

    Raises :class:`BadFile`, NotText or BadWorkbook for a file without rows, too large, or that cannot be read. Nothing
    is written to people.
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
    _open_first(import_run, file.file)
    ending = "xlsx" if import_run.format == ImportFormat.WORKBOOK else "csv"
    import_run.file.save(
        f"{actor.organisation_id}-{digest.hexdigest()[:16]}.{ending}", File(file), save=False
    )
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


def describe_again(
    import_run: ImportRun,
    *,
    actor: User | None = None,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    has_header: bool,
) -> ImportRun:
    """Read the file's form anew under what a person chose on the preview; the mapping is guessed again.

    Raises Invalid for what is not on the page, :class:`Begun` when it is imported already.
    """
    if import_run.format == ImportFormat.WORKBOOK:
        if sheet not in import_run.sheets:
            raise Invalid("Choose a sheet of the workbook.")
    elif encoding not in {*ENCODINGS, import_run.encoding} or delimiter not in DELIMITERS:
        raise Invalid("Choose an encoding and a delimiter from the list.")
    with transaction.atomic():
        row = _changeable(import_run)
        before = _reading(row)
        with source.upload_of(row) as stored:
            if row.format == ImportFormat.WORKBOOK:
                _describe_sheet(row, stored, sheet, has_header=has_header)
            else:
                _describe_text(row, stored, encoding=encoding, delimiter=delimiter, has_header=has_header)
        _store(row, before, actor)
    import_run.refresh_from_db()
    return import_run


def settle(
    import_run: ImportRun,
    mapping: Mapping[int, str],
    *,
    actor: User | None = None,
    source_name: str,
    project: Project | None,
    chosen: Mapping[str, str] | None = None,
    tags: Sequence[str] = (),
) -> ImportRun:
    """Store what each column is, what happens to values that are there (``chosen``), and where the people go.

    Raises Invalid for an unknown field, one given twice, or none that names a person; :class:`Begun`.
    """
    fields = {index: name for index, name in mapping.items() if name}
    _refuse_bad_mapping(import_run, fields)
    kept_policies = policies.checked(chosen or {})
    with transaction.atomic():
        row = _changeable(import_run)
        before, policies_before = _reading(row), row.policies
        row.mapping = {str(index): name for index, name in sorted(fields.items())}
        governed = set(policies.governed(row.mapping.values()))
        row.policies = {field: policy for field, policy in kept_policies.items() if field in governed}
        row.source = clean_text(source_name, limit=200) or row.file_name[:200]
        row.project = project
        row.tags = unite((), (tag for tag in (clean_text(tag, limit=100) for tag in tags) if tag))[
            :_MOST_TAGS
        ]
        _store(row, before, actor, counted_anew=row.policies != policies_before)
    import_run.refresh_from_db()
    return import_run


def start(*, import_run: ImportRun, actor: User) -> ImportRun:
    """Import: start the run. A second click finds it started and changes nothing."""
    header = source.header_of(import_run)
    with transaction.atomic():
        row = locked(import_run)
        if row.run_id is not None:
            return row
        if not row.mapping:
            raise Invalid("Say which column holds the name, the e-mail address or the LinkedIn profile.")
        row.run = runs.start(
            kind="import",
            organisation=actor.organisation,
            actor=actor,
            title=f"Import {row.file_name}",
            subject=f"import:{row.pk}",
            params={"import_run_id": row.pk},
        )
        # The counts stay for comparison; names and values need not stand here any longer.
        row.checked = {name: value for name, value in row.checked.items() if name != "examples"}
        row.save(update_fields=["run", "checked"])
        mappings.remember(row, header, actor)
    return row


def discard(*, import_run: ImportRun, actor: User) -> bool:
    """Forget an upload that was not imported, with its file; False for one that runs or ran, which stays."""
    with transaction.atomic():
        row = locked(import_run)
        if row.run_id is not None:
            return False
        checking.forget(row, actor)
        row.save(update_fields=["check_run", "checked"])
        staging.forget(row)
        source.drop_unpacked(row)
        name = str(row.file.name)
        transaction.on_commit(lambda: row.file.storage.delete(name))
        row.delete()
    return True


def imported_before(import_run: ImportRun) -> ImportRun | None:
    """An earlier import of the very same file by anybody in the organisation, for a warning."""
    return (
        ImportRun.objects.for_organisation(import_run.organisation_id)
        .filter(file_sha256=import_run.file_sha256, run__status=RunStatus.DONE)
        .exclude(pk=import_run.pk)
        .exclude(undo_run__status=RunStatus.DONE)
        .order_by("-created_at")
        .first()
    )


def custom_labels(organisation_id: int) -> dict[str, str]:
    """The organisation's own fields, ``{key: label}``, in their order."""
    fields = CustomField.objects.for_organisation(organisation_id).filter(archived_at__isnull=True)
    return dict(fields.values_list("key", "label"))


def _changeable(import_run: ImportRun) -> ImportRun:
    row = locked(import_run)
    if row.run_id is not None:
        raise Begun("The import has begun already.")
    return row


def _reading(row: ImportRun) -> list[Any]:
    return [getattr(row, name) for name in _READING]


def _store(row: ImportRun, before: list[Any], actor: User | None, *, counted_anew: bool = False) -> None:
    """Save what was chosen; what had been staged or counted the old way is dropped."""
    if _reading(row) != before:
        staging.forget(row)
        source.drop_unpacked(row)
        counted_anew = True
    if counted_anew:
        checking.forget(row, actor)
    row.save()


def _refuse_bad_mapping(import_run: ImportRun, fields: Mapping[int, str]) -> None:
    customs = {f"custom:{key}": label for key, label in custom_labels(import_run.organisation_id).items()}
    labels = {**FIELDS, **customs}
    if unknown := set(fields.values()) - set(labels):
        raise Invalid(f"Unknown fields: {', '.join(sorted(unknown))}")
    twice = [name for name, count in Counter(fields.values()).items() if count > 1 and name not in REPEATABLE]
    if twice:
        raise Invalid("Only one column can be: " + ", ".join(labels[name] for name in twice) + ".")
    naming = {name.partition(":")[0] for name in fields.values()}
    if not naming & {"full_name", "first_name", "last_name", "email", "linkedin"}:
        raise Invalid("Say which column holds the name, the e-mail address or the LinkedIn profile.")


def _open_first(import_run: ImportRun, raw: IO[bytes]) -> None:
    """Which kind of file it is, and the first guess at how to read it."""
    raw.seek(0)
    head = raw.read(8)
    raw.seek(0)
    workbook.refuse_old(head, raw)
    if not head.startswith(workbook.ZIP_HEAD):
        _describe_text(import_run, raw)
        return
    import_run.format = ImportFormat.WORKBOOK
    import_run.sheets = workbook.sheets_of(raw)
    for sheet in import_run.sheets:
        try:
            _describe_sheet(import_run, raw, sheet)
        except BadFile:
            continue
        return
    raise BadFile("There are no rows in this workbook.")


def _describe_sheet(
    import_run: ImportRun, raw: IO[bytes], sheet: str, *, has_header: bool | None = None
) -> None:
    import_run.sheet = sheet
    rows = list(itertools.islice(workbook.rows(raw, sheet), _LOOKED_AT))
    raw.seek(0)
    _describe_rows(import_run, rows, has_header)


def _describe_text(
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
    rows = list(itertools.islice(records(lines, import_run.delimiter), _LOOKED_AT))
    _describe_rows(import_run, rows, has_header)


def _describe_rows(import_run: ImportRun, rows: list[Record], has_header: bool | None) -> None:
    """Header and mapping, from the first rows; a mapping saved for these headers goes before the guess."""
    if not rows:
        raise BadFile("There are no rows in this file.")
    header = None
    if has_header is not False:
        first = [row.cells for row in rows[:10]]
        header = mappings.find_header(import_run, first)
        header = find_header(first) if header is None else header
    if header is None and has_header:
        header = 0
    import_run.has_header = header is not None
    import_run.header_line = rows[header].line if header is not None else 1
    data = rows[header + 1 :] if header is not None else rows
    names = rows[header].cells if header is not None else None
    labels = custom_labels(import_run.organisation_id)
    known = {*FIELDS, *(f"custom:{key}" for key in labels)}
    if names is not None and mappings.propose(import_run, names, known):
        return
    customs = {fold(text): key for key, label in labels.items() for text in (key, label)}
    guessed = guess_mapping(names, [row.cells for row in data], customs)
    import_run.mapping = {str(index): name for index, name in guessed.items()}
