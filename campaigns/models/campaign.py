"""A campaign with its settings, and what the new ones of a project begin with."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from campaigns.addressing import Prefer
from campaigns.states import CampaignStatus
from campaigns.timing import Preference
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models import Lane, Mailbox
from sourcing.models import Project


class Campaign(TenantModel):
    """Steps, a sender and settings inside a project (docs/behaviour.md, "Words"). Ours; never a remote campaign."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lane = models.OneToOneField(Lane, on_delete=models.PROTECT, related_name="campaign")
    status = models.CharField(max_length=12, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    preference = models.CharField(max_length=16, choices=Preference, default=Preference.WHEN_STARTED)
    #: Only with Preference.SPECIFIC_TIME: 00:00–23:45 in 15-minute steps.
    specific_time = models.TimeField(null=True, blank=True)
    #: IANA name; starts as the zone of the user who starts the campaign.
    zone = models.CharField(max_length=64, default="UTC")
    #: 0 = Monday … 6; empty: every day.
    allowed_days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    prefer = models.CharField(max_length=14, choices=Prefer, default=Prefer.NO_PREFERENCE)
    #: *If preferred email address type isn't available, don't send to other address types* (seed 002).
    strict_type = models.BooleanField(default=False)
    #: Nothing is sent on the days of the organisation's holiday list (``outreach.closing``).
    obeys_holidays = models.BooleanField(default=False)
    #: The words before the unsubscribe link; empty: the usual ones.
    unsubscribe_text = models.CharField(max_length=200, blank=True)
    #: Stop rule: when somebody replies, the others at the same company wait for a word (row C14).
    hold_company = models.BooleanField(default=False)
    #: Who was written to within this many days is left out unless ticked (row C17); 0: nobody is.
    recent_days = models.PositiveSmallIntegerField(default=30)

    #: Off unless somebody asks for it; the lane has it too.
    track_opens = models.BooleanField(default=False, db_default=False)

    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: End of the grace counted from the press; no first message before it.
    grace_until = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: Resume by itself at this moment (row A46); None: somebody presses Resume.
    resume_at = models.DateTimeField(null=True, blank=True)
    #: Where Resume returns to.
    paused_from = models.CharField(max_length=12, choices=CampaignStatus, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("owner"),
            SameOrganisation("mailbox"),
            SameOrganisation("lane"),
            SameOrganisation("started_by"),
            SameOrganisation("paused_by"),
        ]
        indexes = [
            # The feed: running campaigns of a mailbox.
            models.Index(
                fields=["mailbox"],
                condition=Q(status__in=["starting", "running"]),
                name="campaigns_campaign_running",
            ),
            # The tick: pauses that end by themselves.
            models.Index(
                fields=["resume_at"],
                condition=Q(status="paused", resume_at__isnull=False),
                name="campaigns_campaign_resumes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def in_grace(self, now: datetime) -> bool:
        """Started a moment ago: nothing may leave yet. The stored status follows with the next tick."""
        return (
            self.status == CampaignStatus.STARTING and self.grace_until is not None and now < self.grace_until
        )

    @staticmethod
    def grace_over(now: datetime) -> Q:
        """The same line from its other side: ``starting`` and no longer in its grace."""
        return Q(status=CampaignStatus.STARTING, grace_until__lte=now)


class ProjectOutreach(TenantModel):
    """What new campaigns of a project begin with: the defaults of its *Outreach Settings* tab. No row: none."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    prefer = models.CharField(max_length=14, choices=Prefer, default=Prefer.NO_PREFERENCE)
    strict_type = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("project")]

    def __str__(self) -> str:
        return f"outreach of project {self.project_id}"
