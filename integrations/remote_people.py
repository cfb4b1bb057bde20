"""What a record at a vendor says about a person, in our words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from integrations.base.records import FieldKind, RemotePerson, Standing, Value
from integrations.base.variables import CUSTOM, SOCIAL
from integrations.models import Connection, FieldRow
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    is_dummy_address,
    normalise_email,
    normalise_phone,
)
from sourcing.social_profiles import stated_url

#: Variables that are columns of a person of ours, one value against another.
COLUMNS = frozenset({"first_name", "last_name", "headline", "title", "company", "location", "summary"})
#: Variables that together are a location where no field holds one, in the order of an address.
_PARTS_OF_LOCATION = ("city", "region", "country")
#: Variables that hold pages of the person elsewhere.
_PAGES = frozenset({*SOCIAL, "social_links"})
STANDING_WORDS: Mapping[Standing, str] = {
    Standing.HIRED: "Hired",
    Standing.REJECTED: "Rejected",
    Standing.OFF_LIMITS: "Off-limits",
}
#: The name of the filter by where people stand.
STANDING = "standing"
#: Kinds that are never a filter: addresses of people, and histories.
_NO_FILTER = frozenset({FieldKind.EMAILS, FieldKind.PHONES, FieldKind.EXPERIENCE, FieldKind.EDUCATION})


def mails(remote: RemotePerson) -> list[str]:
    """The addresses, normalised; what is none and what was generated is left out."""
    found = []
    for mail in remote.emails:
        with suppress(InvalidAddress):
            found.append(normalise_email(mail))
    return [mail for mail in dict.fromkeys(found) if not is_dummy_address(mail)]


def phones(remote: RemotePerson) -> list[str]:
    """The numbers, normalised; what is none is left out."""
    found = []
    for phone in remote.phones:
        with suppress(InvalidPhone):
            found.append(normalise_phone(phone))
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Said:
    """What a record says of one field of ours: ``text``, and the remote fields it is from with what stands there."""

    text: str
    parts: Sequence[tuple[FieldRow, str]]

    @property
    def row(self) -> FieldRow:
        """The field whose rule decides."""
        return self.parts[0][0]


def values(remote: RemotePerson, fields: Sequence[FieldRow]) -> dict[str, Said]:
    """Our fields by the remote ones mapped to them, with what stands there; blank ones say nothing.

    Town, region and country are a location together, where no field holds it whole.
    """
    found: dict[str, Said] = {}
    parts: dict[str, tuple[FieldRow, str]] = {}
    for row in fields:
        value = remote.values.get(row.key)
        if not isinstance(value, str) or not value.strip():
            continue
        if row.variable in COLUMNS or row.variable.startswith(CUSTOM):
            found.setdefault(row.variable, Said(value, ((row, value),)))
        elif row.variable in _PARTS_OF_LOCATION:
            parts.setdefault(row.variable, (row, value))
    if parts and "location" not in found:
        told = [parts[name] for name in _PARTS_OF_LOCATION if name in parts]
        found["location"] = Said(", ".join(dict.fromkeys(text.strip() for _row, text in told)), told)
    return found


def profiles(remote: RemotePerson, fields: Sequence[FieldRow]) -> list[str]:
    """Pages of the person elsewhere that the record tells of, each once."""
    return list(dict.fromkeys(url for row in fields for url in pages(row, remote.values.get(row.key, ""))))


def pages(row: FieldRow, value: Value) -> tuple[str, ...]:
    """The pages a field holds, as ``social_profiles.stated_url``; none when it is not mapped to networks."""
    if row.variable not in _PAGES:
        return ()
    listed = value if isinstance(value, tuple) else (value,)
    return tuple(url for one in listed if isinstance(one, str) and (url := stated_url(one)))


def of_type(fields: Sequence[FieldRow], remote: RemotePerson) -> list[FieldRow]:
    """The fields of the record's own type."""
    return [row for row in fields if row.record_type == remote.record_type]


def source(connection: Connection) -> str:
    """Who states the facts of this connection, to ``facts.set``."""
    return f"ats:{connection.pk}"


def filters(remote: RemotePerson, fields: Sequence[FieldRow]) -> dict[str, list[str]]:
    """Facts by their key: filterable fields, and where the person stands."""
    found = {
        filter_key(row): _words(remote.values[row.key], row)
        for row in fields
        if row.filterable and row.kind not in _NO_FILTER and row.key in remote.values
    }
    found[STANDING] = [STANDING_WORDS[remote.standing]] if remote.standing is not None else []
    return found


def filter_key(row: FieldRow) -> str:
    """The name of a field's filter; search shows it with spaces and a capital."""
    return re.sub(r"\W+", "_", row.label.casefold()).strip("_")[:60] or f"field_{row.pk}"


def _words(value: Value, row: FieldRow) -> list[str]:
    labels = {option["id"]: option["label"] for option in row.options}
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    listed = value if isinstance(value, tuple) else (value,)
    words = [labels.get(one, one).strip()[:200] for one in listed if isinstance(one, str)]
    return [word for word in dict.fromkeys(words) if word]
