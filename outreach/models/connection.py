"""What a mailbox is reached by when its owner signed in, and every time it could not be reached."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import LoginKind, Mailbox


class OAuthGrant(TenantModel):
    """A provider's permission to use one mailbox. Written by ``transports.tokens`` only.

    ``secret`` changes with every refresh, which is work and no decision, so this table is not audited; that
    somebody linked or removed the account is told by the mailbox's own row.
    """

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="grant")
    provider = models.CharField(max_length=10, choices=LoginKind)
    #: foundation.secrets: {"access": …, "refresh": …}.
    secret = models.TextField(blank=True)
    #: When the access token ends, as the provider said.
    expires_at = models.DateTimeField()
    granted_at = models.DateTimeField()
    #: Who is asking the provider for a new token; database time.
    leased_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("mailbox")]

    def __str__(self) -> str:
        return f"{self.provider} grant {self.pk}"


class BreakSide(models.TextChoices):
    """What of a mailbox does not work."""

    ACCOUNT = "account", "The account"
    SENDING = "sending", "Sending"
    READING = "reading", "Reading"


class MailboxBreak(TenantModel):
    """One time during which a mailbox could not be used; open while ``ended_at`` is empty.

    However many tries fail meanwhile, it is one break, and people are told of it once (``BreakNotice``).
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="breaks")
    side = models.CharField(max_length=10, choices=BreakSide)
    #: The trouble's kind (``transports.base.MailboxTrouble``), or ``removed``.
    code = models.CharField(max_length=40)
    #: What the server said first.
    words = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    #: Who disconnected the account; None: a server broke it off.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("by"),
            # Also serves the pages and the notices: the open breaks, which are few.
            models.UniqueConstraint(
                fields=["mailbox", "side"],
                condition=Q(ended_at__isnull=True),
                name="outreach_break_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"break {self.pk} ({self.code})"


class BreakNotice(TenantModel):
    """One member was told of one break by e-mail."""

    mailbox_break = models.ForeignKey(MailboxBreak, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox_break"),
            SameOrganisation("user"),
            models.UniqueConstraint(fields=["mailbox_break", "user"], name="outreach_break_notice_once"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
