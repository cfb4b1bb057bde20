"""From which mailbox a campaign and each of its steps may be sent, and what stands against it.

That is a mailbox of the campaign's owner, or one that is lent to its owner by name (``outreach.lending``). A step names
one of its own or is sent from the campaign's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import StepKind
from foundation.problems import Invalid
from outreach import lending
from outreach.models import Mailbox, Message
from outreach.states import LEFT_US, MAY_SEND, MailboxStatus, Reason

#: Why a campaign's lane is held when its sender is the reason; such a campaign goes on by itself.
HELD_FOR_SENDER = frozenset({Reason.MAILBOX_RECONNECT, Reason.MAILBOX_REMOVED, Reason.MAILBOX_WITHDRAWN})


def choices(campaign: Campaign, *, also: int | None = None) -> QuerySet[Mailbox]:
    """The mailboxes the campaign may be sent from, its owner's default first; ``also`` the one it has in any case."""
    rows = Mailbox.objects.for_organisation(campaign.organisation_id)
    usable = ~Q(status=MailboxStatus.REMOVED) & lending.usable_by(campaign.owner)
    return rows.filter(usable | Q(pk=also or 0)).order_by("-is_default", "address", "pk")


def may_use(campaign: Campaign, mailbox: Mailbox) -> bool:
    """Whether the campaign's owner may send from this mailbox."""
    return lending.may_send_from(mailbox, campaign.owner_id)


def chosen(campaign: Campaign, mailbox_id: int | None) -> Mailbox | None:
    """A mailbox by its id, None for none; raises Invalid for one the campaign may not be sent from."""
    if mailbox_id is None:
        return None
    found = choices(campaign).filter(pk=mailbox_id).first()
    if found is None:
        text = f"{campaign.owner.name} may not send from this account."
        raise Invalid(text, fields={"mailbox": text})
    return found


def chosen_for_new(actor: User, mailbox_id: int | None) -> Mailbox | None:
    """The same for a campaign that ``actor`` is about to make."""
    if mailbox_id is None:
        return None
    rows = Mailbox.objects.for_organisation(actor.organisation_id).filter(lending.usable_by(actor))
    found = rows.exclude(status=MailboxStatus.REMOVED).filter(pk=mailbox_id).first()
    if found is None:
        text = f"{actor.name} may not send from this account."
        raise Invalid(text, fields={"mailbox": text})
    return found


def require_usable(campaign: Campaign, mailbox: Mailbox | None) -> None:
    """The same for a mailbox that was read already."""
    chosen(campaign, mailbox.pk if mailbox is not None else None)


def of_step(campaign: Campaign, step: Step) -> Mailbox | None:
    """The mailbox a step is sent from: its own, else the campaign's."""
    return campaign.mailbox if step.mailbox_id is None else step.mailbox


def addresses_of(campaign: Campaign, steps: Iterable[Step]) -> dict[int, str]:
    """Step id → the address it is sent from; empty for a manual task and without an account."""
    return {
        step.pk: sender.address if step.kind == StepKind.EMAIL and sender is not None else ""
        for step, sender in ((step, of_step(campaign, step)) for step in steps)
    }


def own_senders(campaign: Campaign) -> QuerySet[Step]:
    """The standing e-mail steps that are sent from a mailbox of their own, in order, with it and its owner."""
    return named_by_steps([campaign])


def named_by_steps(campaigns: Sequence[Campaign]) -> QuerySet[Step]:
    """:func:`own_senders` of several campaigns of one organisation."""
    steps = Step.objects.for_organisation(campaigns[0].organisation_id if campaigns else None)
    named = steps.filter(
        campaign__in=campaigns, kind=StepKind.EMAIL, mailbox__isnull=False, removed_at__isnull=True
    )
    return named.select_related("mailbox__owner").order_by("campaign", "position")


def mailbox_ids(campaign: Campaign) -> set[int]:
    """Every mailbox it is sent from: its own, and those its steps name."""
    found = set(own_senders(campaign).values_list("mailbox_id", flat=True)) | {campaign.mailbox_id}
    return {pk for pk in found if pk is not None}


def conversing(recipient: Recipient) -> set[int]:
    """Mailboxes in which an answer of this person to the campaign may lie: its senders, and whatever wrote to them."""
    wrote = Attempt.objects.for_organisation(recipient.organisation_id).filter(recipient=recipient)
    return mailbox_ids(recipient.campaign) | set(wrote.values_list("message__mailbox_id", flat=True))


def unreadable(campaign: Campaign) -> list[Mailbox]:
    """Accounts that wrote to people of the campaign and were removed: nobody sees whether they were answered."""
    wrote = Message.objects.for_organisation(campaign.organisation_id).filter(
        lane=campaign.lane_id, status__in=[status.value for status in LEFT_US]
    )
    removed = Mailbox.objects.for_organisation(campaign.organisation_id).filter(status=MailboxStatus.REMOVED)
    return list(removed.filter(Exists(wrote.filter(mailbox=OuterRef("pk")))).order_by("address", "pk"))


def sent_from(mailbox: Mailbox) -> Q:
    """The condition on campaigns that cannot go on without this mailbox."""
    steps = Step.objects.for_organisation(mailbox.organisation_id).filter(
        campaign=OuterRef("pk"), mailbox=mailbox, kind=StepKind.EMAIL, removed_at__isnull=True
    )
    return Q(mailbox=mailbox) | Q(Exists(steps))


def problem(campaign: Campaign) -> str:
    """The first of :func:`problems`; empty when it can be sent."""
    return next(iter(problems(campaign)), "")


def problems(campaign: Campaign) -> list[str]:
    """Why it cannot be sent now, per mailbox, as sentences that say which step it is and what to do."""
    found = [problem_of(campaign, campaign.mailbox)]
    for step in own_senders(campaign):
        said = problem_of(campaign, step.mailbox)
        if said and said not in found:
            found.append(f"Step {step.position}: {said}")
    return [each for each in found if each]


def problem_of(campaign: Campaign, mailbox: Mailbox | None) -> str:
    """Why nothing of this campaign can be sent from the mailbox now; empty when it can."""
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
