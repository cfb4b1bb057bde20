"""The life of a campaign: started, paused, resumed, completed. What it consists of is ``campaigns.editing``.

Every click is safe to repeat: a second Start, Pause or Resume finds the campaign where the first one put it
and changes nothing (docs/behaviour.md §2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import planning, readiness, replanning, senders, sequence, standing, texts
from campaigns.models import Campaign, Recipient, Step
from campaigns.replanning import Work
from campaigns.states import ACTIVE, GOING, CampaignStatus, StepKind, check_campaign
from foundation import events
from foundation.problems import Invalid, Problem
from outreach.models import Message
from outreach.outbox import queue
from outreach.sending_days import NoAllowedDay
from outreach.states import STOPPABLE, Reason


class NotReady(Problem):
    """The campaign cannot start; the text says what is missing, all of it at once."""

    code: ClassVar[str] = "campaign_not_ready"
    status: ClassVar[int] = 422


@dataclass(frozen=True)
class Paused:
    """What Pause answers: ids of messages that were already being handed to the mail server."""

    campaign: Campaign
    in_flight: tuple[int, ...]


def missing_for_start(campaign: Campaign) -> list[str]:
    """What keeps this campaign from starting, as sentences; empty when nothing does."""
    missing = senders.problems(campaign)
    steps = list(sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id))
    if not steps:
        missing.append("Write at least one step.")
    first_mail = next((step for step in steps if step.kind == StepKind.EMAIL), None)
    for step in steps:
        missing += _missing_in(step, begins_thread=step.new_thread or step is first_mail)
    missing += _no_day_left(campaign)
    if not Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).exists():
        missing.append("Add people first (Recipients).")
    return missing


def _missing_in(step: Step, *, begins_thread: bool) -> list[str]:
    what = "text" if step.kind == StepKind.EMAIL else "note of what is to be done"
    missing = []
    for text in texts.in_use(step):
        which = f"Step {step.position}{text.named}"
        if not text.body.strip():
            missing.append(f"{which} has no {what}.")
        if step.kind == StepKind.EMAIL and begins_thread and not text.subject.strip():
            missing.append(f"{which} has no subject.")
        missing += [f"{which}: {problem}" for problem in readiness.problems_of(step, text)]
    return missing


def _no_day_left(campaign: Campaign) -> list[str]:
    """A campaign whose weekdays and holidays leave no date would wait for ever."""
    rules = planning.timing_of(campaign)
    try:
        rules.days.next_allowed(rules.days.local_date(timezone.now()))
    except NoAllowedDay:
        return ["The ticked days and the holidays leave no day to send on (Settings)."]
    return []


@transaction.atomic
def start(*, campaign: Campaign, actor: User, now: datetime) -> Campaign:
    """Begin the grace (docs/behaviour.md §1): answers at once, recipients are planned by a run.

    No first minute is before the end of the grace counted from now. Raises :class:`NotReady`. A campaign that
    is already under way is returned as it is.
    """
    require(actor, Right.CAMPAIGN_START)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status != CampaignStatus.DRAFT:
        return campaign
    missing = missing_for_start(campaign)
    if missing:
        raise NotReady(" ".join(missing), missing=missing)
    _move(campaign, CampaignStatus.STARTING)
    campaign.started_at, campaign.started_by = now, actor
    campaign.grace_until = now + planning.grace_of(campaign.organisation)
    campaign.save(update_fields=["status", "started_at", "started_by", "grace_until"])
    replanning.plan_everybody(campaign, Work(replanning.RESUME, now), actor=actor)
    return campaign


@transaction.atomic
def pause(
    *,
    campaign: Campaign,
    actor: User | None,
    now: datetime,
    code: str = "paused",
    text: str = "",
    resume_at: datetime | None = None,
) -> Paused:
    """Nothing leaves from the moment this returns, except the messages it names.

    With ``resume_at``, a later moment, it goes on by itself then; pausing a paused campaign again only sets that.
    ``code`` and ``text`` say why when it was not a person ("mailbox_reconnect"). What was written but not yet
    claimed goes back to being planned, so that Resume renders and plans it anew.
    """
    if actor is not None:
        require(actor, Right.CAMPAIGN_START)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if resume_at is not None and resume_at <= now:
        raise Invalid("That moment is past.", fields={"resume_at": "Choose a later moment."})
    if campaign.status == CampaignStatus.PAUSED and actor is not None:
        campaign.resume_at = resume_at
        campaign.save(update_fields=["resume_at"])
    if campaign.status not in ACTIVE:
        return Paused(campaign, ())
    campaign.paused_from = campaign.status
    _move(campaign, CampaignStatus.PAUSED)
    campaign.paused_at, campaign.paused_by, campaign.resume_at = now, actor, resume_at
    campaign.save(update_fields=["status", "paused_from", "paused_at", "paused_by", "resume_at"])
    text = text or (f"Paused by {actor.name}" if actor else "Paused")
    in_flight = queue.hold_lane(lane_id=campaign.lane_id, code=code, text=text, now=now)
    waiting = (
        Message.objects.for_organisation(campaign.organisation_id)
        .filter(lane_id=campaign.lane_id, status__in=STOPPABLE)
        .values_list("pk", flat=True)
    )
    queue.cancel(message_ids=list(waiting), reason=Reason.CAMPAIGN_HELD, now=now)
    return Paused(campaign, tuple(in_flight))


@transaction.atomic
def resume(*, campaign: Campaign, actor: User | None, now: datetime) -> Campaign:
    """Go on: what is planned at or after now + grace stays, the rest is planned anew; never a burst."""
    if actor is not None:
        require(actor, Right.CAMPAIGN_START)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status != CampaignStatus.PAUSED:
        return campaign
    if problem := senders.problem(campaign):
        raise NotReady(problem)
    _move(campaign, CampaignStatus(campaign.paused_from or CampaignStatus.RUNNING))
    campaign.paused_at, campaign.paused_by, campaign.paused_from, campaign.resume_at = None, None, "", None
    campaign.grace_until = max(campaign.grace_until or now, now + planning.grace_of(campaign.organisation))
    campaign.save(
        update_fields=["status", "paused_at", "paused_by", "paused_from", "resume_at", "grace_until"]
    )
    replanning.plan_everybody(campaign, Work(replanning.RESUME, now), actor=actor)
    return campaign


def resume_due(*, now: datetime) -> int:
    """Resume the campaigns whose pause was to end by now; how many. One that cannot stays paused and says why."""
    rows = Campaign.objects.across_organisations("the clock is everybody's").filter(
        status=CampaignStatus.PAUSED, resume_at__lte=now
    )
    resumed = 0
    for campaign in rows.order_by("resume_at", "pk")[:100]:
        try:
            resume(campaign=campaign, actor=None, now=now)
        except NotReady as problem:
            _cannot_resume(campaign, str(problem), now)
        else:
            resumed += 1
    return resumed


@transaction.atomic
def _cannot_resume(campaign: Campaign, text: str, now: datetime) -> None:
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    campaign.resume_at = None
    campaign.save(update_fields=["resume_at"])
    queue.hold_lane(
        lane_id=campaign.lane_id, code=Reason.MAILBOX_RECONNECT, text=f"Not resumed. {text}", now=now
    )


def end_of_grace(*, now: datetime) -> int:
    """``starting`` → ``running`` for every campaign whose grace is over; how many."""
    check_campaign(CampaignStatus.STARTING, CampaignStatus.RUNNING)
    return (
        Campaign.objects.across_organisations("the clock is everybody's")
        .filter(Campaign.grace_over(now))
        .update(status=CampaignStatus.RUNNING)
    )


def complete_finished() -> int:
    """Complete campaigns whose last recipient ended without anybody noticing; how many."""
    idle = (
        Campaign.objects.across_organisations("the sweep repairs every organisation")
        .filter(status=CampaignStatus.RUNNING)
        .exclude(recipients__progress__in=[p.value for p in GOING])
        .values_list("pk", "organisation_id")
    )
    return sum(standing.complete_if_done(pk, organisation_id=organisation) for pk, organisation in idle)


def _move(campaign: Campaign, to: CampaignStatus) -> None:
    check_campaign(campaign.status, to)
    campaign.status = to
    events.emit(
        "campaign.changed",
        organisation_id=campaign.organisation_id,
        subject=f"campaign:{campaign.pk}",
        campaign_id=campaign.pk,
    )
