"""Why we may hold a person, who was told so, who must go, and what stays of an erasure: a receipt without a name."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation import stored_files
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key


class ErasureReason(models.TextChoices):
    """Why a person was erased; a choice and no text, so that no receipt can name anybody."""

    REQUEST = "request", "The person asked for it"
    RETENTION = "retention", "Retention rule"
    MISTAKE = "mistake", "Added by mistake"
    OTHER = "other", "No longer needed"


class ErasureReceipt(TenantModel):
    """Proof that somebody was erased: who did it, when, why, and how many rows of each table went. No personal data.

    ``person`` is the number the person had; it leads nowhere any more. ``counts`` is ``{table or place: rows}``.
    """

    person = models.BigIntegerField()
    erased_at = models.DateTimeField(auto_now_add=True)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: The name as text, to outlive the user.
    erased_by_name = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=12, choices=ErasureReason)
    #: Keyed hashes stay that refuse the person at the next import.
    blocked = models.BooleanField(default=False)
    hashes = models.PositiveSmallIntegerField(default=0)
    counts = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("erased_by"),
            models.UniqueConstraint(fields=["organisation", "person"], name="sourcing_receipt_once"),
        ]

    @property
    def rows(self) -> int:
        """Everything that was deleted or blanked, in rows."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Basis(models.TextChoices):
    """Art. 6 GDPR, as far as recruiting knows it."""

    CONSENT = "consent", "Consent"
    INTEREST = "legitimate_interest", "Legitimate interest"
    CONTRACT = "contract", "Steps before a contract"
    OBLIGATION = "obligation", "Legal obligation"


class LawfulBasis(OfPerson):
    """One reason why this person's data is held, with its proof. The newest one that still holds is the person's."""

    candidate = candidate_key("lawful_bases")
    basis = models.CharField(max_length=20, choices=Basis)
    #: What for, or the balance of interests.
    reason = models.CharField(max_length=500)
    #: The day it was given or weighed.
    since = models.DateField()
    #: Consent may be given for a time.
    until = models.DateField(null=True, blank=True)
    #: The words of the consent, where the letter lies, the number of the assessment.
    proof = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("recorded_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta(OfPerson.Meta):
        triggers = AUDIT
        verbose_name_plural = "lawful bases"
        ordering = ("-since", "-id")
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("recorded_by"),
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display()} since {self.since}"


class NoticeWay(models.TextChoices):
    """How the person learnt that we hold their data (Art. 14 GDPR)."""

    EMAIL = "email", "By e-mail"
    LETTER = "letter", "By letter"
    CALL = "call", "On the phone"
    KNOWN = "known", "Knew it already"


class Notice(OfPerson):
    """The person was told, once: Art. 14 asks for it within a month, and at the first contact at the latest."""

    candidate = candidate_key("notices")
    given_at = models.DateTimeField()
    way = models.CharField(max_length=10, choices=NoticeWay, default=NoticeWay.EMAIL)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("recorded_by") checks it
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("recorded_by"),
            models.UniqueConstraint(fields=["candidate"], name="sourcing_notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_way_display()} {self.given_at:%Y-%m-%d}"


class PrivacyRules(TenantModel):
    """What one organisation has decided; no row means that everything is off."""

    #: Keep the list of people who must still be told (Art. 14).
    notices = models.BooleanField(default=False)
    notice_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    #: The first campaign message says what Art. 14 asks for, so whoever was written to has been told.
    first_message_tells = models.BooleanField(default=False)
    #: Days without activity after which a person is proposed for erasing; None: never.
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(30), MaxValueValidator(7300)]
    )
    #: Why that long, for whoever audits it.
    retention_reason = models.CharField(max_length=500, blank=True)
    #: Days after which an uploaded résumé nobody has confirmed is deleted; None: never.
    resume_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(7), MaxValueValidator(3650)]
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organisation"], name="sourcing_privacy_rules_once"),
            models.CheckConstraint(
                condition=Q(retention_days__isnull=True) | Q(retention_days__gte=30),
                name="sourcing_privacy_retention_30_days",
            ),
        ]

    def __str__(self) -> str:
        return f"rules of {self.organisation_id}"


class RetentionProposal(OfPerson):
    """The retention rule proposes to erase this person; nobody is erased without a person's click.

    ``kept_until`` set: somebody decided to keep them that long, and said why.
    """

    candidate = candidate_key("retention_proposals")
    inactive_since = models.DateTimeField()
    proposed_at = models.DateTimeField(auto_now_add=True)
    kept_until = models.DateField(null=True, blank=True)
    kept_reason = models.CharField(max_length=300, blank=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("kept_by") checks it
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("kept_by"),
            models.UniqueConstraint(fields=["candidate"], name="sourcing_proposal_once"),
        ]
        indexes = [
            # The page of proposals, the longest silent first; and "is this person kept until later".
            models.Index(
                fields=["organisation", "inactive_since", "id"],
                condition=Q(kept_until__isnull=True),
                name="sourcing_proposal_open",
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class PersonArchive(OfPerson):
    """Everything about one person as a file, made for one requester, gone after a week."""

    candidate = candidate_key("archives")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,  # SameOrganisation("requested_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    file = models.FileField(upload_to="archives/%Y/%m/", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("requested_by"),
            SameOrganisation("run"),
        ]
        indexes = [
            # archiving.expire: what is over.
            models.Index(fields=["expires_at"], name="sourcing_archive_expiry"),
        ]

    def __str__(self) -> str:
        return f"archive {self.pk}"


stored_files.go_with_row(PersonArchive)
