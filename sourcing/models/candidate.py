"""One person in the CRM."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts.audit import audit
from foundation.tenancy import SameOrganisation, TenantModel


class RecordType(models.TextChoices):
    """What other systems see ("Sync as")."""

    CANDIDATE = "candidate", "Candidate"
    CONTACT = "contact", "Contact"


class Candidate(TenantModel):
    """One person. Addresses, positions and schools are rows of their own; ``title`` and ``company`` are current."""

    first_name = models.CharField(max_length=300, blank=True)
    last_name = models.CharField(max_length=300, blank=True)
    headline = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=300, blank=True)
    company = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True)
    skills = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    #: Normalised ``linkedin.com/in/…`` without scheme, or empty; the second key people are matched on.
    linkedin_key = models.CharField(max_length=300, blank=True)
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    #: Where the person first came from, for people: "LinkedIn Recruiter CSV".
    source = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("created_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    #: The colleague who looks after the person; who made or imported them, until somebody else is named. Nobody when
    #: a program made them or the user was deleted; a colleague who left stays until another one is named.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("owner") checks it
        db_index=False,  # search filters by it on its own rows; asked here only when a user is deleted
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    #: Raised by every edit and import; an edit that saw an older one is refused.
    version = models.PositiveIntegerField(default=1)
    # Bulk writes of other modules name their own columns only; the database fills these (db_default).
    #: ``{custom field key: value}``, each as ``custom_fields.clean`` returns it.
    custom = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    #: ``{field: {"source", "origin", "at", "by"}}`` of each value that did not come with the person; a custom field
    #: stands under ``custom.<key>``. Written through ``values`` only.
    provenance = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    #: Where ``location`` lies, from ``places.columns_for``; id of GeoNames.
    place_id = models.IntegerField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    #: IANA name, or empty when the place does not say it.
    time_zone = models.CharField(max_length=64, blank=True, db_default="")
    #: How sure the place is, 0–100.
    place_confidence = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: Set by ``people.contacted``; never asked upward.
    last_contacted_at = models.DateTimeField(null=True, blank=True)
    #: Since when the person waits to be told that they are held (Art. 14): when they came, and after a first message so
    #: long before it that every rule finds them due (``privacy.CONTACT_COUNTS``). None once they were told.
    untold_since = models.DateTimeField(
        null=True, blank=True, default=timezone.now, db_default=Now(), editable=False
    )

    class Meta(TenantModel.Meta):
        triggers = audit("untold_since")
        indexes = [
            # privacy.notices_due: who has waited longest, a page at a time, whatever the number of people.
            models.Index(
                fields=["organisation", "untold_since", "id"],
                condition=models.Q(untold_since__isnull=False),
                name="sourcing_candidate_untold",
            ),
        ]
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            SameOrganisation("owner"),
            models.UniqueConstraint(
                fields=["organisation", "linkedin_key"],
                condition=~models.Q(linkedin_key=""),
                name="sourcing_candidate_linkedin_once",
            ),
        ]

    @property
    def name(self) -> str:
        """The name people see; "Unnamed" when only an address or a profile is known."""
        return f"{self.first_name} {self.last_name}".strip() or "Unnamed"

    @property
    def url(self) -> str:
        """The person's own page."""
        return reverse("sourcing:candidate", args=[self.pk])

    def __str__(self) -> str:
        return self.name
