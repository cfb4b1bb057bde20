"""What an export reads once for the people of a second: what concerns everybody, and who is next.

A round lasts a second: nothing in it is older than that when a person is begun with. Links, claims and the person's own
row are read for each person under the claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from integrations import dummies, field_table, mapping, opening, person_variables, setting_rows
from integrations.models import Export, ExportItem, ItemStatus
from sourcing.models import RecordType

#: For so long a round begins with further people.
SECONDS = 1.0
#: So many people are read together.
AHEAD = 16


@dataclass(frozen=True, slots=True)
class Read:
    """What was read ahead about one person; ``dummy`` is the address drawn earlier, ``entered`` by record type."""

    beside: person_variables.Beside
    dummy: str
    entered: Mapping[str, Mapping[str, Any]]


class Round:
    """See the module. ``turn`` is held for the length of each call to the vendor."""

    def __init__(self, export: Export, *, turn: AbstractContextManager[object] | None = None) -> None:
        self.export = export
        self.turn = turn
        self._rules: dict[str, tuple[mapping.FieldRule, ...]] = {}
        self._read: dict[int, Read] = {}

    def rules(self, record_type: str) -> tuple[mapping.FieldRule, ...]:
        """``field_table.known`` of the export's connection."""
        if record_type not in self._rules:
            self._rules[record_type] = field_table.known(self.export.connection, record_type)
        return self._rules[record_type]

    @cached_property
    def acting_as(self) -> str:
        """Who the exporter is at the vendor."""
        return opening.acting_as(self.export.connection, self.export.created_by)

    def read(self, item: ExportItem) -> Read:
        """About the item's person; with it is read who comes next."""
        if item.candidate_id not in self._read:
            self._read = self._read_ahead(item)
        return self._read[item.candidate_id]

    def _read_ahead(self, item: ExportItem) -> dict[int, Read]:
        export = self.export
        following = ExportItem.objects.for_organisation(export.organisation_id).filter(
            export=export, status=ItemStatus.QUEUED, pk__gt=item.pk
        )
        ids = [
            item.candidate_id,
            *following.order_by("pk").values_list("candidate_id", flat=True)[: AHEAD - 1],
        ]
        beside = person_variables.beside(
            viewer=export.created_by, organisation_id=export.organisation_id, candidate_ids=ids
        )
        drawn = dummies.addresses_of(ids, organisation=export.organisation)
        typed = setting_rows.entered_of(export.connection, ids)
        return {
            pk: Read(
                beside=beside[pk],
                dummy=drawn.get(pk, ""),
                entered={name: typed.get((pk, name), {}) for name in RecordType.values},
            )
            for pk in ids
        }
