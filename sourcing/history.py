"""What a person did, row by row: positions and schools are added, changed, removed and put into order.

Each change locks the person, raises their version, and keeps the search row in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from foundation.problems import Invalid, Missing
from sourcing import editing, joining, people, settling, values
from sourcing.models import Candidate, Education, Experience, Origin
from sourcing.normalising import clean_block, clean_text

Row = Experience | Education

#: Words of the address → table and what is asked of a row.
TABLES: Mapping[str, type[Experience] | type[Education]] = {"experience": Experience, "education": Education}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "experience": ("title", "company", "location", "started", "ended", "description"),
    "education": ("school", "degree", "field", "started", "ended"),
}
MAX_ROWS = 200
_DATE = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


class RowMissing(Missing):
    """There is no such position or school of this person."""

    code: ClassVar[str] = "history_row_missing"


class RowChanged(people.Changed):
    """Somebody else changed the row meanwhile; ``extra`` has ``fields`` with both values."""


def rows_of(candidate: Candidate, kind: str) -> list[Row]:
    """The person's positions or schools in order."""
    return list(_rows(candidate, kind))


def row_for(candidate: Candidate, kind: str, row_id: int) -> Row:
    """One row of this person; raises :class:`RowMissing`."""
    row: Row | None = _rows(candidate, kind).filter(pk=row_id).first()
    if row is None:
        raise RowMissing("There is no such entry.")
    return row


def content(row: Row) -> dict[str, str]:
    """What a row says, by column."""
    return {name: getattr(row, name) for name in COLUMNS[_kind_of(row)]}


@transaction.atomic
def add(*, candidate: Candidate, actor: User, kind: str, entry: Mapping[str, str]) -> Row:
    """A new row at the top: what is typed in is usually the newest. Raises Invalid."""
    cleaned = _cleaned(kind, entry)
    person = editing.lock(candidate)
    present = rows_of(person, kind)
    if len(present) >= MAX_ROWS:
        raise Invalid(f"A person has {MAX_ROWS} entries at most.")
    row = TABLES[kind](organisation_id=person.organisation_id, candidate=person, position=0, **cleaned)
    _number([row, *present])
    _save(person, actor, kind)
    return row


@transaction.atomic
def change(
    *, candidate: Candidate, actor: User, kind: str, row_id: int, entry: Mapping[str, str], seen: str
) -> Row:
    """Other words in a row. ``seen`` is ``values.mark(content(row))`` of what the editor saw; raises
    :class:`RowChanged` when the row says something else by now and something else than ``entry``, and Invalid."""
    cleaned = _cleaned(kind, entry)
    person = editing.lock(candidate)
    row = row_for(person, kind, row_id)
    present = content(row)
    if present == cleaned:
        return row
    if values.mark(present) != seen:
        both = {
            name: {"current": present[name], "yours": value}
            for name, value in cleaned.items()
            if present[name] != value
        }
        raise RowChanged(
            "Somebody changed this entry while you were editing. Look at both and save again.", fields=both
        )
    for name, value in cleaned.items():
        setattr(row, name, value)
    row.save()
    _save(person, actor, kind)
    return row


@transaction.atomic
def remove(*, candidate: Candidate, actor: User, kind: str, row_id: int) -> None:
    """Take a row away. One that is gone already raises :class:`RowMissing`."""
    person = editing.lock(candidate)
    row_for(person, kind, row_id).delete()
    _save(person, actor, kind)


@transaction.atomic
def move(*, candidate: Candidate, actor: User, kind: str, row_id: int, by: int) -> None:
    """Put a row ``by`` places lower (negative: higher); it stops at the ends."""
    person = editing.lock(candidate)
    present = rows_of(person, kind)
    row = row_for(person, kind, row_id)
    at = present.index(row)
    to = max(0, min(len(present) - 1, at + by))
    if to == at:
        return
    present.insert(to, present.pop(at))
    _number(present)
    _save(person, actor, kind)


@transaction.atomic
def take(
    *,
    candidate: Candidate,
    kind: str,
    entries: Iterable[Mapping[str, str]],
    vouched: bool,
    actor: User | None = None,
) -> bool:
    """What a pull tells of positions or schools, joined to what is known (``joining``); whether anything changed.

    ``vouched`` as in ``joining``; ``actor`` is whoever read it on a page, None for a program. Entries as :func:`told`.
    """
    known = told(kind, entries)
    person = editing.lock(candidate)
    present = rows_of(person, kind)
    first, second = COLUMNS[kind][:2]
    lines = joining.join(
        [content(row) for row in present], known, names=(first, second), vouched=vouched, most=MAX_ROWS
    )
    changed = [line for line in lines if line.known is None or line.says != content(present[line.known])]
    if not changed:
        return False
    rows: list[Row] = []
    for line in lines:
        if line.known is None:
            rows.append(TABLES[kind](organisation_id=person.organisation_id, candidate=person, **line.says))
            continue
        row = present[line.known]
        rows.append(row)
        if line in changed:
            for name, value in line.says.items():
                setattr(row, name, value)
            row.save()
    _number(rows)
    editing.save(person, actor, [kind])
    return True


def told(kind: str, entries: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Entries from outside as far as they make sense, as rows hold them: one whose dates make none comes without them,
    one without a name not at all."""
    return [entry for raw in entries if (entry := _sensible(kind, raw))]


def _save(person: Candidate, actor: User, kind: str) -> None:
    """The end of every edit by hand: who last wrote the list stands with the person, as for any field."""
    said = values.Statement(value=None, origin=Origin.ADDED, at=timezone.now(), by=actor.pk)
    settling.note(person, [kind], said)
    editing.save(person, actor, [kind])


def _sensible(kind: str, raw: Mapping[str, str]) -> dict[str, str]:
    for entry in (raw, {**raw, "started": "", "ended": ""}):
        try:
            return _cleaned(kind, entry)
        except Invalid:
            continue
    return {}


def _rows(candidate: Candidate, kind: str) -> Any:
    if kind not in TABLES:
        raise RowMissing("There is no such list.")
    table: Any = TABLES[kind]
    return table.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)


def _kind_of(row: Row) -> str:
    return "experience" if isinstance(row, Experience) else "education"


def _number(rows: list[Row]) -> None:
    for position, row in enumerate(rows):
        if row.pk is None or row.position != position:
            row.position = position
            row.save()


def _cleaned(kind: str, entry: Mapping[str, str]) -> dict[str, str]:
    if kind not in TABLES:
        raise RowMissing("There is no such list.")
    wrong: dict[str, str] = {}
    cleaned: dict[str, str] = {}
    for name in COLUMNS[kind]:
        raw = str(entry.get(name) or "")
        cleaned[name] = clean_block(raw) if name == "description" else clean_text(raw)
        if name in ("started", "ended") and cleaned[name] and not _DATE.fullmatch(cleaned[name]):
            wrong[name] = "A year or a month, like 2019 or 2019-04."
    first, second = COLUMNS[kind][:2]
    if not cleaned[first] and not cleaned[second]:
        wrong[first] = f"Fill in {first} or {second}."
    if not wrong and cleaned["started"] and cleaned["ended"]:
        length = min(len(cleaned["started"]), len(cleaned["ended"]))
        if cleaned["ended"][:length] < cleaned["started"][:length]:
            wrong["ended"] = "It ends before it starts."
    if wrong:
        raise Invalid("Some of this does not fit.", fields=wrong)
    return cleaned
