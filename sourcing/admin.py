"""The plain admin, for the installation's own staff: to look, not to work.

Contact points are not here: private addresses are their adders' alone.
"""

from __future__ import annotations

from django.contrib import admin

from foundation.admin import LookOnly
from sourcing.models import Candidate, ImportRun, Project, Suppression


@admin.register(Candidate)
class CandidateAdmin(LookOnly):
    """People."""

    list_display = ["id", "organisation", "first_name", "last_name", "source", "created_at"]


@admin.register(Project)
class ProjectAdmin(LookOnly):
    """Projects."""

    list_display = ["id", "organisation", "name", "owner", "created_at", "archived_at"]
    list_select_related = ["organisation", "owner"]


@admin.register(ImportRun)
class ImportRunAdmin(LookOnly):
    """Imports."""

    list_display = [
        "id",
        "organisation",
        "file_name",
        "phase",
        "rows",
        "imported",
        "updated",
        "rejected",
        "created_at",
    ]


@admin.register(Suppression)
class SuppressionAdmin(LookOnly):
    """Suppressions; values are fingerprints."""

    list_display = ["id", "organisation", "kind", "reason", "candidate", "created_at"]
    list_select_related = ["organisation", "candidate"]
