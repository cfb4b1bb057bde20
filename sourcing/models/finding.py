"""Finding contact data: the providers an organisation set up, requests, what they answered and what that cost."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.contact_point import ContactKind
from sourcing.models.credit import CreditEntry
from sourcing.models.of_person import OfPerson, candidate_key
from sourcing.models.project import Project


class FindingProvider(TenantModel):
    """One provider as an administrator set it up. ``slug`` is one of ``sourcing.finding.providers``, checked there."""

    slug = models.CharField(max_length=40)
    enabled = models.BooleanField(default=True)
    #: Providers are asked in this order, the lowest first.
    position = models.PositiveSmallIntegerField(default=0)
    #: Empty: the provider's own.
    base_url = models.CharField(max_length=300, blank=True)
    #: foundation.secrets; empty once removed. Never shown again.
    secret = models.TextField(blank=True)
    #: What the provider takes for one person found, for the report; members pay one credit whatever it is.
    cost = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    #: It asked for a pause, or did not answer: not asked before.
    not_before = models.DateTimeField(null=True, blank=True)
    #: Why it needs a person; not asked until somebody saved it again.
    trouble = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("position", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["organisation", "slug"], name="sourcing_provider_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="sourcing_provider_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return self.slug


class Finding(TenantModel):
    """One request: *Get Email* or *Get Phone*, for one person, ticked people or a whole project."""

    kind = models.CharField(max_length=8, choices=ContactKind)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+")
    run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    #: The dialogue's own: a second press of the button is the same request.
    request_key = models.UUIDField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("run"),
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["organisation", "request_key"], name="sourcing_finding_once"),
        ]

    def __str__(self) -> str:
        return f"Find {self.get_kind_display().lower()}"


class FindingStatus(models.TextChoices):
    """How one person of a request ended; ``waiting`` holds one credit, nothing else does."""

    WAITING = "waiting", "Waiting"
    FOUND = "found", "Found"
    NOT_FOUND = "not_found", "Nothing found"
    HAD = "had", "Already there"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class FindingItem(OfPerson):
    """One person in one request. ``spend`` is the credit paid, ``brought`` the addresses it paid for (normalised)."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="items", db_constraint=False)
    candidate = candidate_key("finding_items")
    kind = models.CharField(max_length=8, choices=ContactKind)
    status = models.CharField(max_length=10, choices=FindingStatus, default=FindingStatus.WAITING)
    #: Why it ended so, for people.
    reason = models.CharField(max_length=200, blank=True)
    #: Slug of the provider that found it.
    provider = models.CharField(max_length=40, blank=True)
    brought = ArrayField(models.CharField(max_length=320), default=list, blank=True)
    spend = models.OneToOneField(
        CreditEntry, on_delete=models.PROTECT, null=True, related_name="item", db_constraint=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("finding"),
            SameOrganisation("spend"),
            models.UniqueConstraint(fields=["finding", "candidate"], name="sourcing_finding_item_once"),
        ]
        indexes = [
            # The run: who is next.
            models.Index(
                fields=["finding", "attempts", "id"],
                condition=Q(status="waiting"),
                name="sourcing_finding_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.status}"


class ProviderAnswer(OfPerson):
    """What a provider last said about a person. Stored before anything is paid, so that no crash asks twice."""

    candidate = candidate_key("provider_answers")
    kind = models.CharField(max_length=8, choices=ContactKind)
    provider = models.CharField(max_length=40)
    #: Fingerprint of what was asked (name, company, profile); another question is asked anew.
    question = models.CharField(max_length=64)
    #: [{"value", "type", "verified"}]; empty: nothing found.
    contacts = models.JSONField(default=list, blank=True)
    answered_at = models.DateTimeField()

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            models.UniqueConstraint(
                fields=["candidate", "kind", "provider"], name="sourcing_provider_answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {len(self.contacts)}"


class CallOutcome(models.TextChoices):
    """What one call to a provider came to."""

    FOUND = "found", "Found"
    NOT_FOUND = "not_found", "Nothing found"
    FAILED = "failed", "Failed"


class ProviderCall(TenantModel):
    """One call and its price in money, for the report. It names no person and survives their erasure."""

    provider = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=ContactKind)
    outcome = models.CharField(max_length=10, choices=CallOutcome)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    cost = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    currency = models.CharField(max_length=3)
    called_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("member")]
        indexes = [
            # The report: an organisation's calls of some months.
            models.Index(fields=["organisation", "called_at"], name="sourcing_provider_call_month"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.outcome}"
