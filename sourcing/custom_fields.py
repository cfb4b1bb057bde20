"""What a value of a custom field must look like, whichever door it comes through. Pure.

Pages, API, imports and pulls all pass a value through :func:`clean` first, so that ``Candidate.custom`` holds one form
per meaning and search can compare it.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Protocol

from foundation.problems import Invalid
from sourcing.models import FieldKind
from sourcing.normalising import clean_text, web_link
from sourcing.search.tokens import fold

#: Longest text of one value.
MAX_TEXT = 2_000
MAX_LINK = 500
MAX_CHOICES = 200
#: Larger numbers lose digits in JSON readers that use doubles.
MAX_NUMBER = 2**53

Value = str | int | float | bool | list[str]

_YES = frozenset(["yes", "y", "true", "1", "on", "ja", "oui", "si", "x", "✓"])
_NO = frozenset(["no", "n", "false", "0", "off", "nein", "non"])
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}", re.ASCII)
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
_BETWEEN = re.compile(r"[;\n|]")


class InvalidValue(Invalid):
    """The text is no value of this field; the sentence says what one looks like."""

    code: ClassVar[str] = "invalid_value"


class Field(Protocol):
    """What is asked of a ``CustomField``; other shapes of the same kind may stand in for one."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def choices(self) -> list[str]: ...


def clean(field: Field, raw: Any) -> Value | None:
    """The normalised value, or None when ``raw`` is empty.

    ====================  ============================  =======================================================
    kind                  stored as                     understood besides
    ====================  ============================  =======================================================
    text                  ``str``, one line             –
    number                ``int`` or ``float``          ``1,250`` ``1250,5`` ``1.250,50`` ``€ 1,250``
    date                  ``"YYYY-MM-DD"``              ``24.12.2026`` ``24 December 2026`` ``Dec 24, 2026``
    choice                one of the choices            other case and accents
    choices               ``[str]`` in the field's order  text separated by ``;``, ``|``, lines, or commas
    yes_no                ``bool``                      yes/no, true/false, 1/0, ja/nein, oui/non
    link                  ``str`` with http(s)          without a scheme
    ====================  ============================  =======================================================

    Raises :class:`InvalidValue`.
    """
    if raw is None or (isinstance(raw, str) and not clean_text(raw)) or raw == []:
        return None
    match field.kind:
        case FieldKind.TEXT:
            return _text(field, raw)
        case FieldKind.NUMBER:
            return _number(field, raw)
        case FieldKind.DATE:
            return _date(field, raw)
        case FieldKind.CHOICE:
            return _choice(field, raw)
        case FieldKind.CHOICES:
            return _choices(field, raw) or None
        case FieldKind.YES_NO:
            return _yes_no(field, raw)
        case FieldKind.LINK:
            return _link(field, raw)
    raise _refused(field, "has an unknown kind.")


