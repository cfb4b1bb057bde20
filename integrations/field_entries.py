"""What people type into a vendor's fields here, for one person or once for a campaign (docs/behaviour.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from campaigns.models import Campaign
from foundation.problems import Invalid
from integrations import field_decisions, field_table
from integrations.base.records import FieldKind, RemoteField
from integrations.converting import DoesNotFit, fitted, is_blank
from integrations.models import Connection, FieldEntry, FieldRow
from sourcing.models import Candidate

#: History is not typed into one box.
NOT_TYPED = frozenset({FieldKind.EXPERIENCE, FieldKind.EDUCATION})


def offered(connection: Connection, record_type: str) -> list[FieldRow]:
    """The displayed fields that can be typed, in the vendor's order; mandatory ones are among them."""
    rows = field_decisions.fields_of(connection, record_type).filter(displayed=True)
    return list(rows.exclude(kind__in=[kind.value for kind in NOT_TYPED]))


@transaction.atomic
def enter(
    *,
    actor: User,
    connection: Connection,
    record_type: str,
    values: Mapping[str, Any],
    campaign: Campaign | None = None,
    candidate: Candidate | None = None,
) -> None:
    """Keep what was typed, by the field's key, for one person or one campaign; a blank value takes it away.

    Raises Invalid with one sentence per key: a field that is not displayed, a value that does not fit.
    """
    if (campaign is None) == (candidate is None):
        raise ValueError("for a person or for a campaign")
    rows = {row.key: field_table.as_rule(row).field for row in offered(connection, record_type)}
    place: dict[str, Any] = {"campaign": campaign, "candidate": candidate}
    cleaned, wrong = _cleaned(rows, values)
    if wrong:
        raise Invalid("Some of what was entered does not fit.", fields=wrong)
    field_decisions.take_turns(connection)
    for key, value in cleaned.items():
        stored = FieldEntry.objects.for_organisation(connection.organisation_id).filter(
            connection=connection, record_type=record_type, key=key, **place
        )
        if is_blank(value):
            stored.delete()
        elif not stored.filter(value=value).exists():
            FieldEntry.unguarded.update_or_create(
                organisation_id=connection.organisation_id,
                connection=connection,
                record_type=record_type,
                key=key,
                **place,
                defaults={"value": value, "written_by": actor},
            )


def _cleaned(
    fields: Mapping[str, RemoteField], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    cleaned: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for key, raw in values.items():
        field = fields.get(key)
        if field is None:
            wrong[key] = "This field cannot be filled here."
            continue
        given = tuple(raw) if isinstance(raw, list) else raw
        try:
            value, cut = ("", "") if is_blank(given) else fitted(given, field)
        except DoesNotFit as error:
            wrong[key] = f"{str(error)[:1].upper()}{str(error)[1:]}."
            continue
        if cut:
            wrong[key] = f"At most {field.longest:,} characters."
        cleaned[key] = value
    return cleaned, wrong
