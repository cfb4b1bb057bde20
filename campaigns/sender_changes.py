"""What a campaign does when something happens to a mailbox it is sent from: it pauses with the reason, and goes on by
itself. A mailbox that only one of its steps names counts like its own.

Going on is Resume: what is overdue is planned anew, so a mailbox that comes back after days brings no burst
(docs/behaviour.md §1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import lifecycle, senders, sequence, standing
from campaigns.models import Campaign
from campaigns.senders import HELD_FOR_SENDER
from campaigns.states import ACTIVE, CampaignStatus, StepKind
from foundation.problems import Conflict, Missing
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
def change(
    *,
    campaign: Campaign,
    mailbox: Mailbox | None,
    actor: User,
    now: datetime,
    steps: Mapping[int, Mailbox | None] | None = None,
) -> Campaign:
    """Choose another sender, and with ``steps`` (step id → mailbox, None the campaign's) other ones for those steps.

    A campaign that waited for a sender goes on, planned anew, once nothing is amiss with any of them. Later steps
    continue their threads from the new address. Raises Conflict while it is sending, Invalid for a mailbox that its
    owner may not send from, Missing for a step that is not its own.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status in ACTIVE:
        raise Conflict("Pause the campaign first: what is planned has to be planned anew.")
    senders.require_usable(campaign, mailbox)
    campaign.mailbox = mailbox
    campaign.save(update_fields=["mailbox"])
    for step_id, own in (steps or {}).items():
        _set_own(campaign, step_id, own)
    if campaign.status == CampaignStatus.PAUSED and campaign.lane.held in HELD_FOR_SENDER:
        if not senders.problem(campaign):
            return lifecycle.resume(campaign=campaign, actor=actor, now=now)
        _tell_what_is_left(campaign, now=now)
    return campaign


def _set_own(campaign: Campaign, step_id: int, mailbox: Mailbox | None) -> None:
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id)
    step = steps.filter(pk=step_id, kind=StepKind.EMAIL).first()
    if step is None:
        raise Missing("There is no such e-mail step.")
    if step.mailbox_id != (mailbox.pk if mailbox else None):
        senders.require_usable(campaign, mailbox)
        step.mailbox = mailbox
        step.save(update_fields=["mailbox"])


def _tell_what_is_left(campaign: Campaign, *, now: datetime) -> None:
    """The campaign still waits for a sender: the reason is that of the first one that cannot send."""
    for mailbox in [campaign.mailbox, *(step.mailbox for step in senders.own_senders(campaign))]:
        if mailbox is not None and mailbox.status == MailboxStatus.NEEDS_RECONNECT:
            text = f"{mailbox.address} has to be linked again"
            queue.hold_lane(lane_id=campaign.lane_id, code=Reason.MAILBOX_RECONNECT, text=text, now=now)
            return


def _of(mailbox: Mailbox) -> QuerySet[Campaign]:
    rows = Campaign.objects.for_organisation(mailbox.organisation_id).filter(senders.sent_from(mailbox))
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
