"""A variable's value in the shape of a remote field. Pure; what does not fit is said, never guessed.

A list goes into a text joined by commas, history as one line per position, so that a vendor without a place for
education still hears of it (docs/behaviour.md §7).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.base.records import Education, Employment, FieldKind, RemoteField, Value

_YES = frozenset({"yes", "true", "1", "y", "on"})
_NO = frozenset({"no", "false", "0", "n", "off"})
_TUPLES = frozenset({FieldKind.TEXTS, FieldKind.EMAILS, FieldKind.PHONES, FieldKind.LINKS, FieldKind.CHOICES})


class DoesNotFit(ValueError):
    """The value cannot stand in this field; the text says why, without the value."""


def is_blank(value: Any) -> bool:
    """Nothing to say: an empty text or list. ``False`` and ``0`` are answers."""
    return value is None or value in ("", ())


def fitted(value: Any, field: RemoteField) -> tuple[Value, str]:
    """``value`` in the shape of ``field`` and what was done to it ("cut to 255 characters"), else an empty text.

    Raises :class:`DoesNotFit`.
    """
    made = _shaped(value, field)
    if field.longest is not None and isinstance(made, str) and len(made) > field.longest:
        return made[: field.longest].rstrip(), f"cut to {field.longest:,} characters"
    return made, ""


def _shaped(value: Any, field: RemoteField) -> Value:
    kind = field.kind
    if kind in (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.LINK):
        return as_text(value, lines=kind is FieldKind.LONG_TEXT)
    if kind is FieldKind.NUMBER:
        return _number(value)
    if kind is FieldKind.DATE:
        return _date(value)
    if kind is FieldKind.YES_NO:
        return _yes_no(value)
    if kind is FieldKind.CHOICE:
        return _choice(as_text(value), field)
    if kind is FieldKind.CHOICES:
        return tuple(dict.fromkeys(_choice(word, field) for word in _words(value)))
    if kind in _TUPLES:
        return _words(value)
    if isinstance(value, tuple) and all(isinstance(item, Employment | Education) for item in value):
        wanted = Employment if kind is FieldKind.EXPERIENCE else Education
        if all(isinstance(item, wanted) for item in value):
            return value
    raise DoesNotFit("work and school history only")


def as_text(value: Any, *, lines: bool = False) -> str:
    """One text of whatever a variable holds."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, tuple):
        said = [_said(item) for item in value]
        return ("\n" if lines else ", ").join(words for words in said if words)
    return str(value)


def _said(item: Any) -> str:
    if isinstance(item, Employment):
        return _period([item.title, item.company], item.started, item.ended)
    if isinstance(item, Education):
        return _period([item.degree, item.school], item.started, item.ended)
    return str(item).strip()


def _period(words: Iterable[str], started: str, ended: str) -> str:
    lead = ", ".join(word for word in words if word)
    if not (started or ended):
        return lead
    return f"{lead} ({started or '…'} – {ended or 'now'})"


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = tuple(part for part in value.split(","))
    if not isinstance(value, tuple | list):
        value = (value,)
    return tuple(dict.fromkeys(words for words in map(_said, value) if words))


def _number(value: Any) -> str:
    try:
        number = Decimal(as_text(value).replace(" ", ""))
    except InvalidOperation:
        raise DoesNotFit("not a number") from None
    if not number.is_finite():
        raise DoesNotFit("not a number")
    return format(number.normalize(), "f")


def _date(value: Any) -> str:
    try:
        return datetime.date.fromisoformat(as_text(value)[:10]).isoformat()
    except ValueError:
        raise DoesNotFit("not a date like 2026-01-31") from None


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = as_text(value).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise DoesNotFit("not yes or no")


def _choice(word: str, field: RemoteField) -> str:
    for option in field.options:
        if word == option.id or word.casefold() == option.label.casefold():
            return option.id
    raise DoesNotFit("not among its choices")
