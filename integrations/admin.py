"""Look-up for the installation's administrators: state is read-only, secrets are not shown at all."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from foundation.admin import LookOnly
from integrations.models import Connection, Export, ExportItem


@admin.register(Connection)
class ConnectionAdmin(LookOnly):
    """Where each connection stands."""

    list_display = ["vendor", "organisation", "status", "verified_at", "trouble"]
    list_filter = ["vendor", "status"]
    exclude: ClassVar[list[str]] = ["secret", "account"]


@admin.register(Export)
class ExportAdmin(LookOnly):
    """What was asked for."""

    list_display = ["id", "organisation", "connection", "mode", "target_name", "created_by", "created_at"]
    list_filter = ["mode"]
    list_select_related = ["organisation", "connection", "created_by"]


@admin.register(ExportItem)
class ExportItemAdmin(LookOnly):
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
