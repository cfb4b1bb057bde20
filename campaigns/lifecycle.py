"""The life of a campaign: started, paused, resumed, completed. What it consists of is ``campaigns.editing``.

Every click is safe to repeat: a second Start, Pause or Resume finds the campaign where the first one put it
and changes nothing (docs/behaviour.md §2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import planning, readiness, standing
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import ACTIVE, GOING, CampaignStatus, check_campaign
from foundation import events, runs
from foundation.models import Run
from foundation.problems import Problem
from outreach.models import Lane, Message
from outreach.outbox import queue
from outreach.states import MAY_SEND, STOPPABLE, Reason

PLANNING_BATCH = 1_000
#: The lane stays held while people are planned anew, so that nothing overdue leaves in a burst.
BEING_PLANNED = "being_planned"


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
    missing = []
    if campaign.mailbox is None:
        missing.append("Choose the e-mail account it is sent from (Settings).")
    elif campaign.mailbox.status not in MAY_SEND:
        missing.append(f"{campaign.mailbox.address} is not connected: link it again in Outreach Settings.")
    steps = list(Step.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign))
    if not steps:
        missing.append("Write at least one step.")
    for step in steps:
        if not step.body.strip():
            missing.append(f"Step {step.position} has no text.")
        if not step.subject.strip() and (step.position == 1 or step.new_thread):
            missing.append(f"Step {step.position} has no subject.")
        missing += [f"Step {step.position}: {p}" for p in readiness.problems_of(step)]
    if not Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).exists():
        missing.append("Add people first (Recipients).")
    return missing


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
    _plan_everybody(campaign, actor=actor, moment=now)
    return campaign


@transaction.atomic
def pause(
    *, campaign: Campaign, actor: User | None, now: datetime, code: str = "paused", text: str = ""
) -> Paused:
    """Nothing leaves from the moment this returns, except the messages it names.

    ``code`` and ``text`` say why when it was not a person ("mailbox_reconnect"). What was written but not yet
    claimed goes back to being planned, so that Resume renders and plans it anew.
    """
    if actor is not None:
        require(actor, Right.CAMPAIGN_START)
    campaign = standing.lock_campaign(campaign.pk, organisation_id=campaign.organisation_id)
    if campaign.status not in ACTIVE:
        return Paused(campaign, ())
    campaign.paused_from = campaign.status
    _move(campaign, CampaignStatus.PAUSED)
    campaign.paused_at, campaign.paused_by = now, actor
    campaign.save(update_fields=["status", "paused_from", "paused_at", "paused_by"])
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
    if campaign.mailbox is None or campaign.mailbox.status not in MAY_SEND:
        raise NotReady(
            "The e-mail account it is sent from is not connected: link it again in Outreach Settings."
        )
    _move(campaign, CampaignStatus(campaign.paused_from or CampaignStatus.RUNNING))
    campaign.paused_at, campaign.paused_by, campaign.paused_from = None, None, ""
    campaign.grace_until = max(campaign.grace_until or now, now + planning.grace_of(campaign.organisation))
    campaign.save(update_fields=["status", "paused_at", "paused_by", "paused_from", "grace_until"])
    _plan_everybody(campaign, actor=actor, moment=now)
    return campaign


def _plan_everybody(campaign: Campaign, *, actor: User | None, moment: datetime) -> None:
    queue.hold_lane(lane_id=campaign.lane_id, code=BEING_PLANNED, text="Being planned", now=moment)
    total = Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).count()
    runs.start(
        kind="planning",
        organisation=campaign.organisation,
        actor=actor,
        title=f"Planning “{campaign.name}”",
        subject=f"campaign:{campaign.pk}",
        total=total,
        params={"campaign_id": campaign.pk, "moment": moment.isoformat(), "after_id": 0},
    )


@runs.kind("planning")
def plan_step(run: Run) -> bool:
    """One batch of the planning run; the last one opens the lane. A campaign paused meanwhile stays held."""
    params = dict(run.params)
    campaign = (
        Campaign.objects.for_organisation(run.organisation_id)
        .select_related("organisation", "lane")
        .get(pk=params["campaign_id"])
    )
    last = planning.replan_campaign(
        campaign,
        moment=datetime.fromisoformat(params["moment"]),
        after_id=params["after_id"],
        limit=PLANNING_BATCH,
    )
    if last is not None:
        readiness.hold_planned(campaign, after_id=params["after_id"], until_id=last)
        run.params = {**params, "after_id": last}
        run.save(update_fields=["params"])
        runs.progress(run, done=min(run.total, run.done + PLANNING_BATCH))
        return True
    _open_lane(campaign.pk, campaign.organisation_id)
    runs.finish(run, result={"planned": run.total})
    return False


@transaction.atomic
def _open_lane(campaign_id: int, organisation_id: int) -> None:
    campaign = standing.lock_campaign(campaign_id, organisation_id=organisation_id)
    lane = Lane.objects.for_organisation(organisation_id).get(pk=campaign.lane_id)
    if campaign.status in ACTIVE and lane.held == BEING_PLANNED:
        queue.release_lane(lane_id=lane.pk)


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
