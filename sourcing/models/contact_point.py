"""E-mail addresses and phone numbers of a person, each with its type, origin and state."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import audit
from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson, candidate_key


class ContactKind(models.TextChoices):
    """How the person is reached."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"


class ContactType(models.TextChoices):
    """The letter beside it: P, W, M, O. *Business* on screen is Work (docs/behaviour.md §3)."""

    PERSONAL = "personal", "Personal"
    WORK = "work", "Work"
    MOBILE = "mobile", "Mobile"
    OTHER = "other", "Other"


class Origin(models.TextChoices):
    """How we came to know it."""

    IMPORTED = "imported", "Imported"
    ADDED = "added", "Added by hand"
    FOUND = "found", "Found"
    PULLED = "pulled", "From an ATS"
    MERGED = "merged", "Merged"


class ContactStatus(models.TextChoices):
    """What we know about whether it works."""

    UNKNOWN = "unknown", "Unknown"
    VERIFIED = "verified", "Verified"
    INVALID = "invalid", "Invalid"
    BOUNCED = "bounced", "Bounced"


class ContactPoint(OfPerson):
    """One address or number of one person.

    ``shared`` is False for one added by hand: it belongs to ``added_by`` and nobody else sees it on any page,
    search, API, export or count (seed 002; docs/behaviour.md §3). Read through ``selectors.contact_points(viewer=…)``.
    """

    candidate = candidate_key("contact_points")
    kind = models.CharField(max_length=8, choices=ContactKind)
    type = models.CharField(max_length=10, choices=ContactType, default=ContactType.OTHER)
    value = models.CharField(max_length=320)
    #: E-mail: lower-cased, IDNA; phone: E.164 where it parses. What equality means.
    normalised = models.CharField(max_length=320)
    #: Relevance order, 0 first.
    position = models.PositiveSmallIntegerField(default=0)
    origin = models.CharField(max_length=10, choices=Origin)
    source = models.CharField(max_length=200, blank=True)
    shared = models.BooleanField(default=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,  # SameOrganisation("added_by") checks it
        db_index=False,  # asked only when a user is deleted
    )
    status = models.CharField(max_length=10, choices=ContactStatus, default=ContactStatus.UNKNOWN)
    #: Why it has that state, for people: "5.1.1 mailbox does not exist".
    status_note = models.CharField(max_length=200, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    #: *Use this address first in messaging campaign* (seed 002): on a shared address for everybody.
    pinned_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    #: Raised by ``sightings`` alone.
    last_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta(OfPerson.Meta):
        triggers = audit("last_seen_at")  # a re-import of everybody is no decision about anybody
        ordering = ("position", "id")
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            SameOrganisation("added_by"),
            models.UniqueConstraint(
                fields=["candidate", "kind", "normalised"],
                condition=Q(shared=True),
                name="sourcing_contact_shared_once",
            ),
            models.UniqueConstraint(
                fields=["candidate", "kind", "normalised", "added_by"],
                condition=Q(shared=False),
                name="sourcing_contact_private_once",
            ),
            models.CheckConstraint(
                condition=Q(shared=True) | Q(added_by__isnull=False),
                name="sourcing_contact_private_has_owner",
            ),
        ]
        indexes = [
            # Matching of imports and inbound mail, and the e-mail/phone look-up of search: by normalised value.
            models.Index(fields=["organisation", "kind", "normalised"], name="sourcing_contact_lookup"),
        ]

    def __str__(self) -> str:
        return self.value