def merged(fields: Iterable[Field], present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``present`` with ``changes`` (by key) cleaned; an empty value takes the key away.

    Raises :class:`InvalidValue` naming each wrong field as ``custom.<key>``, unknown keys included.
    """
    known = {field.key: field for field in fields}
    result = dict(present)
    wrong: dict[str, str] = {}
    for key, raw in changes.items():
        if key not in known:
            wrong[f"custom.{key}"] = "There is no such field."
            continue
        try:
            value = clean(known[key], raw)
        except InvalidValue as problem:
            wrong[f"custom.{key}"] = str(problem)
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    if wrong:
        raise InvalidValue("Some values do not fit their fields.", fields=wrong)
    return result


def shown(kind: str, value: Any) -> str:
    """A stored value as a line of text: ``Yes``, ``1,250``, ``Berlin, Hamburg``."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if kind == FieldKind.NUMBER and isinstance(value, int | float):
        return f"{value:,}"
    return str(value)


def clean_choices(raw: Iterable[str]) -> list[str]:
    """The choices of a field: cleaned, each once (case and accents apart), at most 200. Raises Invalid for none."""
    cleaned = (clean_text(value, limit=100) for value in raw)
    choices = list({fold(value): value for value in cleaned if value}.values())
    if not choices:
        raise Invalid("Name at least one choice.", fields={"choices": "Name at least one choice."})
    if len(choices) > MAX_CHOICES:
        text = f"At most {MAX_CHOICES} choices."
        raise Invalid(text, fields={"choices": text})
    return choices


def new_key(label: str, taken: Collection[str]) -> str:
    """A key for a new field: its label in ASCII, made different from ``taken``. ``Größe (cm)`` → ``grosse_cm``."""
    words = re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")[:50] or "field"
    number = 1
    key = words
    while key in taken:
        number += 1
        key = f"{words}_{number}"
    return key


def _refused(field: Field, text: str) -> InvalidValue:
    return InvalidValue(f"“{field.label}” {text}")


def _text(field: Field, raw: Any) -> str:
    if not isinstance(raw, str | int | float):
        raise _refused(field, "must be a text.")
    text = clean_text(str(raw), limit=MAX_TEXT + 1)
    if len(text) > MAX_TEXT:
        raise _refused(field, f"may have {MAX_TEXT:,} characters at most.")
    return text


def _number(field: Field, raw: Any) -> int | float:
    if isinstance(raw, bool):
        raise _refused(field, "must be a number.")
    if isinstance(raw, str):
        text = re.sub(r"[\s\u00a0\u202f'’€$£%]", "", clean_text(raw))
        if _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        elif not _NUMBER.fullmatch(text) or not any(letter.isdigit() for letter in text):
            raise _refused(field, "must be a number, like 1250 or 12.5.")
        raw = float(text.replace(",", "")) if "." in text else int(text.replace(",", "")[:400])
    if not isinstance(raw, int | float) or (isinstance(raw, float) and not math.isfinite(raw)):
        raise _refused(field, "must be a number.")
    if abs(raw) > MAX_NUMBER:
        raise _refused(field, "is too large a number.")
    return int(raw) if raw == int(raw) else raw


def _date(field: Field, raw: Any) -> str:
    if isinstance(raw, datetime.datetime):
        return raw.date().isoformat()
    if isinstance(raw, datetime.date):
        return raw.isoformat()
    text = clean_text(raw) if isinstance(raw, str) else ""
    for form in _DATE_FORMATS:
        try:
            day = datetime.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:  # the next form may fit
            continue
        return day.isoformat()
    raise _refused(field, "must be a date, like 2026-12-24.")


def _choice(field: Field, raw: Any) -> str:
    found = _matching(field, raw)
    if found is None:
        raise _refused(field, f"must be one of: {_offered(field)}.")
    return found


def _choices(field: Field, raw: Any) -> list[str]:
    if isinstance(raw, str):
        whole = _matching(field, raw)
        parts: list[Any] = [whole] if whole else _BETWEEN.split(raw)
        if whole is None and len(parts) == 1:
            parts = raw.split(",")
    elif isinstance(raw, list | tuple | set | frozenset):
        parts = list(raw)
    else:
        raise _refused(field, "must be a list.")
    chosen = set()
    for part in parts:
        if isinstance(part, str) and not clean_text(part):
            continue
        found = _matching(field, part)
        if found is None:
            raise _refused(field, f"may only hold: {_offered(field)}.")
        chosen.add(found)
    return [choice for choice in field.choices if choice in chosen]


def _matching(field: Field, raw: Any) -> str | None:
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        return None
    wanted = fold(clean_text(str(raw), limit=101))
    return next((choice for choice in field.choices if fold(choice) == wanted), None)


def _offered(field: Field) -> str:
    few = ", ".join(field.choices[:8])
    return f"{few}, …" if len(field.choices) > 8 else few


def _yes_no(field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = fold(clean_text(str(raw))) if isinstance(raw, str | int) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _refused(field, "must be yes or no.")


def _link(field: Field, raw: Any) -> str:
    url = web_link(raw, limit=MAX_LINK) if isinstance(raw, str) else ""
    if not url:
        raise _refused(
            field, f"must be a link of {MAX_LINK} characters at most, like https://example.org/page."
        )
    return url
