"""Settings of an organisation are changed one after the other."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Organisation


def of(organisation_id: int) -> QuerySet[Organisation]:
    """The row that every change of a setting locks first, until its transaction ends: most settings have no row of
    their own before somebody changed them. Rows that refer to the organisation are written meanwhile."""
    return Organisation.objects.filter(pk=organisation_id).select_for_update(no_key=True)
