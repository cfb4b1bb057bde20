"""*Try on a person*: what a push would send now, and per field what would become of it and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from foundation.problems import Problem
from integrations import (
    companies,
    dummies,
    field_table,
    links,
    mapping,
    opening,
    person_variables,
    writing,
)
from integrations.base.records import Education, Employment, RemotePerson, Value
from integrations.converting import as_text
from integrations.models import Connection
from sourcing.models import Candidate


@dataclass(frozen=True, slots=True)
class Tried:
    """``lines`` are the log a push would leave; ``shown`` what would be sent, by label, as far as the viewer may see.

    ``found``: whether the vendor has the person, None when that could not be found out; ``trouble`` says why.
    """

    lines: tuple[mapping.FieldOutcome, ...]
    shown: Mapping[str, str]
    missing: tuple[str, ...]
    found: bool | None
    trouble: str = ""


def on(*, viewer: User, connection: Connection, candidate: Candidate) -> Tried:
    """Look the person up at the vendor and decide every field by ``mapping.payload``, the function a push goes by.

    Values shown are ours, never what the vendor holds: a colleague's private address may be there.
    """
    person = person_variables.of(viewer=viewer, candidate=candidate)
    rules = field_table.known(connection, candidate.record_type)
    dummy = dummies.address_of(candidate, organisation=candidate.organisation)
    entered = companies.entered(connection, candidate)

    def plan(existing: RemotePerson | None, written: Mapping[str, str]) -> mapping.Payload:
        return mapping.payload(
            person,
            rules=rules,
            source_label=connection.source_label,
            own_dummy=dummy,
            entered=entered,
            existing=existing,
            written=written,
        )

    new = plan(None, {})
    labels = {rule.field.key: rule.field.label for rule in rules}
    shown = {labels[key]: _words(value) for key, value in new.whole.items()}
    try:
        end = writing.write(
            _order(viewer, connection, candidate, plan, mapping.keys(person, own_dummy=dummy))
        )
    except Problem as problem:
        return Tried(new.fields, shown, new.missing, found=None, trouble=str(problem))
    if isinstance(end, writing.Rehearsed):
        return Tried(end.payload.fields, shown, (), found=end.existing is not None)
    if isinstance(end, writing.Missing):
        return Tried(end.payload.fields, shown, end.payload.missing, found=None)
    if isinstance(end, companies.Undecided):
        system = connection.label
        return Tried(new.fields, shown, new.missing, found=False, trouble=end.said(system))
    return Tried(
        new.fields,
        shown,
        new.missing,
        found=None,
        trouble="An export or sync of this person is not confirmed yet.",
    )


def _order(viewer: User, connection: Connection, candidate: Candidate, plan: Any, keys: Any) -> writing.Order:
    return writing.Order(
        connection=connection,
        connector=opening.open_connector(connection),
        candidate=candidate,
        link=links.of(connection, candidate),
        plan=plan,
        keys=keys,
        target=None,
        acting_as=opening.acting_as(connection, viewer),
        renew=_nothing_held,
        made=_nothing_held,
        rehearse=True,
    )


def _nothing_held() -> None:
    """There is no claim to keep: nothing is written."""


def _words(value: Value) -> str:
    history = isinstance(value, tuple) and any(isinstance(item, Employment | Education) for item in value)
    return as_text(value, lines=history)
