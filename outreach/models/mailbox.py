"""A connected e-mail account: how to reach it, how it is, and when it may send next."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.states import MailboxStatus


class Security(models.TextChoices):
    """How the line is protected."""

    TLS = "tls", "TLS from the start"
    STARTTLS = "starttls", "STARTTLS"
    NONE = "none", "None (only for a server on the same machine)"


class LoginKind(models.TextChoices):
    """How Beckon logs in at the mail servers."""

    PASSWORD = "password", "Other (SMTP + IMAP)"
    GOOGLE = "google", "Google"
    MICROSOFT = "microsoft", "Microsoft 365"


class Mailbox(TenantModel):
    """One e-mail account with an owner. The password is sealed in ``secret`` and never shown again.

    The row is also the mailbox's capacity: ``next_send_at`` (gap and limits), and the lease of the worker that
    is sending from it (``leased_by``, ``lease_until``; database time). See docs/architecture.md, "Sending".
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    address = models.EmailField(max_length=320)
    display_name = models.CharField(max_length=200, blank=True)
    #: Plain text under each message (``outreach.signatures``).
    signature = models.TextField(blank=True)
    #: Where answers go instead of ``address``; an alias that is delivered into this mailbox.
    reply_to = models.EmailField(max_length=320, blank=True)
    is_default = models.BooleanField(default=False)

    #: A password in ``secret``, or a provider's permission in ``OAuthGrant``.
    login = models.CharField(max_length=10, choices=LoginKind, default=LoginKind.PASSWORD)
    smtp_host = models.CharField(max_length=255)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=10, choices=Security, default=Security.STARTTLS)
    smtp_username = models.CharField(max_length=320)
    imap_host = models.CharField(max_length=255)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=10, choices=Security, default=Security.TLS)
    imap_username = models.CharField(max_length=320)
    #: foundation.secrets: {"smtp_password": …, "imap_password": …}; empty once removed, and when signed in.
    secret = models.TextField(blank=True)

    #: When it was last linked with what is stored now; trouble with an earlier login says nothing about this one.
    linked_at = models.DateTimeField(null=True, blank=True)

    status = models.CharField(max_length=16, choices=MailboxStatus, default=MailboxStatus.CONNECTED)
    #: Why it is not connected, as a code; ``server_words`` is what the server said, for people.
    status_code = models.CharField(max_length=40, blank=True)
    server_words = models.CharField(max_length=500, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # None: the installation's setting (MAILBOX_MIN_GAP_SECONDS …).
    min_gap_seconds = models.PositiveIntegerField(null=True, blank=True)
    max_gap_seconds = models.PositiveIntegerField(null=True, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    #: Since when the account writes, as its owner says; None: since it was linked. Decides whether it is young.
    in_use_since = models.DateField(null=True, blank=True)

    #: Connections or logins that failed one after the other; decides how long the mailbox rests.
    send_failures = models.PositiveIntegerField(default=0)
    next_send_at = models.DateTimeField()
    leased_by = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    #: When a pass over all folders last ended without an error; read before write compares with it.
    read_completely_at = models.DateTimeField(null=True, blank=True)
    next_read_at = models.DateTimeField()
    read_leased_by = models.CharField(max_length=64, blank=True)
    read_lease_until = models.DateTimeField(null=True, blank=True)
    read_failures = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("owner"),
            models.UniqueConstraint(
                fields=["organisation", "owner", "address"], name="outreach_mailbox_address_once"
            ),
            models.UniqueConstraint(
                fields=["organisation", "owner"],
                condition=Q(is_default=True),
                name="outreach_mailbox_one_default",
            ),
        ]
        indexes = [
            # The tick: which usable mailboxes may send now.
            models.Index(
                fields=["next_send_at"], condition=Q(status="connected"), name="outreach_mailbox_ready"
            ),
            # The reader: which mailboxes are due.
            models.Index(
                fields=["next_read_at"], condition=Q(status="connected"), name="outreach_mailbox_unread"
            ),
        ]

    @property
    def own_addresses(self) -> frozenset[str]:
        """Lower-case addresses by which its owner writes: what comes from them is no answer."""
        return frozenset({self.address.lower(), self.reply_to.lower()} - {""})

    @property
    def smtp_server(self) -> str:
        """The server that slots are counted by, ``host:port``."""
        return f"{self.smtp_host.lower()}:{self.smtp_port}"

    @property
    def imap_server(self) -> str:
        """The same for reading."""
        return f"{self.imap_host.lower()}:{self.imap_port}"

    def __str__(self) -> str:
        return self.address


class MailboxFolder(TenantModel):
    """One IMAP folder that is read, and how far: a checkpoint moved last (docs/architecture.md, "Inbound")."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(max_length=255)
    is_sent = models.BooleanField(default=False)
    uidvalidity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            models.UniqueConstraint(fields=["mailbox", "name"], name="outreach_folder_once"),
        ]

    def __str__(self) -> str:
        return self.name
