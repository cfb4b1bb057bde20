"""What outreach knows of a campaign: a lane that may be held, limited per day, and closed on some days."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel


class Lane(TenantModel):
    """A group of messages that are held together. ``held`` is empty while they may leave."""

    #: Reason code; ``held_text`` is the sentence for people ("Paused by Alice").
    held = models.CharField(max_length=40, blank=True)
    held_text = models.CharField(max_length=300, blank=True)
    #: Messages per calendar day in ``zone``; None: no limit of its own.
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    #: 0 = Monday … 6 (as ``sending_days``); empty: every day.
    allowed_days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    #: Whether ``holidays`` follows the organisation's list.
    obeys_holidays = models.BooleanField(default=False)
    #: Copied from the organisation's list and hours (``outreach.closing``), so that ``begin`` reads one row.
    holidays = ArrayField(models.DateField(), default=list, blank=True)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    #: Its messages carry a hidden picture that tells when they are opened (``outreach.opens``).
    track_opens = models.BooleanField(default=False, db_default=False)
    #: For fairness: equal lanes of a mailbox take turns.
    last_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        indexes = [
            # Lanes of a mailbox that may send are few; held ones are never looked at.
            models.Index(fields=["organisation", "id"], condition=Q(held=""), name="outreach_lane_open"),
        ]

    def __str__(self) -> str:
        return f"lane {self.pk}"


class LaneDay(TenantModel):
    """How many messages of a lane began on one calendar day of its zone; raised in ``begin`` with ``used < limit``."""

    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    used = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("lane"),
            models.UniqueConstraint(fields=["lane", "date"], name="outreach_laneday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.used}"
