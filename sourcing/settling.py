"""Writes what ``values`` decided: the value shown, its provenance, and the values that stand back.

In the caller's transaction, on a person whose row is locked; the caller saves the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sourcing import places, values
from sourcing.models import Candidate, Origin, OtherValue
from sourcing.values import Statement

#: How the field of a custom value begins.
CUSTOM = "custom."


def read(candidate: Candidate, name: str) -> Any:
    """The value shown of a column or of ``custom.<key>``; None for a custom field without one."""
    if name.startswith(CUSTOM):
        return candidate.custom.get(name.removeprefix(CUSTOM))
    return getattr(candidate, name)


def state(candidate: Candidate, statements: Mapping[str, Statement]) -> list[str]:
    """Settle each field's statement with what is known; returns the fields whose shown value changed.

    Values must be cleaned. ``provenance`` is written where another statement is shown now than before.
    """
    known = _others(candidate, statements)
    changed: list[str] = []
    for name, statement in statements.items():
        present = shown(candidate, name)
        settled = values.settle(present, [statement])
        if settled.shown != present:
            candidate.provenance = {**candidate.provenance, name: settled.shown.as_provenance()}
        if settled.changed:
            _write(candidate, name, settled.shown.value)
            changed.append(name)
        _keep(candidate, name, settled, known.get(name, []))
    return changed


def stand_back(candidate: Candidate, name: str, statement: Statement) -> OtherValue:
    """Keep one value beside the one shown; it must not be there already."""
    return OtherValue.objects.create(
        organisation_id=candidate.organisation_id,
        candidate=candidate,
        field=name,
        value=statement.value,
        source=statement.source[:200],
        origin=statement.origin or Origin.IMPORTED,
        seen_at=statement.at,
    )


def note(candidate: Candidate, names: Collection[str], statement: Statement) -> None:
    """Provenance of fields that are not settled one value against another: lists of skills and tags."""
    entry = statement.as_provenance()
    candidate.provenance = {**candidate.provenance, **dict.fromkeys(names, entry)}


def shown(candidate: Candidate, name: str) -> Statement:
    """What is shown of a field, with its source and date."""
    return values.known(
        read(candidate, name),
        candidate.provenance.get(name),
        source=candidate.source,
        at=candidate.created_at,
    )


def _write(candidate: Candidate, name: str, value: Any) -> None:
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        rest = {other: kept for other, kept in candidate.custom.items() if other != key}
        candidate.custom = rest if values.is_blank(value) else {**rest, key: value}
        return
    setattr(candidate, name, value)
    if name == "location":
        for column, found in places.columns_for(value).items():
            setattr(candidate, column, found)


def _others(candidate: Candidate, names: Collection[str]) -> dict[str, list[OtherValue]]:
    rows: dict[str, list[OtherValue]] = {}
    for row in OtherValue.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, field__in=list(names)
    ):
        rows.setdefault(row.field, []).append(row)
    return rows


def _keep(candidate: Candidate, name: str, settled: values.Settled, known: list[OtherValue]) -> None:
    for row in known:
        if row.value == settled.shown.value:
            row.delete()
    for other in settled.others:
        again = next((row for row in known if row.value == other.value and row.pk), None)
        if again is None:
            stand_back(candidate, name, other)
        elif again.seen_at < other.at:
            again.seen_at, again.source, again.origin = other.at, other.source[:200], other.origin
            again.save(update_fields=["seen_at", "source", "origin"])
