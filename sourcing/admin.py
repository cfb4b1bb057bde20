"""The plain admin, for the installation's own staff: to look, not to work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from sourcing.models import Candidate, ImportRun, Project, Suppression


class LookOnly(admin.ModelAdmin):
    """Rows of all organisations to read. Contact points are not here: private addresses are their adders' alone."""

    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:  # noqa: ARG002 - the admin gives it
        """Staff look across organisations."""
        rows: QuerySet[Model] = self.model.objects.across_organisations(
            "staff of the installation look for a fault"
        )
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the admin gives it
        """Rows are made by the product."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the admin gives it
        """Rows are changed by the product."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the admin gives it
        """Rows are erased by the product."""
        return False


@admin.register(Candidate)
class CandidateAdmin(LookOnly):
    """People."""

    list_display = ["id", "organisation", "first_name", "last_name", "source", "created_at"]
    list_select_related = ["organisation"]
    ordering = ["-pk"]


@admin.register(Project)
class ProjectAdmin(LookOnly):
    """Projects."""

    list_display = ["id", "organisation", "name", "owner", "created_at", "archived_at"]
    list_select_related = ["organisation", "owner"]
    ordering = ["-pk"]


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
    list_select_related = ["organisation"]
    ordering = ["-pk"]


@admin.register(Suppression)
class SuppressionAdmin(LookOnly):
    """Suppressions; values are fingerprints."""

    list_display = ["id", "organisation", "kind", "reason", "candidate", "created_at"]
    list_select_related = ["organisation", "candidate"]
    ordering = ["-pk"]
