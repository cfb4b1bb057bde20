"""What stands around the content of every tab of a campaign."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Right, can, viewer_of
from campaigns import replanning, senders, sequence
from campaigns.models import Campaign, Recipient
from sourcing import project_roles
from sourcing import selectors as people
from sourcing.models import ProjectRole

#: Name and words of each tab, and the right its page asks for.
TABS = (
    ("overview", "Overview", Right.CAMPAIGN_VIEW),
    ("steps", "Steps", Right.CAMPAIGN_VIEW),
    ("recipients", "Recipients", Right.CAMPAIGN_VIEW),
    ("calendar", "Calendar", Right.CAMPAIGN_VIEW),
    ("settings", "Settings", Right.CAMPAIGN_EDIT),
)


def _grace_left(campaign: Campaign) -> int:
    """Whole seconds until the first message may leave; 0 when nothing waits for that."""
    now = timezone.now()
    if campaign.grace_until is None or not campaign.in_grace(now):
        return 0
    return max(1, int((campaign.grace_until - now).total_seconds()))


def campaign_frame(request: HttpRequest, campaign: Campaign, active: str) -> dict[str, object]:
    """What every tab of a campaign shows around its content."""
    counts = {
        "steps": sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id).count(),
        "recipients": Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .count(),
    }
    role = people.role_in(viewer_of(request), campaign.project)
    editor = project_roles.includes(role, ProjectRole.EDITOR)
    return {
        "campaign": campaign,
        "grace_left": _grace_left(campaign),
        "planning": campaign.lane.held_text if campaign.lane.held == replanning.BEING_PLANNED else "",
        "may_edit": editor and can(request.user, Right.CAMPAIGN_EDIT),
        "may_start": editor and can(request.user, Right.CAMPAIGN_START),
        "nav_active": "projects",
        # Such a campaign goes on by itself; until then Resume would only be refused.
        "waits_for_sender": campaign.lane.held in senders.HELD_FOR_SENDER,
        "tabs": [
            {
                "label": label,
                "url": reverse(f"campaigns:{name}", args=[campaign.pk]),
                "active": name == active,
                "count": counts.get(name),
            }
            for name, label, right in TABS
            if can(request.user, right)
        ],
    }
