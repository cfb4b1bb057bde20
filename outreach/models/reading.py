"""What each member has read of the Inbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.inbound import InboundMessage


class InboundReading(TenantModel):
    """A member opened a mail, or set it back to unread (``outreach.inbound.reading``). No row: never opened."""

    inbound = models.ForeignKey(
        InboundMessage, on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    unread = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("inbound"),
            SameOrganisation("user"),
            # Also serves: has this member opened that mail, and who has.
            models.UniqueConstraint(fields=["inbound", "user"], name="outreach_reading_once"),
        ]
        indexes = [
            # What a member set back to unread.
            models.Index(fields=["user"], condition=Q(unread=True), name="outreach_reading_unread"),
        ]

    def __str__(self) -> str:
        return f"reading {self.pk}"


class InboxReader(TenantModel):
    """A member's *Mark all as read*: what came until then is read."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    read_until = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("user")]

    def __str__(self) -> str:
        return f"reader {self.pk}"
