"""The fields of the Profile tab: what is shown, where it came from, what else is said."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.models import User
from foundation.problems import Missing
from sourcing import custom_fields, owners, settling, values
from sourcing.defining_fields import fields_of
from sourcing.models import Candidate, CustomField, FieldKind, Origin, OtherValue

#: Columns of a person in the order they are read, with their labels.
COLUMNS = {
    "first_name": "First name",
    "last_name": "Last name",
    "headline": "Headline",
    "title": "Title",
    "company": "Company",
    "location": "Place",
    "linkedin_key": "LinkedIn",
    "owner_id": "Owner",
    "summary": "Summary",
}


@dataclass(frozen=True)
class Other:
    """A value that stands back."""

    row: OtherValue
    text: str
    origin: str


@dataclass(frozen=True)
class Shown:
    """One field of a person on a page."""

    name: str
    label: str
    value: Any
    text: str
    source: str
    at: datetime.datetime
    kind: str = FieldKind.TEXT
    custom: CustomField | None = None
    others: list[Other] = field(default_factory=list)
    #: The only values there are, with their words, for a column that points at something else.
    choices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def part(self) -> str:
        """The id of its element."""
        return f"field-{self.name.replace('.', '-')}"

    @property
    def seen(self) -> str:
        """What the reader saw, for the form."""
        return values.mark(self.value)

    @property
    def href(self) -> str:
        """Where the value leads, for links."""
        if self.name == "linkedin_key" and self.value:
            return f"https://{self.value}"
        return str(self.value) if self.kind == FieldKind.LINK and self.value else ""

    @property
    def long(self) -> bool:
        """Several lines."""
        return self.name == "summary"


def profile(viewer: User, found: Candidate) -> list[Shown]:
    """Every field of the person, the organisation's own ones last; four queries whatever their number."""
    own = list(fields_of(viewer))
    names = [*COLUMNS, *(one.name for one in own)]
    others: dict[str, list[OtherValue]] = {}
    for row in OtherValue.objects.for_organisation(found.organisation_id).filter(
        candidate=found, field__in=names
    ):
        others.setdefault(row.field, []).append(row)
    who = _names(found)
    return [
        *(_column(found, name, others.get(name, []), who) for name in COLUMNS),
        *(_custom(found, one, others.get(one.name, []), who) for one in own),
    ]


def one_field(viewer: User, found: Candidate, name: str) -> Shown:
    """One field by its name; raises Missing for an unknown or archived one."""
    shown = next((field for field in profile(viewer, found) if field.name == name), None)
    if shown is None:
        raise Missing("There is no such field.")
    return replace(shown, choices=_owners(found)) if name == "owner_id" else shown


def _owners(found: Candidate) -> list[tuple[str, str]]:
    """Who can be chosen; a present owner who left stands there too, so that saving changes nothing."""
    choices = {str(one.pk): one.name for one in owners.possible(found.organisation_id)}
    present = {str(found.owner_id): owners.shown(found.owner)} if found.owner else {}
    return [("", "Nobody"), *(present | choices).items()]


def _column(found: Candidate, name: str, others: list[OtherValue], who: dict[int, str]) -> Shown:
    now = settling.shown(found, name)
    return Shown(
        name=name,
        label=COLUMNS[name],
        value=now.value,
        text=owners.shown(found.owner) if name == "owner_id" else str(now.value),
        source=_source(now, who),
        at=now.at,
        others=[Other(row, str(row.value), _origin(row)) for row in others],
    )


def _custom(found: Candidate, one: CustomField, others: list[OtherValue], who: dict[int, str]) -> Shown:
    now = settling.shown(found, one.name)
    return Shown(
        name=one.name,
        label=one.label,
        value=now.value,
        text=custom_fields.shown(one.kind, now.value),
        source=_source(now, who),
        at=now.at,
        kind=one.kind,
        custom=one,
        others=[Other(row, custom_fields.shown(one.kind, row.value), _origin(row)) for row in others],
    )


def _source(statement: values.Statement, who: dict[int, str]) -> str:
    """ "LinkedIn Recruiter CSV", "edited by Alice Aubert", "chosen by Alice Aubert from Greenhouse"."""
    name = who.get(statement.by or 0, "")
    if statement.by_hand and name:
        chosen = statement.source not in ("", "Edited by hand")
        return f"chosen by {name} from {statement.source}" if chosen else f"edited by {name}"
    return statement.source or str(Origin(statement.origin).label)


def _origin(row: OtherValue) -> str:
    return row.source or row.get_origin_display()


def _names(found: Candidate) -> dict[int, str]:
    ids = {entry["by"] for entry in found.provenance.values() if entry.get("by")}
    if not ids:
        return {}
    users = User.objects.filter(pk__in=ids, organisation_id=found.organisation_id)
    return {user.pk: str(user) for user in users}
