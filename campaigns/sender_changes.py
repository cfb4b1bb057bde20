"""What a campaign does when something happens to its mailbox: it pauses with the reason, and goes on by itself.

Going on is Resume: what is overdue is planned anew, so a mailbox that comes back after days brings no burst
(docs/behaviour.md §1).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import lifecycle, senders, standing
from campaigns.models import Campaign
from campaigns.senders import HELD_FOR_SENDER
from campaigns.states import ACTIVE, CampaignStatus
from foundation.problems import Conflict, Invalid
from outreach.models import Mailbox
from outreach.outbox import queue
from outreach.states import MAY_SEND, MailboxStatus, Reason


@transaction.atomic
def mailbox_changed(*, organisation_id: int, mailbox_id: int, now: datetime) -> None:
    """A broken or removed mailbox pauses its campaigns with that reason; a mended one lets exactly those go on.

    A mailbox that is only paused for a while holds its messages by itself.
    """
    mailbox = Mailbox.objects.for_organisation(organisation_id).filter(pk=mailbox_id).first()
    if mailbox is None:
        return
    campaigns = _of(mailbox)
    if mailbox.status in MAY_SEND:
        _go_on(campaigns, now=now)
    elif mailbox.status == MailboxStatus.REMOVED:
        text = f"{mailbox.address} was removed; link it again or choose another sender"
        _stop(campaigns, Reason.MAILBOX_REMOVED, text, now=now)
    elif mailbox.status == MailboxStatus.NEEDS_RECONNECT:
        _stop(campaigns, Reason.MAILBOX_RECONNECT, f"{mailbox.address} has to be linked again", now=now)


@transaction.atomic
def loan_changed(*, organisation_id: int, mailbox_id: int, user_id: int, now: datetime) -> None:
    """What the borrower's campaigns do when the mailbox is lent to them, or no longer is."""
    mailbox = Mailbox.objects.for_organisation(organisation_id).filter(pk=mailbox_id).first()
    if mailbox is None:
        return
    campaigns = _of(mailbox).filter(owner_id=user_id)
    first = campaigns.first()
    if first is None:
        return
    if senders.may_use(first, mailbox):
        if mailbox.status in MAY_SEND:
            _go_on(campaigns, now=now)
    else:
        text = f"{mailbox.owner.name} no longer lends {mailbox.address}; choose another sender"
        _stop(campaigns, Reason.MAILBOX_WITHDRAWN, text, now=now)


@transaction.atomic
def change(*, campaign: Campaign, mailbox: Mailbox, actor: User, now: datetime) -> Campaign:
    """Choose another sender; a campaign that waited for one goes on from it, planned anew.

    Later steps continue their threads from the new address. Raises Conflict while it is sending, Invalid for a
    mailbox that its owner may not send from.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status in ACTIVE:
        raise Conflict("Pause the campaign first: what is planned has to be planned anew.")
    if not senders.choices(campaign).filter(pk=mailbox.pk).exists():
        text = f"{campaign.owner.name} may not send from this account."
        raise Invalid(text, fields={"mailbox": text})
    campaign.mailbox = mailbox
    campaign.save(update_fields=["mailbox"])
    waits = campaign.status == CampaignStatus.PAUSED and campaign.lane.held in HELD_FOR_SENDER
    if waits and mailbox.status in MAY_SEND:
        return lifecycle.resume(campaign=campaign, actor=actor, now=now)
    if waits and mailbox.status == MailboxStatus.NEEDS_RECONNECT:
        text = f"{mailbox.address} has to be linked again"
        queue.hold_lane(lane_id=campaign.lane_id, code=Reason.MAILBOX_RECONNECT, text=text, now=now)
    return campaign


def _of(mailbox: Mailbox) -> QuerySet[Campaign]:
    rows = Campaign.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
    return rows.select_related("lane", "mailbox__owner", "owner").order_by("pk")


def _go_on(campaigns: QuerySet[Campaign], *, now: datetime) -> None:
    for campaign in campaigns.filter(status=CampaignStatus.PAUSED, lane__held__in=HELD_FOR_SENDER):
        if not senders.problem(campaign):
            lifecycle.resume(campaign=campaign, actor=None, now=now)


def _stop(campaigns: QuerySet[Campaign], reason: Reason, text: str, *, now: datetime) -> None:
    for campaign in campaigns.filter(status__in=[s.value for s in ACTIVE]):
        lifecycle.pause(campaign=campaign, actor=None, now=now, code=reason, text=text)
    # One reason may follow another: an account that had to be linked again is removed instead.
    for campaign in campaigns.filter(status=CampaignStatus.PAUSED, lane__held__in=HELD_FOR_SENDER - {reason}):
        queue.hold_lane(lane_id=campaign.lane_id, code=reason, text=text, now=now)
