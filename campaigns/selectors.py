"""Reads that pages and the API share. Everything is of the viewer's organisation; the rest is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from campaigns import addressing, choosing
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.reactions import answered_step
from campaigns.states import AttemptOutcome, Hold, Progress, StepStatus, badge, step_status
from foundation.problems import Missing
from outreach.outbox.queue import why_not_yet
from outreach.states import WAITING, Reason
from sourcing import selectors as people
from sourcing.models import ContactPoint, ProjectRole

PRIVATE = "private address"


def campaigns(viewer: User) -> QuerySet[Campaign]:
    """Campaigns that are not archived, newest first, with counts ``people`` and ``replies``.

    Those of a project that is hidden from the viewer do not exist for them, here as in every look-up below.
    """
    recipients = (
        Recipient.objects.for_organisation(viewer.organisation_id)
        .filter(campaign=OuterRef("pk"))
        .order_by()
        .values("campaign")
        .annotate(count=Count("pk"))
        .values("count")
    )
    replied = recipients.filter(progress=Progress.REPLIED)
    return (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(people.of_visible_project(viewer), archived_at__isnull=True)
        .select_related("project", "owner", "mailbox")
        # In the list of columns they are counted for the rows of the page only.
        .annotate(people=Coalesce(Subquery(recipients), 0), replies=Coalesce(Subquery(replied), 0))
        .order_by("-pk")
    )


def named(viewer: User, text: str) -> QuerySet[Campaign]:
    """Campaigns whose name holds ``text``, newest first, with their project and without counts."""
    return (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .filter(people.of_visible_project(viewer), archived_at__isnull=True, name__icontains=text)
        .select_related("project")
        .order_by("-pk")
    )


def campaign_for(viewer: User, campaign_id: int, *, role: ProjectRole = ProjectRole.COMMENTER) -> Campaign:
    """One campaign with project, mailbox and lane; raises Missing, and NotAllowed below ``role`` in its project."""
    found = (
        Campaign.objects.for_organisation(viewer.organisation_id)
        .select_related("project", "owner", "mailbox", "lane", "organisation", "started_by", "paused_by")
        .filter(people.of_visible_project(viewer), pk=campaign_id)
        .first()
    )
    if found is None:
        raise Missing("There is no such campaign.")
    _needs(viewer, found.project_id, role)
    return found


def step_for(
    viewer: User, campaign_id: int, step_id: int, *, role: ProjectRole = ProjectRole.COMMENTER
) -> Step:
    """One step of one campaign; raises Missing, and NotAllowed below ``role`` in its project."""
    found = (
        Step.objects.for_organisation(viewer.organisation_id)
        .select_related("campaign")
        .filter(people.of_visible_project(viewer, "campaign__project"), pk=step_id, campaign_id=campaign_id)
        .first()
    )
    if found is None:
        raise Missing("There is no such step.")
    _needs(viewer, found.campaign.project_id, role)
    return found


def recipient_for(viewer: User, recipient_id: int, *, role: ProjectRole = ProjectRole.COMMENTER) -> Recipient:
    """One recipient with campaign and person; raises Missing, and NotAllowed below ``role`` in its project."""
    found = (
        Recipient.objects.for_organisation(viewer.organisation_id)
        .select_related("campaign__project", "campaign__mailbox", "candidate", "next_step", "added_by")
        .filter(people.of_visible_project(viewer, "campaign__project"), pk=recipient_id)
        .first()
    )
    if found is None:
        raise Missing("There is no such recipient.")
    _needs(viewer, found.campaign.project_id, role)
    return found


def _needs(viewer: User, project_id: int, role: ProjectRole) -> None:
    """Whoever sees a project may look at its campaigns; more than that is asked of the project."""
    if role is not ProjectRole.COMMENTER:
        people.project_for(viewer, project_id, role=role)


def recipients(campaign: Campaign, *, word: str = "") -> QuerySet[Recipient]:
    """People of a campaign in the order they were added, optionally of one standing: a progress or a hold."""
    rows = (
        Recipient.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .select_related("candidate", "next_step")
    )
    if word in Progress.values:
        rows = rows.filter(progress=word, hold=Hold.NONE)
    elif word in Hold.values and word != Hold.NONE:
        rows = rows.filter(hold=word)
    return rows.order_by("pk")


def candidate_ids(campaign: Campaign) -> QuerySet[Recipient, int]:
    """Ids of everybody in the campaign."""
    rows = Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign)
    return rows.values_list("candidate_id", flat=True)


def word_of(recipient: Recipient) -> str:
    """The word on the recipient's badge."""
    return badge(
        recipient.progress,
        recipient.hold,
        until=recipient.hold_until.date() if recipient.hold_until else None,
    )


