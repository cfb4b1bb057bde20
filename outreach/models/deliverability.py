"""The check whether mail from a mailbox is likely to arrive (``outreach.deliverability``)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import Mailbox
from outreach.models.message import Message


class DeliverabilityCheck(TenantModel):
    """The last check of one mailbox: records of its domain, and the test mail to itself. Facts only; what they mean is
    said by ``deliverability_rules`` when they are shown."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="deliverability")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    #: When the name servers are to be asked (again); None: nothing is to be done.
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    looked_up_at = models.DateTimeField(null=True, blank=True)
    #: ``deliverability_rules.Facts``.
    facts = models.JSONField(default=dict)
    test_message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    returned_at = models.DateTimeField(null=True, blank=True)
    #: ``deliverability_rules.Returned``; None while the test mail is not back.
    returned = models.JSONField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("asked_by"),
            SameOrganisation("test_message"),
        ]
        indexes = [
            # The clock: which checks wait for the name servers.
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="outreach_deliverability_due"
            ),
        ]

    def __str__(self) -> str:
        return f"check {self.pk}"
