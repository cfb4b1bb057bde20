"""A mailbox lent: its owner lets one named member send from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import Mailbox


class MailboxLoan(TenantModel):
    """One permission, open while ``withdrawn_at`` is empty; asked again in ``begin``, under its row lock."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="loans")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lent_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("user"),
            # Also serves ``lending.may_send_from``: is there an open loan of this mailbox to this person.
            models.UniqueConstraint(
                fields=["mailbox", "user"],
                condition=Q(withdrawn_at__isnull=True),
                name="outreach_loan_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"loan {self.pk}"
