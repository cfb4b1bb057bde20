"""One organisation's link to one vendor account."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from integrations import registry
from integrations.states import ConnectionStatus


class Connection(TenantModel):
    """One vendor account. ``vendor`` is a slug of ``integrations.registry``, checked there, without choices here."""

    vendor = models.CharField(max_length=40)
    #: What tells it from another account at the same vendor; empty while the vendor's name is enough.
    name = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=16, choices=ConnectionStatus, default=ConnectionStatus.DRAFT)
    #: Ticked on the Capabilities tab: "export", "pools".
    capabilities = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    #: foundation.secrets; empty until entered and again once removed.
    secret = models.TextField(blank=True)
    #: Hash of vendor and credential: names the account to the pace keeper; each is connected once.
    account = models.CharField(max_length=64, blank=True)
    #: Hash of the vendor's own name for the account, where a call tells it (``Connector.account_id``).
    account_there = models.CharField(max_length=64, blank=True)
    #: What the verification said, line by line: [{"check", "state": "ok"|"failed"|"waiting", "text"}].
    verification = models.JSONField(default=list, blank=True)
    verification_run = models.ForeignKey(
        "foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: When making the test record was last begun and not confirmed: it is looked for before it is made again.
    test_record_tried_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    #: "Source" field of exported people (docs/behaviour.md §7).
    source_label = models.CharField(max_length=100, default="Beckon")
    #: Job status whitelist: ids of the vendor's statuses whose jobs are offered; none means all of them.
    job_statuses = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    #: What is shown of companies there, ids of ``list_company_fields``: further information, and a warning.
    company_info = models.CharField(max_length=200, blank=True)
    company_warning = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    #: The vendor asked us to wait: no item of this connection is taken before.
    not_before = models.DateTimeField(null=True, blank=True)
    #: Who refreshes the access token in ``secret`` at the moment (``access_tokens``); one at a time.
    token_leased_by = models.CharField(max_length=32, blank=True)
    token_lease_until = models.DateTimeField(null=True, blank=True)
    #: Why it needs a person, in the vendor's words.
    trouble = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            SameOrganisation("verification_run"),
            # Two clicks on Connect make one connection, and no two are called the same; a removed one keeps its
            # links and logs beside a new one.
            models.UniqueConstraint(
                "organisation",
                "vendor",
                Lower("name"),
                condition=~Q(status=ConnectionStatus.REMOVED),
                name="integrations_connection_called_once",
            ),
            # The same key twice would pull and push everybody twice.
            models.UniqueConstraint(
                fields=["organisation", "account"],
                condition=~Q(status=ConnectionStatus.REMOVED) & ~Q(account=""),
                name="integrations_connection_account_once",
            ),
            models.UniqueConstraint(
                fields=["organisation", "account_there"],
                condition=~Q(status=ConnectionStatus.REMOVED) & ~Q(account_there=""),
                name="integrations_connection_account_there_once",
            ),
        ]

    @property
    def verified(self) -> bool:
        """Works as far as we know: the green check."""
        return self.status == ConnectionStatus.CONNECTED

    @property
    def live(self) -> bool:
        """Not removed."""
        return self.status != ConnectionStatus.REMOVED

    @property
    def label(self) -> str:
        """What pages call it: the name of the system, with its own behind it in brackets where it has one."""
        system = registry.display_name(self.vendor)
        if not self.name:
            return system
        return self.name if system.casefold() in self.name.casefold() else f"{system} ({self.name})"

    def __str__(self) -> str:
        return f"{self.label} ({self.get_status_display()})"


class VendorIdentity(TenantModel):
    """Who a user is at the vendor ("my SourceWhale e-mail"); without a row it is the login e-mail."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="identities")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=320)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("user"),
            models.UniqueConstraint(fields=["connection", "user"], name="integrations_identity_once"),
        ]

    def __str__(self) -> str:
        return self.email
