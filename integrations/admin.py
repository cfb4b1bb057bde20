"""Look-up for the installation's administrators: state is read-only, secrets are not shown at all."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from integrations.models import Connection, Export, ExportItem


class ReadOnly(admin.ModelAdmin):
    """Nothing is made, changed or deleted here: the pages and the API hold the rules."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        del request, obj
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All organisations: the installation's own administrator looks."""
        del request
        rows: QuerySet[Any] = self.model.objects.across_organisations("the installation's administrator")
        return rows


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    """Where each connection stands."""

    list_display = ["vendor", "organisation", "status", "verified_at", "trouble"]
    list_filter = ["vendor", "status"]
    list_select_related = ["organisation"]
    exclude: ClassVar[list[str]] = ["secret", "account"]


@admin.register(Export)
class ExportAdmin(ReadOnly):
    """What was asked for."""

    list_display = ["id", "organisation", "connection", "mode", "target_name", "created_by", "created_at"]
    list_filter = ["mode"]
    list_select_related = ["organisation", "connection", "created_by"]


@admin.register(ExportItem)
class ExportItemAdmin(ReadOnly):
    """What became of each person, by id."""

    list_display = [
        "id",
        "export_id",
        "candidate_id",
        "status",
        "reason_code",
        "attempts",
        "not_before",
        "settled_at",
    ]
    list_filter = ["status", "reason_code"]
    show_full_result_count = False
