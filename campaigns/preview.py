"""What would happen: the text of a step for a real person, and the answer Start gives before it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from campaigns import addressing, calendar, choosing, planning, senders, sequence, writing
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import StepKind
from outreach import rendering
from outreach.previews import SAMPLE_LINK, Preview
from sourcing import selectors as people
from sourcing.models import Candidate

#: People of the campaign that the preview offers; anybody else is found by name.
OFFERED = 50


def of_step(step: Step, *, viewer: User, candidate_id: int | None = None) -> Preview | None:
    """The step for ``candidate_id`` (anybody the viewer may see), else for the first person of the campaign.

    None while the campaign has nobody. A person of the campaign gets it with what was said for them alone.
    """
    recipient = _recipient(step, candidate_id)
    if recipient is not None:
        return for_recipient(step, recipient)
    if candidate_id is None:
        return None
    candidate = people.candidate_for(viewer, candidate_id)
    campaign = _with_sender(step.campaign)
    return _preview(
        candidate,
        lambda link: writing.render_step(campaign, step, candidate, unsubscribe_link=link),
        step=step,
        campaign=campaign,
    )


def for_recipient(step: Step, recipient: Recipient) -> Preview:
    """The step as this person will read it, with what was said for them alone."""
    recipient.campaign = _with_sender(step.campaign)
    return _preview(
        recipient.candidate,
        lambda link: writing.render_for(recipient, step, unsubscribe_link=link),
        step=step,
        campaign=recipient.campaign,
    )


@dataclass(frozen=True)
class Part:
    """One step of a whole sequence for one person: from whom, which text, its minute, or the problem."""

    step: Step
    sender: str
    variant: str
    preview: Preview
    at: datetime | None
    about: bool


def of_sequence(campaign: Campaign, recipient: Recipient, *, now: datetime) -> list[Part]:
    """All standing steps for one recipient; those already sent, or beyond the calendar, without a minute."""
    shown = calendar.of_campaign(campaign, now=now)
    coming = {shown.steps[entry.stage].pk: entry for entry in shown.planned if entry.person == recipient.pk}
    parts = []
    steps = sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id).select_related("mailbox")
    addresses = senders.addresses_of(campaign, steps)
    for step in steps:
        entry = coming.get(step.pk)
        text = for_recipient(step, recipient)
        letter = writing.own_text(recipient, step).letter
        at, about = (entry.at, entry.about) if entry else (None, False)
        parts.append(Part(step, addresses[step.pk], letter, text, at, about))
    return parts


def _preview(
    candidate: Candidate, render: Callable[[str], rendering.Rendered], *, step: Step, campaign: Campaign
) -> Preview:
    """An e-mail with the way out and the sender's signature; a manual task has neither."""
    mailed = step.kind == StepKind.EMAIL
    try:
        text = render(SAMPLE_LINK if mailed else "")
    except rendering.TemplateProblem as problem:
        return Preview(candidate.pk, candidate.name, None, str(problem))
    sender = senders.of_step(campaign, step) if mailed else None
    signature = sender.signature if sender is not None else ""
    return Preview(candidate.pk, candidate.name, text, signature=signature)


def choices(campaign: Campaign) -> list[tuple[int, str]]:
    """Ids and names of the first people of the campaign, to look at the text as they would get it."""
    rows = Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)
    found = rows.select_related("candidate").order_by("pk")[:OFFERED]
    return [(recipient.candidate_id, recipient.candidate.name) for recipient in found]


def _recipient(step: Step, candidate_id: int | None) -> Recipient | None:
    rows = Recipient.objects.for_organisation(step.organisation_id).filter(
        campaign_id=step.campaign_id, merged_into__isnull=True
    )
    if candidate_id is not None:
        rows = rows.filter(candidate_id=candidate_id)
    return rows.select_related("candidate").order_by("pk").first()


def _with_sender(campaign: Campaign) -> Campaign:
    return (
        Campaign.objects.for_organisation(campaign.organisation_id)
        .select_related("project", "mailbox", "owner__organisation")
        .get(pk=campaign.pk)
    )


#: Start looks at this many people's addresses; with more, the numbers are said to be of the first ones.
LOOKED_AT = 2_000
#: Up to so many people the Start page itself says when; with more that comes in a second answer.
WHEN_AT_ONCE = 300


def of_start(campaign: Campaign) -> dict[str, object]:
    """What the Start page says at once: how many are written to, how many have no usable address."""
    everybody = list(
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .order_by("pk")[:LOOKED_AT]
    )
    for recipient in everybody:
        recipient.campaign = campaign
    choices = choosing.choose_for(everybody)
    without = sum(isinstance(choice, addressing.NoAddress) for choice in choices.values())
    return {
        "people": len(everybody),
        "more": len(everybody) == LOOKED_AT,
        "reachable": len(everybody) - without,
        "without": without,
        "when_later": len(everybody) > WHEN_AT_ONCE,
        "grace_minutes": int(planning.grace_of(campaign.organisation).total_seconds() // 60),
    }


def when_of_start(campaign: Campaign, *, now: datetime) -> dict[str, object]:
    """The first and the last minute of the next weeks, and how many leave on each day."""
    shown = calendar.of_campaign(campaign, now=now)
    fullest = shown.busiest or 1
    return {
        "calendar": shown,
        "first": shown.messages[0] if shown.messages else None,
        "last": shown.messages[-1] if shown.messages else None,
        "days": [(day, round(100 * day.messages / fullest, 1)) for day in shown.days],
        "total": sum(day.messages for day in shown.days),
        "tasks": sum(day.tasks for day in shown.days),
    }
