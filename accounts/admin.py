"""The installation's administrators: organisations and users, with care."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import AuditEntry, Organisation, User
from foundation.admin import LookOnly


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ("name", "plan", "integrations_enabled", "created_at")
    search_fields = ("name",)
    readonly_fields = ("created_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Deleting an organisation deletes everything in it; that is no click in a list."""
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "organisation", "role", "is_active", "is_staff")
    list_filter = ("role", "is_active", "is_staff")
    list_select_related = ("organisation",)
    search_fields = ("email", "name")
    fields = ("email", "name", "organisation", "role", "time_zone", "is_active", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """People are deactivated: what they did stays theirs."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(LookOnly):
    list_display = ("at", "organisation", "table", "row", "action", "actor_name")
    list_filter = ("table", "action")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """The trail is no tenant's table: entries of the installation itself have no organisation."""
        return admin.ModelAdmin.get_queryset(self, request)
