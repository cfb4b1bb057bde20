"""What administrators decide about remote fields: shown, mandatory, a filter, the update rule, the mapped variable.

A string variable goes to at most one field of a connection and record type, a list variable to several, each social
network to its own (docs/behaviour.md §8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from foundation.problems import Invalid, Missing
from integrations import opening
from integrations.base.records import UpdateRule
from integrations.base.variables import CUSTOM, LABELS, VariableKind, kind_of
from integrations.models import Connection, FieldRow
from sourcing.models import CustomField

#: What may be decided, all of it columns of ``FieldRow``.
DECISIONS = ("displayed", "mandatory", "filterable", "rule", "variable")


class FieldMissing(Missing):
    """The connection has no such field."""

    code: ClassVar[str] = "remote_field_missing"


class VariableTaken(Invalid):
    """The variable is mapped to another field already."""

    code: ClassVar[str] = "variable_taken"


def fields_of(connection: Connection, record_type: str, *, search: str = "") -> QuerySet[FieldRow]:
    """The fields the vendor has now, in its order; with ``search`` those that have it in label or key."""
    rows = FieldRow.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, record_type=record_type, gone_since__isnull=True
    )
    if search:
        rows = rows.filter(Q(label__icontains=search) | Q(key__icontains=search))
    return rows.order_by("position", "pk")


def field_for(connection: Connection, field_id: int) -> FieldRow:
    """One field the vendor has now; raises :class:`FieldMissing`."""
    rows = FieldRow.objects.for_organisation(connection.organisation_id)
    found = rows.filter(connection=connection, pk=field_id, gone_since__isnull=True).first()
    if found is None:
        raise FieldMissing("There is no such field.")
    return found


def variables_of(organisation_id: int) -> dict[str, str]:
    """Every variable a field may be mapped to → its words: the fixed ones, then the organisation's custom fields."""
    rows = CustomField.objects.for_organisation(organisation_id).filter(archived_at__isnull=True)
    custom = {f"{CUSTOM}{field.key}": field.label for field in rows.order_by("position", "pk")}
    return {**LABELS, **custom}


@transaction.atomic
def decide(*, actor: User | None, field: FieldRow, changes: Mapping[str, Any]) -> FieldRow:  # noqa: ARG001 - the trail names the actor
    """Change some of :data:`DECISIONS`; effective for the next push. Mandatory implies displayed.

    Raises Invalid (fields), VariableTaken naming the field that has the variable.
    """
    unknown = set(changes) - set(DECISIONS)
    if unknown:
        raise Invalid("This cannot be decided.", fields=dict.fromkeys(sorted(unknown), "Not a decision."))
    row = _locked(field)
    for name in ("displayed", "mandatory", "filterable"):
        if name in changes:
            setattr(row, name, bool(changes[name]))
    if changes.get("displayed") is False and "mandatory" not in changes:
        row.mandatory = False
    row.displayed = row.displayed or row.mandatory
    if row.filterable and not row.readable:
        text = f"{opening.vendor_of(row.connection).display_name} does not show this field to others."
        raise Invalid(text, fields={"filterable": text})
    if "rule" in changes:
        row.rule = _rule(changes["rule"])
    if "variable" in changes:
        row.variable = _variable(row, changes["variable"])
        _claim(row)
    row.save(update_fields=list(DECISIONS))
    return row


@transaction.atomic
def reset(*, actor: User, field: FieldRow) -> FieldRow:  # noqa: ARG001 - the trail names the actor
    """*Reset to default*: variable and rule as before anybody decided. Raises VariableTaken."""
    row = _locked(field)
    row.variable, row.rule = row.default_variable, row.default_rule
    _claim(row)
    row.save(update_fields=["variable", "rule"])
    return row


@transaction.atomic
def reset_all(*, actor: User, connection: Connection, record_type: str) -> int:  # noqa: ARG001 - the trail names the actor
    """:func:`reset` of every field the vendor has now; how many changed. What people may fill stays as decided."""
    take_turns(connection)
    changed = [
        row
        for row in fields_of(connection, record_type)
        if (row.variable, row.rule) != (row.default_variable, row.default_rule)
    ]
    for row in changed:
        row.variable, row.rule = row.default_variable, row.default_rule
        row.save(update_fields=["variable", "rule"])
    return len(changed)


def _rule(value: Any) -> str:
    if value not in set(UpdateRule):
        text = "Choose how the field is updated."
        raise Invalid(text, fields={"rule": text})
    return UpdateRule(value).value


def _variable(row: FieldRow, value: Any) -> str:
    if value in (None, ""):
        return ""
    if value not in variables_of(row.organisation_id):
        raise Invalid("There is no such variable.", fields={"variable": "Choose one of those offered."})
    return str(value)


def _claim(row: FieldRow) -> None:
    """The variable is this field's. One that is gone at the vendor gives it up; raises VariableTaken."""
    if not row.variable or kind_of(row.variable) is VariableKind.LIST:
        return
    others = (
        FieldRow.objects.for_organisation(row.organisation_id)
        .filter(connection=row.connection, record_type=row.record_type, variable=row.variable)
        .exclude(pk=row.pk)
    )
    holder = others.filter(gone_since__isnull=True).order_by("position", "pk").first()
    if holder is not None:
        system = opening.vendor_of(row.connection).display_name
        text = (
            f"Mapped to “{holder.label}” already: this variable can only be mapped to one field in {system}."
        )
        raise VariableTaken(text, fields={"variable": text})
    others.update(variable="")


def _locked(field: FieldRow) -> FieldRow:
    take_turns(field.connection)
    return (
        FieldRow.objects.for_organisation(field.organisation_id).select_related("connection").get(pk=field.pk)
    )


def take_turns(connection: Connection) -> None:
    """Hold the connection: two who decide about its fields and settings, or a discovery meanwhile, take turns."""
    Connection.objects.for_organisation(connection.organisation_id).select_for_update().get(pk=connection.pk)
