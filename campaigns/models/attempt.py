"""Each attempt at a step."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign
from campaigns.models.recipient import Recipient
from campaigns.models.step import Step
from campaigns.states import AttemptOutcome
from foundation.tenancy import BusyTenantModel, SameOrganisation, TenantModel
from outreach.models import Message
from sourcing.models import ContactPoint


class Attempt(BusyTenantModel):
    """One step to one address for one recipient; the only owner of the next move while it is open.

    ``live`` is False once it can be repeated to the same address (a soft failure that is tried again).
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="attempts")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    step_version = models.PositiveIntegerField(default=1)
    #: The letter of the text it was written from; empty: the step had one text, or this one was written by hand.
    variant = models.CharField(max_length=1, blank=True, default="", db_default="")
    #: Whether that was drawn among several texts: only those are compared.
    drawn = models.BooleanField(default=False, db_default=False)
    try_number = models.PositiveSmallIntegerField(default=1)
    address = models.CharField(max_length=320)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="attempt")
    outcome = models.CharField(max_length=12, choices=AttemptOutcome, default=AttemptOutcome.OPEN)
    #: Which rule chose this address, for people (docs/behaviour.md §3).
    address_rule = models.CharField(max_length=200, blank=True)
    live = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    folded_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("campaign"),
            SameOrganisation("step"),
            SameOrganisation("contact_point"),
            SameOrganisation("message"),
            models.UniqueConstraint(
                fields=["recipient", "step", "address"], condition=Q(live=True), name="campaigns_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["campaign", "step", "address"],
                condition=Q(live=True),
                name="campaigns_attempt_address",
            ),
        ]
        indexes = [
            # The sweep: attempts whose message is settled but not yet folded, or may be proved to be sent.
            models.Index(
                fields=["id"],
                condition=Q(outcome__in=["open", "uncertain"]),
                name="campaigns_attempt_unfolded",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
