"""Whom we must not write to. Read inside every claim and again at ``begin``."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.candidate import Candidate


class SuppressionKind(models.TextChoices):
    """What the row stands for (docs/behaviour.md §5)."""

    PERSON = "person", "Person"
    ADDRESS = "address", "Address"
    DOMAIN = "domain", "Domain"
    PROFILE = "profile", "Profile link"
    COMPANY = "company", "Company"


class SuppressionReason(models.TextChoices):
    """Why; kept apart because they end differently (a complaint and an erasure are never lifted by hand)."""

    OPT_OUT = "opt_out", "Unsubscribed"
    COMPLAINT = "complaint", "Complaint"
    ERASED = "erased", "Erased"
    MANUAL = "manual", "Added by hand"


class Suppression(TenantModel):
    """One person, address or domain that gets no mail from this organisation.

    Written by ``sourcing.suppressing`` and ``sourcing.known_again``. ``fingerprint`` is
    ``foundation.secrets.fingerprint`` of the normalised value, so that the row outlives the erasure of the person;
    ``candidate`` is set for a person and the row follows a merge. A suppressed person also leaves one row per address
    and profile link with ``of_person``: whoever turns up with one of them again, by import or by hand, is that person
    and is suppressed from the start.
    """

    kind = models.CharField(max_length=8, choices=SuppressionKind)
    candidate = models.ForeignKey(
        Candidate, on_delete=models.SET_NULL, null=True, related_name="suppressions"
    )
    fingerprint = models.CharField(max_length=64, null=True, blank=True)
    of_person = models.BooleanField(default=False)
    #: The domain or the company as typed, which are no persons; an address is kept as its fingerprint only.
    value = models.CharField(max_length=300, blank=True)
    #: A company: people who were there before, too.
    includes_past = models.BooleanField(default=False)
    #: Domain or company: only warn, do not stop.
    soft = models.BooleanField(default=False)
    reason = models.CharField(max_length=40, choices=SuppressionReason)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("created_by"),
            models.UniqueConstraint(
                fields=["organisation", "candidate"],
                condition=Q(kind="person"),
                name="sourcing_suppression_person_once",
            ),
            # Also serves the look-up by address and domain in the claim. A person's row has no fingerprint (NULL).
            models.UniqueConstraint(
                fields=["organisation", "kind", "fingerprint"], name="sourcing_suppression_value_once"
            ),
        ]
        indexes = [
            # The page: newest first. What a suppressed person is known by again is not listed.
            models.Index(
                fields=["organisation", "-created_at", "-id"],
                condition=Q(of_person=False),
                name="sourcing_suppression_list",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class SuppressionRemoval(TenantModel):
    """Somebody took an entry off the list, and why; the entry itself is gone."""

    kind = models.CharField(max_length=8, choices=SuppressionKind)
    fingerprint = models.CharField(max_length=64, blank=True)
    value = models.CharField(max_length=300, blank=True)
    candidate = models.ForeignKey(
        Candidate, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=40, choices=SuppressionReason)
    why = models.CharField(max_length=300)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("removed_by"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} removed"
