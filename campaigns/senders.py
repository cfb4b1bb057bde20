"""From which mailbox a campaign may be sent, and what stands against it.

A campaign is sent from a mailbox of its owner, or from one that is lent to its owner by name (``outreach.lending``).
"""

from __future__ import annotations

from django.db.models import QuerySet

from campaigns.models import Campaign
from outreach import lending
from outreach.models import Mailbox
from outreach.states import MAY_SEND, MailboxStatus, Reason

#: Why a campaign's lane is held when its sender is the reason; such a campaign goes on by itself.
HELD_FOR_SENDER = frozenset({Reason.MAILBOX_RECONNECT, Reason.MAILBOX_REMOVED, Reason.MAILBOX_WITHDRAWN})


def choices(campaign: Campaign) -> QuerySet[Mailbox]:
    """The mailboxes the campaign may be sent from, its owner's default first."""
    rows = Mailbox.objects.for_organisation(campaign.organisation_id).exclude(status=MailboxStatus.REMOVED)
    return rows.filter(lending.usable_by(campaign.owner)).order_by("-is_default", "address", "pk")


def may_use(campaign: Campaign, mailbox: Mailbox) -> bool:
    """Whether the campaign's owner may send from this mailbox."""
    return lending.may_send_from(mailbox, campaign.owner_id)


def problem(campaign: Campaign) -> str:
    """Why nothing can be sent from its mailbox now, as a sentence that says what to do; empty when it can."""
    mailbox = campaign.mailbox
    if mailbox is None:
        return "Choose the e-mail account it is sent from (Settings)."
    if mailbox.status == MailboxStatus.REMOVED:
        return f"{mailbox.address} was removed: link it again, or choose another e-mail account (Settings)."
    if not may_use(campaign, mailbox):
        return f"{mailbox.address} is not lent to {campaign.owner.name}: choose another account (Settings)."
    if mailbox.status == MailboxStatus.PAUSED:
        return f"{mailbox.address} is paused; Outreach Settings say why and until when."
    if mailbox.status not in MAY_SEND:
        return f"{mailbox.address} is not connected: link it again in Outreach Settings."
    return ""
