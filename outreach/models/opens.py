"""Loads of the hidden picture of a message: only for campaigns that ask for them, without address or program."""

from __future__ import annotations

from django.db import models

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.message import Message
from outreach.opening import Opener


class Open(TenantModel):
    """One kind of opener of one message: how often, first and last. However often it is asked for, it stays one row."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="opens", db_index=False)
    opener = models.CharField(max_length=12, choices=Opener)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("message"),
            # Also the index of a message's opens.
            models.UniqueConstraint(fields=["message", "opener"], name="outreach_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.opener} {self.times}"
