"""Which company of another system is meant by the name of one here."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection
from integrations.states import LinkState
from sourcing.models import Candidate


class CompanyMatch(TenantModel):
    """A company there, chosen or made for one person, or without a candidate for everybody with that company's name."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="companies")
    candidate = models.ForeignKey(
        Candidate, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    #: The name here, without case and needless spaces: whoever changes companies is not concerned any more.
    spelling = models.CharField(max_length=300)
    #: ``creating`` is committed before the vendor is asked to make it; until it has, ``remote_id`` is what was chosen
    #: before, or empty, and does not count.
    state = models.CharField(max_length=10, choices=LinkState, default=LinkState.LINKED)
    remote_id = models.CharField(max_length=200, blank=True)
    remote_name = models.CharField(max_length=300, blank=True)
    creating_since = models.DateTimeField(null=True, blank=True)
    #: Companies like it seen before that create: none of them is ours.
    look_alikes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("candidate"),
            SameOrganisation("chosen_by"),
            models.UniqueConstraint(
                fields=["connection", "spelling", "candidate"],
                nulls_distinct=False,
                name="integrations_company_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remote_name or self.spelling} ({self.remote_id or '…'})"
