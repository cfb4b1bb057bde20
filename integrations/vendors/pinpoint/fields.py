"""Custom fields of applications: their definitions, their values as they are read, and as they are written.

A value is written under a key that names its type and read back as words for people, so reading needs the
definition. The key of a field here is ``<type>:<id>``: one that was retyped there is another field.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.base.records import FieldKind, Option, RemoteField, Value
from integrations.vendors.pinpoint.jsonapi import Row, row_id

#: Their ``field_type`` → what it holds here; other types (users) are not offered.
KINDS: Mapping[str, FieldKind] = {
    "varchar": FieldKind.TEXT,
    "text": FieldKind.LONG_TEXT,
    "integer": FieldKind.NUMBER,
    "decimal": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "boolean": FieldKind.YES_NO,
    "single_select": FieldKind.CHOICE,
    "multi_select": FieldKind.CHOICES,
}
LONGEST_VARCHAR = 255
#: Words between several choices in the display text; the longer first.
_JOINTS = (", and ", " and ", ", ")
_MOST_READINGS = 50


def definition(row: Row) -> RemoteField | None:
    """One row of ``custom_fields`` as a field, or None when applications do not have it or its type is unknown."""
    about = row.get("attributes", {})
    kind = KINDS.get(str(about.get("field_type")))
    if about.get("resource_type") != "application" or kind is None:
        return None
    options = about.get("options")
    words = [str(option) for option in options] if isinstance(options, list) else []
    return RemoteField(
        key=f"{about['field_type']}:{row_id(row)}",
        label=str(about.get("name") or row_id(row)),
        kind=kind,
        options=tuple(Option(id=option, label=option) for option in dict.fromkeys(words)),
        custom=True,
        longest=LONGEST_VARCHAR if about["field_type"] == "varchar" else None,
    )


def is_custom(key: str) -> bool:
    """Whether a field's key is one of :func:`definition`."""
    return key.partition(":")[0] in KINDS


def read(fields: Iterable[RemoteField], attributes: Iterable[Row]) -> dict[str, Value]:
    """The values of a record by field key: blank where it has none, absent where the words cannot be understood.

    Attributes tell the words of their field, not its id: of several fields with the same words none is read.
    """
    said: dict[str, list[Any]] = {}
    for row in attributes:
        about = row.get("attributes", {})
        said.setdefault(str(about.get("field_name")), []).append(about.get("value"))
    labels = [field.label for field in fields]
    values: dict[str, Value] = {}
    for field in fields:
        told = said.get(field.label, [])
        if labels.count(field.label) > 1 or len(told) > 1:
            continue
        value = _understood(field, "" if not told or told[0] is None else str(told[0]).strip())
        if value is not None:
            values[field.key] = value
    return values


def spelled(key: str, value: Value) -> dict[str, Any]:
    """The ``attributes`` that write a value. Raises ValueError for one of the wrong shape."""
    name = key.partition(":")[0]
    return {f"{name}_value": _written(name, value)}


def _written(name: str, value: Value) -> Any:
    if name == "integer":
        number = Decimal(str(value))
        if number != number.to_integral_value():
            raise ValueError("The field takes whole numbers only.")
        return int(number)
    if name == "decimal":
        return float(Decimal(str(value)))
    return list(value) if isinstance(value, tuple) else value


def _understood(field: RemoteField, words: str) -> Value | None:
    """The value behind display text, or None."""
    if not words:
        return () if field.kind is FieldKind.CHOICES else ""
    if field.kind is FieldKind.CHOICE:
        return words if words in {option.id for option in field.options} else None
    if field.kind is FieldKind.CHOICES:
        return choices(words, [option.id for option in field.options])
    if field.kind is FieldKind.YES_NO:
        return {"true": True, "yes": True, "false": False, "no": False}.get(words.casefold())
    if field.kind is FieldKind.NUMBER:
        return _number(words)
    if field.kind is FieldKind.DATE:
        return _day(words)
    return words


def choices(words: str, options: Iterable[str]) -> tuple[str, ...] | None:
    """The options of which "Maroon, Vermillion, and Blue" is made, in their own order; None unless exactly one set
    of them can be meant (an option may itself hold a comma or an "and").
    """
    known = tuple(option for option in options if option)

    @functools.cache
    def from_(place: int) -> frozenset[frozenset[str]]:
        """The sets of options that spell the rest. Raises ValueError when there are absurdly many."""
        found: set[frozenset[str]] = set()
        for option in known:
            if not words.startswith(option, place):
                continue
            after = place + len(option)
            if after == len(words):
                found.add(frozenset({option}))
            for joint in _JOINTS:
                if words.startswith(joint, after):
                    found |= {rest | {option} for rest in from_(after + len(joint)) if option not in rest}
            if len(found) > _MOST_READINGS:
                raise ValueError
        return frozenset(found)

    try:
        found = from_(0)
    except (RecursionError, ValueError):
        return None
    if len(found) != 1:
        return None
    (meant,) = found
    return tuple(option for option in known if option in meant)


def _number(words: str) -> str | None:
    try:
        number = Decimal(words.replace(",", ""))
    except InvalidOperation:
        return None
    return format(number.normalize(), "f") if number.is_finite() else None


def _day(words: str) -> str | None:
    try:
        return datetime.date.fromisoformat(words[:10]).isoformat()
    except ValueError:
        return None
