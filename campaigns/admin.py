"""Looking things up; every status is read-only and changes only through the product."""

from __future__ import annotations

from django.contrib import admin

from campaigns.models import Attempt, Campaign, Recipient
from foundation.admin import LookOnly


@admin.register(Campaign)
class CampaignAdmin(LookOnly):
    list_display = ("name", "organisation", "status", "owner", "started_at")
    list_filter = ("status",)
    search_fields = ("name",)
    list_select_related = ("organisation", "owner")


@admin.register(Recipient)
class RecipientAdmin(LookOnly):
    list_display = ("id", "campaign", "progress", "hold", "planned_at")
    list_filter = ("progress", "hold")
    list_select_related = ("campaign",)


@admin.register(Attempt)
class AttemptAdmin(LookOnly):
    list_display = ("id", "recipient", "step", "try_number", "outcome", "created_at")
    list_filter = ("outcome",)
    list_select_related = ("recipient", "step")
