"""One person among the campaigns: where they stand in each, and which they can be added to."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from campaigns import selectors
from campaigns.models import Campaign, Recipient
from campaigns.states import GOING, UNDER_WAY, CampaignStatus
from sourcing.models import Candidate
from sourcing.selectors import editable_projects, of_visible_project


def recipients_of(viewer: User, candidate: Candidate) -> QuerySet[Recipient]:
    """Where the person stands in the campaigns the viewer may open, the last first; merged and archived ones left
    out."""
    return (
        Recipient.objects.for_organisation(viewer.organisation_id)
        .filter(
            of_visible_project(viewer, "campaign__project"),
            candidate=candidate,
            campaign__archived_at__isnull=True,
            merged_into__isnull=True,
        )
        .select_related("campaign")
        .order_by("-pk")
    )


def is_running(recipient: Recipient) -> bool:
    """Whether messages to them may still follow in this campaign."""
    return recipient.progress in GOING and recipient.campaign.status in UNDER_WAY


def open_to(viewer: User, *, named: str = "") -> QuerySet[Campaign]:
    """Campaigns that are not over and whose people the viewer may change, by name when one is asked for; the newest
    first."""
    return (
        selectors.named(viewer, named)
        .filter(project__in=editable_projects(viewer))
        .exclude(status=CampaignStatus.COMPLETED)
    )
