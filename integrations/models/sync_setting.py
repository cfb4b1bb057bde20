"""What was set about syncing, and what people typed into single remote fields; one row per level."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from campaigns.models import Campaign
from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection
from sourcing.models import Candidate, RecordType


class SyncSetting(TenantModel):
    """One value of one setting (``sync_settings.SETTINGS``) at one level; without user, campaign and candidate it is
    the organisation's.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sync_settings")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    name = models.CharField(max_length=30)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    candidate = models.ForeignKey(
        Candidate, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    value = models.JSONField()
    #: Only the organisation's rows: lower values of non-administrators do not count meanwhile.
    locked = models.BooleanField(default=False)
    #: Who locked it, by name as in the audit trail, so that it outlives the account; and when.
    locked_by = models.CharField(max_length=200, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    #: Whether the writer was an administrator when writing.
    by_admin = models.BooleanField(default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    written_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("user"),
            SameOrganisation("campaign"),
            SameOrganisation("candidate"),
            SameOrganisation("written_by"),
            models.UniqueConstraint(
                fields=["connection", "record_type", "name", "user", "campaign", "candidate"],
                nulls_distinct=False,
                name="integrations_setting_once",
            ),
            models.CheckConstraint(
                condition=(
                    Q(user__isnull=True, campaign__isnull=True)
                    | Q(user__isnull=True, candidate__isnull=True)
                    | Q(campaign__isnull=True, candidate__isnull=True)
                ),
                name="integrations_setting_one_level",
            ),
            models.CheckConstraint(
                condition=Q(locked=False)
                | Q(user__isnull=True, campaign__isnull=True, candidate__isnull=True),
                name="integrations_setting_lock_above",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.connection_id}"


class FieldEntry(TenantModel):
    """What somebody typed into one displayed remote field, for one person or for everybody of a campaign."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    key = models.CharField(max_length=200)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    candidate = models.ForeignKey(
        Candidate, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    value = models.JSONField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    written_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("campaign"),
            SameOrganisation("candidate"),
            SameOrganisation("written_by"),
            models.UniqueConstraint(
                fields=["connection", "record_type", "key", "campaign", "candidate"],
                nulls_distinct=False,
                name="integrations_entry_once",
            ),
            models.CheckConstraint(
                condition=Q(campaign__isnull=True, candidate__isnull=False)
                | Q(campaign__isnull=False, candidate__isnull=True),
                name="integrations_entry_one_level",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.connection_id}"
