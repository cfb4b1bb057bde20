"""How far we have read what changed at a vendor."""

from __future__ import annotations

from django.db import models

from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection


class Pull(TenantModel):
    """The place in one connection's change feed; a row of its own, so that moving on is no edit of the connection."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="pull")
    #: ``ChangePage.cursor`` of the last page taken in; empty before the first.
    cursor = models.TextField(blank=True)
    run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    #: When the feed was last read to its end.
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("run"),
        ]

    def __str__(self) -> str:
        return f"pull of {self.connection_id}"