@dataclass(frozen=True)
class StepLine:
    """One line of a recipient's timeline: a step, to which address, how it stands, and why not yet."""

    position: int
    subject: str
    status: StepStatus
    address: str
    at: datetime | None
    why: str
    until: datetime | None
    message_id: int | None


#: Taken back before anything left, to be planned anew: not worth a line of its own.
_TAKEN_BACK = {Reason.CAMPAIGN_HELD, Reason.RECIPIENT_HELD}


def timeline(recipient: Recipient, *, viewer: User, now: datetime) -> list[StepLine]:
    """Every attempt, then every step still to come, in order; private addresses are named only to their owner."""
    attempts = list(
        Attempt.objects.for_organisation(recipient.organisation_id)
        .select_related("step", "message__mailbox", "message__lane")
        .filter(recipient=recipient)
        .order_by("pk")
    )
    answered = answered_step(recipient) if recipient.progress == Progress.REPLIED else None
    lines = [
        _attempt_line(attempt, viewer=viewer, now=now, answered=attempt.pk == answered)
        for attempt in attempts
        if attempt.message.reason_code not in _TAKEN_BACK
    ]
    if recipient.progress in {Progress.NOT_STARTED, Progress.STARTED}:
        lines += _coming(recipient, now)
    return lines


def _attempt_line(attempt: Attempt, *, viewer: User, now: datetime, answered: bool) -> StepLine:
    message = attempt.message
    why, until = message.reason_text, None
    if message.status in WAITING:
        explanation = why_not_yet(message=message, now=now)
        why, until = explanation.text, explanation.until
    private = message.private_to_id is not None and message.private_to_id != viewer.pk
    return StepLine(
        position=attempt.step.position,
        subject=message.subject,
        status=step_status(attempt.outcome, answered=answered),
        address=PRIVATE if private else message.to_address,
        at=message.sent_at or message.settled_at or message.planned_at,
        why=why or attempt.address_rule,
        until=until,
        message_id=message.pk,
    )


def _coming(recipient: Recipient, now: datetime) -> list[StepLine]:
    if recipient.next_step is None or recipient.open_attempt_id is not None:
        after = recipient.next_step.position if recipient.next_step else 0
        steps = Step.objects.for_organisation(recipient.organisation_id).filter(
            campaign_id=recipient.campaign_id, position__gt=after
        )
        if recipient.next_step is None and recipient.start_at is not None:
            return []
        return [
            _step_line(
                step, None, "After the step before it." if step.position > 1 else "When the campaign starts."
            )
            for step in steps.order_by("position")
        ]
    steps = Step.objects.for_organisation(recipient.organisation_id).filter(
        campaign_id=recipient.campaign_id, position__gte=recipient.next_step.position
    )
    lines = []
    for step in steps.order_by("position"):
        if step.pk == recipient.next_step_id:
            why = recipient.hold_text or _why_planned(recipient, now)
            lines.append(_step_line(step, recipient.planned_at, why))
        else:
            days = f"{step.days} day{'s' if step.days != 1 else ''}"
            lines.append(_step_line(step, None, f"{days} after the step before it."))
    return lines


def _why_planned(recipient: Recipient, now: datetime) -> str:
    if recipient.campaign.status == "paused":
        return "The campaign is paused."
    if recipient.planned_at and recipient.planned_at <= now:
        return "Its turn has come; the mailbox sends one after the other."
    return recipient.plan_text


def _step_line(step: Step, at: datetime | None, why: str) -> StepLine:
    return StepLine(
        position=step.position,
        subject=step.subject,
        status=StepStatus.PENDING,
        address="",
        at=at,
        why=why,
        until=at,
        message_id=None,
    )


@dataclass(frozen=True)
class AddressLine:
    """One address in the recipient dialogue: whether it is the one in use, and why it cannot be used."""

    point: ContactPoint
    current: bool
    problem: str


def addresses(recipient: Recipient, *, viewer: User) -> list[AddressLine]:
    """The addresses the viewer may see, in relevance order."""
    starter = choosing.starter_of(recipient)
    burnt = set(
        Attempt.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient, outcome=AttemptOutcome.HARD)
        .values_list("address", flat=True)
    )
    lines = []
    for known in choosing.addresses_of(recipient):
        if known.private_to is not None and known.private_to != viewer.pk:
            continue
        problem = addressing.unusable_by_hand(known, starter=starter)
        words = problem.value if problem else ""
        if known.text in burnt and not words:
            words = addressing.Unusable.ALREADY_BOUNCED_HERE.value
        lines.append((known, words))
    points = {p.pk: p for p in people.contact_points(viewer=viewer, candidate=recipient.candidate)}
    return [
        AddressLine(point=points[known.id], current=known.text == recipient.address, problem=words)
        for known, words in lines
        if known.id in points
    ]
