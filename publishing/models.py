"""What was published, whom it is sent to, and how far each delivery is."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.audit import audit
from foundation.tenancy import SameOrganisation, TenantModel
from publishing.states import DeliveryStatus


class PublishedEvent(TenantModel):
    """Something happened, in the words of the public catalogue; ids and states, no personal data.

    The key is the order: but for tests of a webhook, rows are written by one process at a time, so who has read up to
    one has missed none.
    """

    type = models.CharField(max_length=40)
    #: What it is about, "recipient:12"; one endpoint gets the events of one subject in their order.
    subject = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    published_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        indexes = [
            # feed.prune: what is older than the retention.
            models.Index(fields=["published_at"], name="publishing_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

    @property
    def public_id(self) -> str:
        """The same in the feed and in ``webhook-id``."""
        return f"evt_{self.pk}"


class Endpoint(TenantModel):
    """An address of another program that is told what happens."""

    url = models.CharField(max_length=2_000)
    description = models.CharField(max_length=200, blank=True)
    #: Names of the catalogue; none means all.
    types = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    active = models.BooleanField(default=True)
    #: Why Beckon switched it off, for people; empty when a person did.
    off_reason = models.CharField(max_length=300, blank=True)
    #: foundation.secrets: {"secrets": [{"secret", "until"}, …]}, the newest first; ``until`` is when an old one ends.
    sealed = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    #: When its secret was last replaced.
    secret_changed_at = models.DateTimeField(null=True, blank=True)
    #: Failures to reach it in a row, since when, and how long all its deliveries wait for that.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(db_default=Now())
    trouble = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("created_by")]
        triggers = audit("sealed", "failures", "failing_since", "trouble", "delivered_at")

    def __str__(self) -> str:
        return self.description or self.url


class WebhookDelivery(TenantModel):
    """One event for one endpoint: at least once, in the order of its subject."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(PublishedEvent, on_delete=models.CASCADE, related_name="deliveries")
    #: The event's, repeated for the order query.
    subject = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    give_up_at = models.DateTimeField()
    #: While it is being sent: whose it is, and until when.
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    #: The last answer: status (None: there was none), its beginning or what was wrong, and how long it took.
    answer_status = models.PositiveIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        verbose_name_plural = "webhook deliveries"
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("endpoint"),
            SameOrganisation("event"),
            models.UniqueConstraint(fields=["endpoint", "event"], name="publishing_delivery_once"),
        ]
        indexes = [
            # sending.claim: the next of an endpoint, in order.
            models.Index(
                fields=["endpoint", "id"], condition=Q(status="waiting"), name="publishing_delivery_due"
            ),
            # sending.claim: is an earlier one of this subject still on its way?
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(status__in=["waiting", "sending"]),
                name="publishing_delivery_order",
            ),
            # sending.take_back: whose worker died.
            models.Index(
                fields=["lease_until"], condition=Q(status="sending"), name="publishing_delivery_leased"
            ),
            # The endpoint's page: its deliveries, the newest first, those given up alone.
            models.Index(fields=["endpoint", "status", "-id"], name="publishing_delivery_page"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id} ({self.status})"
