"""Where a vendor tells us of changes, and what it told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection
from integrations.states import CallStatus


class Hook(TenantModel):
    """The address of one connection's webhooks: its key is unguessable, kept as a hash, readable only when unsealed."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="hook")
    #: ``foundation.secrets.token_hash`` of the key in the address.
    key_hash = models.CharField(max_length=64, unique=True)
    #: foundation.secrets: {"key", "secrets": [newest first]}.
    sealed = models.TextField(blank=True)
    #: Who entered the vendor's secret last, where webhooks are made there.
    secret_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: At the vendor, where we made it there.
    subscription_id = models.CharField(max_length=500, blank=True)
    #: Why the vendor did not take the subscription, in its words.
    trouble = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("secret_set_by"),
        ]

    def __str__(self) -> str:
        return f"hook of {self.connection_id}"


class WebhookCall(TenantModel):
    """One delivery. Whom it names is read again at the vendor; nothing else of it is believed."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="webhook_calls")
    #: The vendor's; a delivery repeated is the same row.
    delivery_id = models.CharField(max_length=200)
    event = models.CharField(max_length=100, blank=True)
    #: As it came; emptied once it was dealt with, and when anybody of the organisation is erased.
    body = models.BinaryField(default=bytes, blank=True)
    #: [{"external_id", "record_type"}] to read again, and those that are gone.
    changed = models.JSONField(default=list, blank=True)
    gone = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=10, choices=CallStatus, default=CallStatus.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    #: While a worker follows it; nobody follows another one of the connection meanwhile.
    lease_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            models.UniqueConstraint(fields=["connection", "delivery_id"], name="integrations_call_once"),
        ]
        indexes = [
            # webhook_calls.next_call: what waits at a connection, in order.
            models.Index(
                fields=["connection", "id"], condition=Q(status="received"), name="integrations_call_open"
            ),
            # webhook_calls.prune
            models.Index(fields=["received_at"], name="integrations_call_old"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} ({self.status})"
