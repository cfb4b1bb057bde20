"""Reading a vendor's row by table: which key becomes which field, and how.

A vendor's ``mapping.py`` is a tuple of :class:`Field`; quirks of spelling live in its converters. Vendors are
lenient about what they leave out and strict about nothing, so a missing key is an empty value unless the
field is ``required``; a value of the wrong shape is a :class:`MalformedResponse` that names the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.base.errors import MalformedResponse


def text(value: Any) -> str:
    """A string without surrounding blanks; numbers are spelled out, other shapes refused."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not a text")


def texts(value: Any) -> tuple[str, ...]:
    """A list of strings, blanks and repeats (without case) dropped, order kept."""
    if not isinstance(value, list):
        raise ValueError("not a list")
    return distinct(text(item) for item in value if item is not None)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """The non-empty values in order, the first of each that differ only in case."""
    seen: dict[str, str] = {}
    for value in values:
        if value:
            seen.setdefault(value.casefold(), value)
    return tuple(seen.values())


def unix_seconds(value: Any) -> datetime | None:
    """Seconds since 1970 in UTC; 0 stands for "never"."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    try:
        return datetime.fromtimestamp(value, UTC) if value else None
    except (OverflowError, OSError):
        raise ValueError("not a moment") from None


@dataclass(frozen=True, slots=True)
class Field:
    """``key`` of the vendor's row becomes ``name`` of ours, through ``convert``."""

    name: str
    key: str
    convert: Callable[[Any], Any] = text
    required: bool = False


def read(table: tuple[Field, ...], row: Any) -> dict[str, Any]:
    """The values of one row by our names; absent and null keys are left out.

    Raises :class:`MalformedResponse` for a row that is no object, a missing required key or a wrong shape.
    """
    if not isinstance(row, Mapping):
        raise MalformedResponse("A row in the answer is not an object.")
    values: dict[str, Any] = {}
    for field in table:
        raw = row.get(field.key)
        if raw is None:
            if field.required:
                raise MalformedResponse(f"A row in the answer has no {field.key}.")
            continue
        try:
            values[field.name] = field.convert(raw)
        except ValueError as error:
            raise MalformedResponse(f"{field.key} in the answer is {error}.") from None
        if field.required and not values[field.name]:
            raise MalformedResponse(f"A row in the answer has an empty {field.key}.")
    return values
