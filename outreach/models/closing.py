"""When nobody sends: an organisation's holidays, and the hours of the day it sends in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel


class Holiday(TenantModel):
    """One day of the organisation's list; campaigns that obey it send nothing on that date of their own zone."""

    date = models.DateField()
    name = models.CharField(max_length=100)
    #: Who made the row; who changes it stands in the trail.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("date",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["organisation", "date"], name="outreach_holiday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class OfficeHours(TenantModel):
    """The hours of an organisation in which campaigns send, in each campaign's zone. No row: at any hour."""

    opens = models.TimeField()
    closes = models.TimeField()
    #: Who made the row; who changes it stands in the trail.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["organisation"], name="outreach_officehours_once"),
            models.CheckConstraint(
                condition=Q(opens__lt=F("closes")), name="outreach_officehours_open_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"
