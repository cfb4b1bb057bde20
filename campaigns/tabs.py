"""What campaigns bring to sourcing's pages: the Outreach tab of a project, marks on rows, a bulk action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from accounts.models import User
from accounts.permissions import Right
from campaigns.models import Campaign, Recipient
from campaigns.states import badge
from sourcing import slots
from sourcing.models import Project


def campaign_count(project: Project, viewer: User) -> int | None:
    """How many campaigns the tab holds."""
    return (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(project=project, archived_at__isnull=True)
        .count()
    )


def outreach_marks(candidate_ids: Collection[int], viewer: User) -> Mapping[int, list[slots.Mark]]:
    """The person's latest standing in a campaign, with the campaign's name below."""
    rows = (
        Recipient.objects.for_organisation(viewer.organisation_id)
        .filter(candidate_id__in=candidate_ids)
        .select_related("campaign")
        .order_by("-pk")
    )
    marks: dict[int, list[slots.Mark]] = defaultdict(list)
    for recipient in rows:
        if not marks[recipient.candidate_id]:
            marks[recipient.candidate_id].append(
                slots.Mark(
                    label=badge(recipient.progress, recipient.hold),
                    note=recipient.campaign.name,
                    url=f"/campaigns/{recipient.campaign_id}/recipients/",
                )
            )
    return marks


slots.project_tab(
    id="outreach",
    label="Outreach",
    order=20,
    right=Right.CAMPAIGN_VIEW,
    url_name="campaigns:of_project",
    count=campaign_count,
)
slots.candidate_mark(
    id="outreach", label="Outreach", order=10, right=Right.CAMPAIGN_VIEW, marks=outreach_marks
)
slots.bulk_action(
    id="add_to_campaign",
    label="Add to campaign",
    order=20,
    right=Right.CAMPAIGN_EDIT,
    url_name="campaigns:add_from_project",
    icon="send",
)
