"""What would happen: the text of a step for a real person, and the answer Start gives before it is pressed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns import addressing, choosing, planning, timing, writing
from campaigns.models import Campaign, Recipient, Step
from outreach import rendering

#: A link that goes nowhere: previews are not unsubscribe links.
SAMPLE_LINK = "https://unsubscribe.example/"


@dataclass(frozen=True)
class Preview:
    """A rendered step for ``person``, or the problem that keeps it from being rendered."""

    person: str
    text: rendering.Rendered | None
    problem: str


def of_step(step: Step) -> Preview | None:
    """The step for the first person of the campaign; None while the campaign has nobody."""
    recipient = (
        Recipient.objects.for_organisation(step.organisation_id)
        .select_related("candidate", "campaign__project", "campaign__mailbox", "campaign__owner")
        .filter(campaign_id=step.campaign_id)
        .order_by("pk")
        .first()
    )
    if recipient is None:
        return None
    name = recipient.candidate.name
    try:
        text = writing.render_step(
            recipient.campaign, step, recipient.candidate, unsubscribe_link=SAMPLE_LINK
        )
    except rendering.TemplateProblem as problem:
        return Preview(person=name, text=None, problem=str(problem))
    return Preview(person=name, text=text, problem="")


def problems(step: Step) -> list[str]:
    """What is wrong with the text itself, whoever it goes to."""
    return rendering.problems(step.subject, step.body)


#: Start looks at this many people's addresses; with more, the numbers are said to be of the first ones.
LOOKED_AT = 2_000


def of_start(campaign: Campaign, *, now: datetime) -> dict[str, object]:
    """What the Start page says: how many are written to, how many have no usable address, when the first leaves."""
    people = list(
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .order_by("pk")[:LOOKED_AT]
    )
    for recipient in people:
        recipient.campaign = campaign
    choices = choosing.choose_for(people)
    without = sum(isinstance(choice, addressing.NoAddress) for choice in choices.values())
    first = planning.first_step(campaign)
    plan = None
    if first is not None and people:
        rules = planning.timing_of(campaign)
        plan = min(
            (timing.first_send(rules, start=now, seed=r.seed, step=str(first.pk)) for r in people),
            key=lambda found: found.instant,
        )
    return {
        "people": len(people),
        "more": len(people) == LOOKED_AT,
        "reachable": len(people) - without,
        "without": without,
        "first_plan": plan,
        "grace_minutes": int(planning.grace_of(campaign.organisation).total_seconds() // 60),
    }
