"""Looking things up; every status is read-only and changes only through the product."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from campaigns.models import Attempt, Campaign, Recipient


class _LookOnly(admin.ModelAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        found: QuerySet[Any] = self.model.objects.across_organisations("Django admin serves the staff")
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        return False


@admin.register(Campaign)
class CampaignAdmin(_LookOnly):
    list_display = ("name", "organisation", "status", "owner", "started_at")
    list_filter = ("status",)
    search_fields = ("name",)
    list_select_related = ("organisation", "owner")


@admin.register(Recipient)
class RecipientAdmin(_LookOnly):
    list_display = ("id", "campaign", "progress", "hold", "planned_at")
    list_filter = ("progress", "hold")
    list_select_related = ("campaign",)


@admin.register(Attempt)
class AttemptAdmin(_LookOnly):
    list_display = ("id", "recipient", "step", "try_number", "outcome", "created_at")
    list_filter = ("outcome",)
    list_select_related = ("recipient", "step")
