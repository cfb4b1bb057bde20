"""The *Fields* table of a connection: discovered from the vendor, decided by administrators, read by every push."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from integrations import opening
from integrations.base.records import Capability, FieldKind, Option, RemoteField, UpdateRule
from integrations.mapping import FieldRule
from integrations.models import Connection, FieldRow


def rules(connection: Connection, record_type: str) -> tuple[FieldRule, ...]:
    """The rows a push goes by, in the vendor's order; a field that is gone there is left out.

    A connection whose fields were never discovered has none: :func:`discover` first.
    """
    rows = FieldRow.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, record_type=record_type, gone_since__isnull=True
    )
    return tuple(as_rule(row) for row in rows.order_by("position", "pk"))


def known(connection: Connection, record_type: str) -> tuple[FieldRule, ...]:
    """:func:`rules`, asking the vendor first when this connection's fields were never discovered."""
    return rules(connection, record_type) or (discover(connection) and rules(connection, record_type)) or ()


def as_rule(row: FieldRow) -> FieldRule:
    """One row in the words of the pure mapping."""
    remote = RemoteField(
        key=row.key,
        label=row.label,
        kind=FieldKind(row.kind),
        options=tuple(Option(id=option["id"], label=option["label"]) for option in row.options),
        custom=row.custom,
        creatable=row.creatable,
        updatable=row.updatable,
        readable=row.readable,
        required=row.required,
        longest=row.longest,
        default_variable=row.default_variable,
        default_rule=UpdateRule(row.default_rule),
    )
    return FieldRule(field=remote, variable=row.variable, rule=UpdateRule(row.rule), mandatory=row.mandatory)


def discover(connection: Connection) -> int:
    """Ask the vendor which fields there are now, for every record type; how many there are.

    Known fields take the vendor's new words and keep their decisions, new ones begin with the defaults, missing ones
    are marked gone. Raises the connector's errors; nothing is changed then.
    """
    connector = opening.open_connector(connection)
    if not connector.supports(Capability.LIST_FIELDS):
        return 0
    found = {
        record_type: connector.list_fields(record_type=record_type) for record_type in connector.record_types
    }
    with transaction.atomic():
        # Two discoveries at once would each see the other's fields as new.
        Connection.objects.for_organisation(connection.organisation_id).select_for_update().get(
            pk=connection.pk
        )
        for record_type, fields in found.items():
            _store(connection, record_type, fields)
    return sum(map(len, found.values()))


def _store(connection: Connection, record_type: str, fields: Iterable[RemoteField]) -> None:
    rows = FieldRow.objects.for_organisation(connection.organisation_id).filter(
        connection=connection, record_type=record_type
    )
    known = {row.key: row for row in rows}
    seen: set[str] = set()
    for position, remote in enumerate(fields):
        seen.add(remote.key)
        row = known.get(remote.key) or FieldRow(
            organisation_id=connection.organisation_id,
            connection=connection,
            record_type=record_type,
            key=remote.key,
            variable=remote.default_variable,
            rule=remote.default_rule,
        )
        _describe(row, remote, position)
        row.save()
    rows.exclude(key__in=seen).filter(gone_since__isnull=True).update(gone_since=timezone.now())


def _describe(row: FieldRow, remote: RemoteField, position: int) -> None:
    """The vendor's half of the row."""
    row.label = remote.label[:300]
    row.kind = remote.kind
    row.options = [{"id": option.id, "label": option.label} for option in remote.options]
    row.custom = remote.custom
    row.creatable, row.updatable, row.readable = remote.creatable, remote.updatable, remote.readable
    row.required, row.longest = remote.required, remote.longest
    row.default_variable, row.default_rule = remote.default_variable, remote.default_rule
    row.position, row.gone_since = position, None
