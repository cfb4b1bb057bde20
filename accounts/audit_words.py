"""The audit trail as people read it: what a table and a column are called, and how a value is written."""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.dateparse import parse_datetime

from accounts.models import AuditEntry

#: What every row has and nobody asks for.
_UNTOLD = ("id", "organisation_id")
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """One column: its name, the old and the new value; "" where there is none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the trail, with the kind of thing that was changed ("contact point") and what changed on it."""

    entry: AuditEntry
    kind: str
    changes: list[Change]


def line(entry: AuditEntry) -> Line:
    """An entry in words. Columns that were and are empty say nothing and are left out."""
    changes = [
        Change(_column(name), _written(name, before), _written(name, after))
        for name, (before, after) in sorted(entry.changes.items())
        if name not in _UNTOLD and not (before in _NOTHING and after in _NOTHING)
    ]
    return Line(entry, _kinds().get(entry.table, entry.table.replace("_", " ")), changes)


@functools.cache
def _kinds() -> dict[str, str]:
    return {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()}


def _column(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize()


def _written(name: str, value: Any) -> str:
    """References are numbers of rows, moments are told to the minute."""
    if name.endswith("_id") and value is not None:
        return f"#{value}"
    moment = parse_datetime(value) if name.endswith("_at") and isinstance(value, str) else None
    return f"{moment.astimezone(datetime.UTC):%-d %b %Y, %H:%M} UTC" if moment else _value(value)


def _value(value: Any) -> str:
    if value in _NOTHING:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(each)}" for key, each in sorted(value.items()))
    return str(value)
