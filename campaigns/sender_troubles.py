"""What stands against the mailboxes of some campaigns, as the banners of a project's Outreach tab say it (seed 002)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import Role, User
from campaigns import senders
from campaigns.models import Campaign
from campaigns.states import CampaignStatus
from outreach import breaks, mailbox_words
from outreach.mailbox_words import Health
from outreach.models import Mailbox
from outreach.states import MailboxStatus


@dataclass(frozen=True)
class SenderTrouble:
    """One mailbox that does not work, and the campaigns that wait for it.

    ``link_url`` is where the viewer links it again, empty if that is not theirs to do; ``choose`` are campaigns that
    ask for another sender.
    """

    mailbox: Mailbox
    campaigns: list[Campaign]
    health: Health
    link_url: str
    choose: list[Campaign]

    @property
    def one(self) -> bool:
        """Whether a single campaign waits."""
        return len(self.campaigns) == 1


def of(campaigns: Iterable[Campaign], *, viewer: User, now: datetime) -> list[SenderTrouble]:
    """The troubles of these campaigns' mailboxes; three queries for any number of healthy ones."""
    open_ones = [campaign for campaign in campaigns if campaign.status != CampaignStatus.COMPLETED]
    by_mailbox, mailboxes = _by_mailbox(open_ones)
    broken: dict[int, set[str]] = defaultdict(set)
    for each in breaks.standing(viewer.organisation_id or 0, list(by_mailbox), now=now):
        broken[each.mailbox_id].add(each.side)
    found = []
    for mailbox_id, theirs in by_mailbox.items():
        mailbox = mailboxes[mailbox_id]
        health = mailbox_words.health(mailbox, broken=broken[mailbox_id])
        if health.code not in {"connected", "paused_by_limit"}:
            found.append(_trouble(mailbox, theirs, health, viewer))
            continue
        withdrawn = [campaign for campaign in theirs if not senders.may_use(campaign, mailbox)]
        if withdrawn:
            found.append(_trouble(mailbox, withdrawn, _NOT_LENT, viewer))
    return found


def _by_mailbox(campaigns: list[Campaign]) -> tuple[dict[int, list[Campaign]], dict[int, Mailbox]]:
    """Mailbox id → the campaigns that are sent from it or have a step that is; and the mailboxes themselves."""
    theirs: dict[int, list[Campaign]] = defaultdict(list)
    mailboxes: dict[int, Mailbox] = {}
    named = defaultdict(list)
    for step in senders.named_by_steps(campaigns):
        named[step.campaign_id].append(step.mailbox)
    for campaign in campaigns:
        for mailbox in [campaign.mailbox, *named[campaign.pk]]:
            if mailbox is not None and campaign not in theirs[mailbox.pk]:
                theirs[mailbox.pk].append(campaign)
                mailboxes[mailbox.pk] = mailbox
    return theirs, mailboxes


_NOT_LENT = Health(
    "not_lent",
    "Not lent",
    "Its owner does not lend it (any more).",
    "Choose another sender, or ask its owner.",
)


def _trouble(mailbox: Mailbox, campaigns: list[Campaign], health: Health, viewer: User) -> SenderTrouble:
    mine = mailbox.owner_id == viewer.pk
    link_url = ""
    if mailbox.status == MailboxStatus.NEEDS_RECONNECT and (mine or viewer.role == Role.ADMIN):
        link_url = reverse("outreach:mailbox_reconnect", args=[mailbox.pk])
    elif mailbox.status == MailboxStatus.REMOVED and mine:
        link_url = reverse("outreach:mailbox_new")
    asks = health.code in {"removed", "not_lent", "needs_relinking"}
    return SenderTrouble(mailbox, campaigns, health, link_url, campaigns if asks else [])
