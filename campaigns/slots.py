"""Places on campaign pages that the rooms above fill (as ``sourcing.slots``): campaigns imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accounts.models import User
from campaigns.models import Campaign
from sourcing.slots import Registry, Slot


@dataclass(frozen=True, kw_only=True)
class CampaignSection(Slot):
    """A section below a campaign's own settings: ``template`` is included with ``content``, what ``context`` returns;
    None leaves it out."""

    template: str
    context: Callable[[Campaign, User], Mapping[str, object] | None]


campaign_section: Registry[CampaignSection] = Registry(CampaignSection)


def sections_of(campaign: Campaign, viewer: User) -> list[dict[str, object]]:
    """What stands below the settings of this campaign for this viewer; each slot is asked once."""
    return [
        {"slot": slot, "content": content}
        for slot in campaign_section.visible(viewer)
        if (content := slot.context(campaign, viewer)) is not None
    ]
