"""The fields of a person at SmartRecruiters: the standard ones, and candidate properties as the account defines them.

Facts: the vendor's OpenAPI file (CandidateInput, PATCH /candidates/{id}, /configuration/candidate-properties).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from integrations.base.fields import Field, read, text
from integrations.base.records import FieldKind, Option, RemoteField, UpdateRule, Value

PROPERTY = "property:"
#: What a tag may be long (CandidateTags).
LONGEST_TAG = 50

STANDARD = (
    RemoteField(key="firstName", label="First name", required=True, default_variable="first_name"),
    RemoteField(key="lastName", label="Last name", required=True, default_variable="last_name"),
    RemoteField(key="email", label="Email", kind=FieldKind.EMAILS, required=True, default_variable="emails"),
    RemoteField(key="phoneNumber", label="Phone", kind=FieldKind.PHONES, default_variable="phones"),
    RemoteField(key="location.city", label="City", default_variable="city"),
    RemoteField(key="location.region", label="State or region", default_variable="region"),
    RemoteField(key="location.country", label="Country", default_variable="country"),
    RemoteField(key="location.countryCode", label="Country code", default_variable="country_code"),
    RemoteField(key="web.linkedin", label="LinkedIn", kind=FieldKind.LINK, default_variable="linkedin"),
    RemoteField(key="web.facebook", label="Facebook", kind=FieldKind.LINK, default_variable="facebook"),
    RemoteField(key="web.twitter", label="Twitter", kind=FieldKind.LINK, default_variable="twitter"),
    RemoteField(key="web.website", label="Website", kind=FieldKind.LINK, default_variable="website"),
    RemoteField(key="web.skype", label="Skype"),
    RemoteField(key="tags", label="Tags", kind=FieldKind.TEXTS, longest=LONGEST_TAG, default_variable="tags"),
    RemoteField(
        key="experience",
        label="Experience",
        kind=FieldKind.EXPERIENCE,
        updatable=False,
        default_variable="experience",
    ),
    RemoteField(
        key="education",
        label="Education",
        kind=FieldKind.EDUCATION,
        updatable=False,
        default_variable="education",
    ),
    RemoteField(
        key="source",
        label="Source",
        updatable=False,
        readable=False,
        default_variable="source",
        default_rule=UpdateRule.PROTECTED,
    ),
)

#: The vendor's type of a property → ours. A user or a currency is spelled as text: an id, and "GBP 1200".
KINDS = {
    "BOOLEAN": FieldKind.YES_NO,
    "COUNTRY": FieldKind.TEXT,
    "CURRENCY": FieldKind.TEXT,
    "DATE": FieldKind.DATE,
    "NUMBER": FieldKind.NUMBER,
    "PERCENT": FieldKind.NUMBER,
    "REGION": FieldKind.TEXT,
    "TEXT": FieldKind.LONG_TEXT,
    "USER": FieldKind.TEXT,
    "SINGLE_SELECT": FieldKind.CHOICE,
}
DEFINITION = (Field("id", "id", required=True), Field("label", "label"), Field("type", "type", required=True))
OPTION = (Field("id", "id", required=True), Field("label", "label"))


def definition(row: Any) -> tuple[str, str, str]:
    """(id, label, type) of one property definition."""
    values = read(DEFINITION, row)
    return values["id"], values.get("label") or values["id"], values["type"]


def option(row: Any) -> Option:
    """One choice of a single-select property."""
    values = read(OPTION, row)
    return Option(id=values["id"], label=values.get("label") or values["id"])


def remote_field(number: str, label: str, kind: str, options: tuple[Option, ...]) -> RemoteField:
    """A property as a field; one of a type that is new to us can be read and not written."""
    known = kind in KINDS
    return RemoteField(
        key=PROPERTY + number,
        label=label,
        kind=KINDS.get(kind, FieldKind.TEXT),
        options=options,
        custom=True,
        creatable=known,
        updatable=known,
    )


def shown(row: Mapping[str, Any]) -> Value | None:
    """The value of a property as it was read, in the shape of its kind; None for what we cannot spell."""
    value, kind = row.get("value"), row.get("type")
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        code, amount = value.get("code"), value.get("value")
        return (
            f"{code} {_number(amount)}" if isinstance(code, str) and isinstance(amount, int | float) else None
        )
    if isinstance(value, int | float):
        return _number(value)
    if not isinstance(value, str):
        return None
    return value[:10] if kind == "DATE" else value.strip()


def spelled(kind: str, value: Value) -> Any:
    """A value as the property's type wants it; raises ValueError with words when it cannot be one.

    An empty value resets the property: the caller leaves ``value`` out.
    """
    if kind == "BOOLEAN":
        if not isinstance(value, bool):
            raise ValueError("takes yes or no")
        return value
    if not isinstance(value, str):
        raise ValueError("takes one text")
    if kind in {"NUMBER", "PERCENT"}:
        return _amount(value)
    if kind == "DATE":
        return f"{_date(value)}T00:00:00.000Z"
    if kind == "CURRENCY":
        code, _, amount = value.partition(" ")
        if len(code) != 3 or not code.isalpha():
            raise ValueError("takes a currency and an amount, like GBP 1200")
        return {"code": code.upper(), "value": _amount(amount)}
    if kind in {"COUNTRY", "REGION"}:
        return value.lower()
    return value


def _amount(value: str) -> int | float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError("takes a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("takes a number")
    return int(number) if number.is_integer() else number


def _date(value: str) -> str:
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("takes a whole date, year, month and day") from None


def _number(value: Any) -> str:
    return text(int(value)) if isinstance(value, int) or float(value).is_integer() else repr(float(value))
