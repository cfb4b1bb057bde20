"""Campaigns' rows about a person, for the timeline and for whoever merges or erases people."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from accounts.permissions import Right, can
from campaigns.models import Recipient
from campaigns.states import ENDED, badge
from sourcing import person_data
from sourcing.models import Candidate
from sourcing.selectors import of_visible_project


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Added to a campaign, and how it ended."""
    if not can(viewer, Right.CAMPAIGN_VIEW):
        return
    rows = (
        Recipient.objects.for_organisation(candidate.organisation_id)
        .select_related("campaign", "added_by")
        .filter(of_visible_project(viewer, "campaign__project"), candidate=candidate)
        .order_by("-pk")[:limit]
    )
    for recipient in rows:
        who = recipient.added_by.name if recipient.added_by else "Beckon"
        url = f"/campaigns/{recipient.campaign_id}/"
        yield person_data.Moment(
            at=recipient.added_at,
            icon="send",
            text=f"Added to {recipient.campaign.name}",
            note=f"by {who}",
            url=url,
        )
        if recipient.progress in ENDED and recipient.ended_at is not None:
            word = badge(recipient.progress, recipient.hold)
            tone = {"Replied": "green", "Bounced": "red"}.get(word, "")
            yield person_data.Moment(
                at=recipient.ended_at,
                icon="flag",
                text=f"{word} in {recipient.campaign.name}",
                note=recipient.ended_reason,
                tone=tone,
                url=url,
            )


person_data.register(app="campaigns", tables=[("campaigns.Recipient", "candidate")], timeline=timeline)
