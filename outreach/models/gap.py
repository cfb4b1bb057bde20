"""The gap meter: what lies in a mailbox against what was recorded of it (``outreach.inbound.gaps``)."""

from __future__ import annotations

from django.db import models

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import Mailbox


class GapMeter(TenantModel):
    """The comparison of one mailbox: when it is due, how far it is, when one last went through.

    Under way while ``begun_at`` is set and ``ended_at`` is not after it. ``leased_by`` and ``lease_until`` are a
    lease of its own, so that a long comparison never holds up the reading.
    """

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="gap_meter")
    due_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: Mail that came before this moment is not compared.
    since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    #: Why the comparison stopped, in the server's or our words; empty while it goes well.
    trouble = models.CharField(max_length=500, blank=True)
    leased_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("mailbox")]
        indexes = [
            # The clock: which comparisons are due.
            models.Index(fields=["due_at"], name="outreach_gapmeter_due"),
        ]

    @property
    def under_way(self) -> bool:
        """Begun and not yet through."""
        return self.begun_at is not None and (self.ended_at is None or self.ended_at < self.begun_at)

    def __str__(self) -> str:
        return f"gap meter {self.pk}"


class FolderGap(TenantModel):
    """One folder of the comparison that began at ``begun_at``; the figures grow while it goes on.

    ``present`` = ``recorded`` + ``fetched`` + ``left``. It is compared from the newest UID down; ``lowest_uid`` is
    how far it came, so that a line that was cut costs only what came after.
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="folder_gaps")
    name = models.CharField(max_length=255)
    uidvalidity = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    lowest_uid = models.BigIntegerField(null=True, blank=True)
    #: Mails in the folder that the reader has passed and that came within the window.
    present = models.PositiveIntegerField(default=0)
    #: Of these, known before the comparison.
    recorded = models.PositiveIntegerField(default=0)
    #: Missing, and fetched by the comparison.
    fetched = models.PositiveIntegerField(default=0)
    #: Missing still.
    left = models.PositiveIntegerField(default=0)
    #: Newer than the reader's last pass: not missing, the next pass takes them.
    waiting = models.PositiveIntegerField(default=0)
    #: The first of those that are left: ``{"uid": 7, "why": "…"}``.
    unfetched = models.JSONField(default=list)
    #: Why the folder could not be compared; empty if it could.
    trouble = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            models.UniqueConstraint(fields=["mailbox", "name"], name="outreach_foldergap_once"),
        ]

    def __str__(self) -> str:
        return self.name
