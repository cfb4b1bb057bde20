"""What a record at a vendor says about a person, in our words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from integrations.base.records import FieldKind, RemotePerson, Standing, Value
from integrations.base.variables import CUSTOM
from integrations.models import Connection, FieldRow
from sourcing.normalising import (
    InvalidAddress,
    InvalidPhone,
    is_dummy_address,
    normalise_email,
    normalise_phone,
)

#: Variables that are columns of a person of ours, one value against another.
COLUMNS = frozenset({"first_name", "last_name", "headline", "title", "company", "location", "summary"})
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


def values(remote: RemotePerson, fields: Sequence[FieldRow]) -> dict[str, tuple[str, FieldRow]]:
    """Our fields by the remote ones mapped to them, with what stands there; blank ones say nothing."""
    found: dict[str, tuple[str, FieldRow]] = {}
    for row in fields:
        value = remote.values.get(row.key)
        ours = row.variable in COLUMNS or row.variable.startswith(CUSTOM)
        if ours and isinstance(value, str) and value.strip():
            found.setdefault(row.variable, (value, row))
    return found


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
