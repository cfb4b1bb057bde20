"""Reads that pages and the API share. Everything is of the viewer's organisation; the rest is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from campaigns import addressing, choosing, overriding, senders, sequence, waiting, writing
from campaigns import scheduled as planned_steps
from campaigns.models import Attempt, Campaign, ManualTask, Recipient, Step, StepChange
from campaigns.reactions import answered_step
from campaigns.states import (
    AttemptOutcome,
    Hold,
    Progress,
    StepKind,
    StepStatus,
    TaskOutcome,
    badge,
    step_status,
)
from foundation.problems import Missing
from outreach.inbound import selectors as inbox
from outreach.outbox import scheduled
from outreach.outbox.explaining import Explainer
from outreach.outbox.scheduled import NO_ACTS, Acts
from outreach.selectors import address_for, text_for
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
        .select_related(
            "campaign__project",
            "campaign__mailbox",
            "campaign__lane",
            "campaign__owner",
            "candidate",
            "next_step__mailbox",
            "added_by",
            "interest_by",
            "open_attempt__message",
        )
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
    """One line of a recipient's timeline: a step, to which address, how it stands, and why not yet.

    ``acts`` are what the viewer may do to a step still to come; ``by_hand`` says that this one was edited.
    """

    position: int
    subject: str
    status: StepStatus
    address: str
    at: datetime | None
    why: str
    until: datetime | None
    message_id: int | None
    acts: Acts = NO_ACTS
    by_hand: bool = False
    #: The letter of the text, where the step has several.
    variant: str = ""


#: Taken back before anything left, to be planned anew: not worth a line of its own.
_TAKEN_BACK = {Reason.CAMPAIGN_HELD, Reason.RECIPIENT_HELD}


def timeline(
    recipient: Recipient, *, viewer: User, now: datetime, may_edit: bool = False, may_start: bool = False
) -> list[StepLine]:
    """Every attempt, then every step still to come, in order; private addresses are named only to their owner.

    ``may_edit`` and ``may_start``, the viewer's rights in the campaign, decide what a step still to come offers.
    """
    attempts = list(
        Attempt.objects.for_organisation(recipient.organisation_id)
        .select_related("step", "message__mailbox", "message__lane")
        .filter(recipient=recipient)
        .order_by("pk")
    )
    answered = answered_step(recipient) if recipient.progress == Progress.REPLIED else None
    explainer = Explainer(now)
    lines = [
        _attempt_line(
            attempt,
            viewer=viewer,
            explainer=explainer,
            answered=attempt.pk == answered,
            may=(may_edit, may_start),
        )
        for attempt in attempts
        if attempt.message.reason_code not in _TAKEN_BACK
    ]
    changes = list(recipient.step_changes.select_related("step", "changed_by").order_by("step__position"))
    lines += [_left_out(change) for change in changes if change.skipped_at is not None]
    lines = sorted(lines + _tasks_done(recipient), key=lambda line: line.at or now)
    if recipient.progress in {Progress.NOT_STARTED, Progress.STARTED}:
        edited = {change.step_id for change in changes if change.edited}
        lines += [
            _coming(recipient, step, explainer, step.pk in edited, may=(may_edit, may_start))
            for step in _still_to_come(recipient)
        ]
    return lines


def _tasks_done(recipient: Recipient) -> list[StepLine]:
    rows = (
        ManualTask.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient)
        .exclude(outcome=TaskOutcome.OPEN)
        .select_related("step", "done_by")
    )
    return [
        StepLine(
            position=task.step.position,
            subject=task.step.subject or str(StepKind(task.step.kind).label),
            status=StepStatus.DONE if task.outcome == TaskOutcome.DONE else StepStatus.SKIPPED,
            address="",
            at=task.done_at,
            why=f"{task.done_by.name if task.done_by else 'Somebody'}{': ' if task.note else ''}{task.note[:200]}",
            until=None,
            message_id=None,
        )
        for task in rows
    ]


def _attempt_line(
    attempt: Attempt, *, viewer: User, explainer: Explainer, answered: bool, may: tuple[bool, bool]
) -> StepLine:
    message = attempt.message
    why, until, acts = message.reason_text, None, Acts()
    if message.status in WAITING:
        explanation = explainer.why(message)
        why, until = explanation.text, explanation.until
        acts = scheduled.acts_on(viewer, message, may_edit=may[0], may_start=may[1])
    return StepLine(
        position=attempt.step.position,
        subject=text_for(viewer, message, message.subject),
        status=step_status(attempt.outcome, answered=answered),
        address=address_for(viewer, message),
        at=message.sent_at or message.settled_at or message.planned_at,
        why=text_for(viewer, message, why) or attempt.address_rule,
        until=until,
        message_id=message.pk,
        acts=acts,
        by_hand=message.text_by_hand,
        variant=attempt.variant,
    )


def _left_out(change: StepChange) -> StepLine:
    who = f" by {change.changed_by.name}" if change.changed_by else ""
    return StepLine(
        position=change.step.position,
        subject=change.step.subject,
        status=StepStatus.SKIPPED,
        address="",
        at=change.skipped_at,
        why=f"Cancelled{who}.",
        until=None,
        message_id=None,
    )


def _still_to_come(recipient: Recipient) -> list[Step]:
    """The steps that have neither a message nor an end: from the planned one on, or behind the one that is written."""
    if recipient.next_step is None and recipient.start_at is not None:
        return []
    steps = sequence.steps_of(recipient.campaign_id, organisation_id=recipient.organisation_id)
    if recipient.next_step is not None:
        behind = "position__gt" if recipient.open_attempt_id is not None else "position__gte"
        steps = steps.filter(**{behind: recipient.next_step.position})
    return list(steps)


def _coming(
    recipient: Recipient, step: Step, explainer: Explainer, edited: bool, *, may: tuple[bool, bool]
) -> StepLine:
    planned = step.pk == recipient.next_step_id and recipient.planned_at is not None
    days = f"{step.days} day{'s' if step.days != 1 else ''} after the step before it."
    why, until = days if step.position > 1 else "When the campaign starts.", None
    before = recipient.next_step
    if before is not None and before.pk != step.pk and before.kind != StepKind.EMAIL:
        why = f"{why} {Reason.OPEN_TASK.label}"
    may_edit, may_start = may
    acts = Acts()
    if step.kind == StepKind.EMAIL:
        acts = planned_steps.acts_on(recipient, step.pk, may_edit=may_edit, may_start=may_start)
    if planned:
        explanation = waiting.why_not_yet(recipient, explainer=explainer)
        why, until = explanation.text, explanation.until
    elif recipient.open_attempt_id is not None:
        acts = Acts()
    else:
        acts = Acts(edit=acts.edit)
    return StepLine(
        position=step.position,
        subject=(
            writing.subject_for(recipient, step)
            if step.kind == StepKind.EMAIL
            else step.subject or str(StepKind(step.kind).label)
        ),
        status=StepStatus.PENDING,
        address="",
        at=recipient.planned_at if planned else None,
        why=why,
        until=until,
        message_id=None,
        acts=acts,
        by_hand=edited,
        variant=writing.own_text(recipient, step).letter if step.kind == StepKind.EMAIL else "",
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


def override_line(recipient: Recipient, *, viewer: User) -> str:
    """:func:`address_set` when it is none of the profile's that the viewer sees."""
    told = address_set(recipient, viewer=viewer)
    if told and any(known.text == told for known in choosing.addresses_of(recipient)):
        return ""
    return told


def address_set(recipient: Recipient, *, viewer: User) -> str:
    """The address set for this campaign, empty if its rules choose; another user's private one stays hidden."""
    text = recipient.override_address
    if not text:
        return ""
    owners = {known.private_to for known in choosing.addresses_of(recipient) if known.text == text}
    return PRIVATE if owners and not owners & {None, viewer.pk} else text


def profile_words(recipient: Recipient) -> dict[str, str]:
    """What the person is called where nothing was said for this campaign (``overriding.FIELDS``)."""
    return writing.variables_for(recipient.campaign, recipient.candidate, used=overriding.FIELDS.keys())


def inbox_url(recipient: Recipient, *, viewer: User) -> str:
    """The newest mail of the person's conversation with the campaign's senders; empty without one."""
    newest = inbox.newest_of(
        viewer, candidate_id=recipient.candidate_id, mailbox_ids=senders.conversing(recipient)
    )
    return reverse("outreach:inbound", args=[newest]) if newest is not None else ""
