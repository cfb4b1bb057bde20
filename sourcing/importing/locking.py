"""The row of an import, locked: every step of a run compares with it before it stores anything."""

from __future__ import annotations

from sourcing.models import ImportRun


def locked(import_run: ImportRun) -> ImportRun:
    """The row as it is now, held for update until the transaction ends."""
    rows = ImportRun.objects.for_organisation(import_run.organisation_id)
    return rows.select_for_update().get(pk=import_run.pk)
