"""A mailbox that was stopped because too much of its mail came back, or was called spam."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import Mailbox


class FuseKind(models.TextChoices):
    """What there was too much of."""

    BOUNCES = "bounces", "Bounces"
    COMPLAINTS = "complaints", "Spam complaints"


class FuseTrip(TenantModel):
    """One time the fuse of a mailbox blew, with its figures, and who let it go on and why (``outreach.fuses``)."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="fuse_trips")
    kind = models.CharField(max_length=12, choices=FuseKind)
    tripped_at = models.DateTimeField()
    #: What was counted from ``counted_from`` on: cases among messages sent.
    counted_from = models.DateTimeField()
    sent = models.PositiveIntegerField()
    cases = models.PositiveIntegerField()
    #: The first of the messages concerned; what of them a viewer may see is asked when they are shown.
    message_ids = ArrayField(models.BigIntegerField(), default=list)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("-tripped_at", "-pk")
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("released_by"),
            models.UniqueConstraint(
                fields=["mailbox"], condition=Q(released_at__isnull=True), name="outreach_fusetrip_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.cases} of {self.sent}"
