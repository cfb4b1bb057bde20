"""Sync choices of a save: settings and values of fields at one system, for one person only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from accounts.permissions import Feature, Right, require, require_feature
from foundation.problems import Invalid
from integrations import field_entries, setting_changes
from integrations.field_decisions import FieldMissing
from integrations.models import Connection
from integrations.setting_changes import Place
from sourcing.models import Candidate


def set_one(*, actor: User, candidate: Candidate, connection: Connection, name: str, value: Any) -> None:
    """One setting; None leaves it to what counts otherwise. Raises NotAllowed, SettingLocked, SettingRefused."""
    _may_sync(actor)
    setting_changes.write(
        actor=actor,
        connection=connection,
        record_type=candidate.record_type,
        place=Place(candidate=candidate),
        values={name: value},
    )


def fill(
    *, actor: User, candidate: Candidate, connection: Connection, values: Mapping[str, Any]
) -> dict[str, Invalid | FieldMissing]:
    """Values by the field's id: what fits is kept; of the others, the problem by the field's id. Raises NotAllowed,
    and Invalid where the system has no such records."""
    _may_sync(actor)
    setting_changes.check_record_type(connection, candidate.record_type)
    offered = field_entries.offered(connection, candidate.record_type)
    keys = {str(row.pk): row.key for row in offered}
    refused: dict[str, Invalid | FieldMissing] = {
        name: FieldMissing("This field cannot be filled here.") for name in values if name not in keys
    }
    given = {keys[name]: value for name, value in values.items() if name in keys}
    try:
        _enter(actor, candidate, connection, given)
    except Invalid as problem:
        names = {key: name for name, key in keys.items()}
        refused |= {names[key]: Invalid(text) for key, text in problem.fields.items()}
        fits = {key: value for key, value in given.items() if key not in problem.fields}
        _enter(actor, candidate, connection, fits)
    return refused


def _enter(actor: User, candidate: Candidate, connection: Connection, values: Mapping[str, Any]) -> None:
    field_entries.enter(
        actor=actor,
        connection=connection,
        record_type=candidate.record_type,
        values=values,
        candidate=candidate,
    )


def _may_sync(actor: User) -> None:
    require_feature(actor.organisation, Feature.INTEGRATIONS)
    require(actor, Right.CANDIDATE_EXPORT)
