"""What stands around the content of every tab of a campaign."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from accounts.permissions import Right, can, viewer_of
from campaigns.models import Campaign, Recipient, Step
from sourcing import project_roles
from sourcing import selectors as people
from sourcing.models import ProjectRole

TABS = (("overview", "Overview"), ("steps", "Steps"), ("recipients", "Recipients"), ("settings", "Settings"))


def campaign_frame(request: HttpRequest, campaign: Campaign, active: str) -> dict[str, object]:
    """What every tab of a campaign shows around its content."""
    counts = {
        "steps": Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).count(),
        "recipients": Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .count(),
    }
    role = people.role_in(viewer_of(request), campaign.project)
    editor = project_roles.includes(role, ProjectRole.EDITOR)
    return {
        "campaign": campaign,
        "may_edit": editor and can(request.user, Right.CAMPAIGN_EDIT),
        "may_start": editor and can(request.user, Right.CAMPAIGN_START),
        "nav_active": "projects",
        "tabs": [
            {
                "label": label,
                "url": reverse(f"campaigns:{name}", args=[campaign.pk]),
                "active": name == active,
                "count": counts.get(name),
            }
            for name, label in TABS
        ],
    }
