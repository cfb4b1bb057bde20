"""Planning everybody of a campaign anew: after Start and Resume, after new steps, after another *When to send*.

It is a Run in batches, so Start answers at once and a campaign of any size can be paused meanwhile: the lane is held
until the last batch, and nothing leaves in a burst (docs/behaviour.md §1). A run that begins while another is at work
takes over what that one had still to do. Every batch is one transaction and may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Coalesce

from accounts.models import User
from campaigns import planning, readiness, sequence, standing, timing
from campaigns.models import Attempt, Campaign, ManualTask, Recipient, Step
from campaigns.states import ACTIVE, GOING, AttemptOutcome, Progress, RecipientEvent, StepKind, TaskOutcome
from foundation import runs
from foundation.models import Run, RunStatus
from outreach.models import Lane
from outreach.outbox import queue

KIND = "planning"
BATCH = 2_000
#: The lane stays held while people are planned anew, so that nothing overdue leaves in a burst.
BEING_PLANNED = "being_planned"
#: Kinds of work, in the form in which a run stores them.
RESUME, SEQUENCE, PREFERENCE, DAYS = "resume", "sequence", "preference", "days"


@dataclass(frozen=True)
class Work:
    """One reason to plan anew. ``moment`` is when it was asked for; the rest belongs to ``SEQUENCE``:
    ``steps`` whose days were changed, and whether people who have completed go on (``revive``)."""

    mode: str
    moment: datetime
    steps: tuple[int, ...] = ()
    revive: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "moment": self.moment.isoformat(), "steps": list(self.steps)}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Work:
        """Back from JSON."""
        return replace(
            cls(**stored), moment=datetime.fromisoformat(stored["moment"]), steps=tuple(stored["steps"])
        )


def plan_everybody(campaign: Campaign, work: Work, *, actor: User | None) -> Run:
    """Begin the run that plans everybody anew; nothing of a campaign that sends leaves before its end.

    In the caller's transaction, which holds the campaign's row.
    """
    if campaign.status in ACTIVE:
        queue.hold_lane(lane_id=campaign.lane_id, code=BEING_PLANNED, text="Being planned.", now=work.moment)
    total = Recipient.objects.for_organisation(campaign.organisation_id).filter(campaign=campaign).count()
    unfinished = [each for run in _live(campaign) for each in run.params["work"]]
    return runs.start(
        kind=KIND,
        organisation=campaign.organisation,
        actor=actor,
        title=f"Planning “{campaign.name}”",
        subject=f"campaign:{campaign.pk}",
        total=total,
        params={"campaign_id": campaign.pk, "after_id": 0, "work": [*unfinished, work.stored()]},
    )


def _live(campaign: Campaign) -> list[Run]:
    rows = Run.objects.for_organisation(campaign.organisation_id).filter(
        kind=KIND, subject=f"campaign:{campaign.pk}", status__in=[RunStatus.QUEUED, RunStatus.RUNNING]
    )
    return list(rows.order_by("pk"))


@runs.kind(KIND)
def plan_step(run: Run) -> bool:
    """One batch of the planning run; the last one opens the lane. A campaign paused meanwhile stays held."""
    params = dict(run.params)
    campaign = (
        Campaign.objects.for_organisation(run.organisation_id)
        .select_related("organisation", "lane")
        .get(pk=params["campaign_id"])
    )
    if any(other.pk > run.pk for other in _live(campaign)):
        runs.finish(run, result={"taken_over": True})
        return False
    last = plan_batch(campaign, [Work.read(each) for each in params["work"]], after_id=params["after_id"])
    if last is not None:
        readiness.hold_planned(campaign, after_id=params["after_id"], until_id=last)
        run.params = {**params, "after_id": last}
        run.save(update_fields=["params"])
        runs.progress(run, done=min(run.total, run.done + BATCH))
        return True
    _open_lane(campaign.pk, campaign.organisation_id)
    runs.finish(run, result={"planned": run.total})
    return False


@transaction.atomic
def _open_lane(campaign_id: int, organisation_id: int) -> None:
    campaign = standing.lock_campaign(campaign_id, organisation_id=organisation_id)
    lane = Lane.objects.for_organisation(organisation_id).get(pk=campaign.lane_id)
    if campaign.status in ACTIVE and lane.held == BEING_PLANNED and len(_live(campaign)) <= 1:
        queue.release_lane(lane_id=lane.pk)
    standing.complete_if_done(campaign_id, organisation_id=organisation_id)


@transaction.atomic
def plan_batch(campaign: Campaign, works: Sequence[Work], *, after_id: int, limit: int = BATCH) -> int | None:
    """Do all of ``works`` for the people after ``after_id``; the last id done, None at the end.

    A crash repeats at most one batch, which changes nothing twice: what was planned from a moment is not overdue at
    that moment.
    """
    progress = {*GOING, Progress.COMPLETED} if any(work.revive for work in works) else GOING
    batch = list(
        Recipient.objects.for_organisation(campaign.organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("next_step")
        .filter(campaign=campaign, id__gt=after_id, progress__in=[p.value for p in progress])
        .order_by("id")[:limit]
    )
    if not batch:
        return None
    for recipient in batch:
        recipient.campaign = campaign
    for work in works:
        planning.plan_first_steps(
            campaign, [r for r in batch if r.start_at is None and r.progress in GOING], start_at=work.moment
        )
        _MODES[work.mode](campaign, batch, work)
    return batch[-1].pk


def _resume(_campaign: Campaign, batch: Sequence[Recipient], work: Work) -> None:
    """Move what is overdue."""
    planning.store_plans(
        [
            r
            for r in batch
            if r.progress in GOING
            and r.open_attempt_id is None
            and r.start_at != work.moment
            and planning.replan_overdue(r, moment=work.moment)
        ]
    )


# ── new steps ───────────────────────────────────────────────────────────────


def _sequence(campaign: Campaign, batch: Sequence[Recipient], work: Work) -> None:
    """Everybody's next step among those that stand now; nobody gets one twice (``campaigns.sequence``)."""
    steps = list(sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id))
    past = _Past(campaign, batch)
    rules = planning.timing_of(campaign)
    moved = []
    for recipient in batch:
        if recipient.open_attempt_id is not None or (recipient.progress not in GOING and not work.revive):
            continue
        following = sequence.next_for(steps, past.had[recipient.pk])
        if past.repeats(recipient, steps):
            continue
        if following is None:
            _complete(recipient, work.moment)
        elif _goes_to(recipient, following, work, past, rules):
            moved.append(recipient)
    planning.store_plans(moved)


def next_anew(recipient: Recipient, *, now: datetime) -> None:
    """The same for one recipient whose row the caller holds: the step it waited for was taken out."""
    campaign = (
        Campaign.objects.for_organisation(recipient.organisation_id)
        .select_related("organisation", "lane")
        .get(pk=recipient.campaign_id)
    )
    recipient.campaign = campaign
    _sequence(campaign, [recipient], Work(SEQUENCE, now))


def _goes_to(recipient: Recipient, following: Step, work: Work, past: _Past, rules: timing.Timing) -> bool:
    """Give the recipient this next step; False if nothing changes. Stored by the caller."""
    turn = planning.turn_of(following)
    same = recipient.next_step_id == following.pk and recipient.progress in GOING
    if same and following.pk not in work.steps:
        changed = recipient.turn != turn
        recipient.turn = turn
        return changed
    if recipient.progress not in GOING:
        standing.go_on_after_end(recipient)
    if not past.had[recipient.pk]:
        # Nothing was sent: the minute that was planned is the new first step's.
        changed = recipient.next_step_id != following.pk or recipient.turn != turn
        recipient.next_step, recipient.turn = following, turn
        return changed
    planning.set_later(
        recipient,
        following,
        rules,
        previous_at=past.done_at.get(recipient.pk, work.moment),
        not_before=work.moment + rules.grace,
    )
    return True


def _complete(recipient: Recipient, moment: datetime) -> None:
    if recipient.progress in GOING and recipient.start_at is not None:
        recipient.next_step = None
        recipient.save(update_fields=["next_step"])
        standing.apply_event(recipient, RecipientEvent.ALL_STEPS_DONE, now=moment)


# ── another time of the day, other days ─────────────────────────────────────


def _preference(campaign: Campaign, batch: Sequence[Recipient], work: Work) -> None:
    """What is planned within the grace stays; the rest follows the new preference or zone (docs/behaviour.md §1)."""
    rules = planning.timing_of(campaign)
    past = _Past(campaign, batch)
    moved = []
    for recipient in batch:
        done_at = past.done_at.get(recipient.pk)
        if recipient.progress not in GOING or recipient.start_at == work.moment:
            continue
        if done_at is None and recipient.open_attempt_id is None:
            if _first_anew(recipient, rules, work):
                moved.append(recipient)
            continue
        branch = timing.branch_after_change(rules.preference)
        if recipient.branch == branch and work.mode != DAYS and recipient.planned_at is None:
            continue
        if work.mode == PREFERENCE:
            recipient.branch = branch
        if done_at is not None and recipient.open_attempt_id is None:
            _later_anew(recipient, rules, work, done_at)
        moved.append(recipient)
    planning.store_plans(moved)


def _first_anew(recipient: Recipient, rules: timing.Timing, work: Work) -> bool:
    step = recipient.next_step
    if work.mode != PREFERENCE or recipient.planned_at is None or step is None:
        return False
    plan = timing.replan_first_after_change(
        rules, planned=recipient.planned_at, changed_at=work.moment, seed=recipient.seed, step=str(step.pk)
    )
    if plan is None:
        return False
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, work.moment
    return True


def _later_anew(recipient: Recipient, rules: timing.Timing, work: Work, done_at: datetime) -> None:
    step = recipient.next_step
    earliest = work.moment + rules.grace
    if recipient.planned_at is None or step is None or recipient.planned_at < earliest:
        return
    if step.kind != StepKind.EMAIL and step.days == 0:
        return
    planning.set_later(recipient, step, rules, previous_at=done_at, not_before=earliest)


class _Past:
    """What the people of a batch have had: ids of steps, and when the last of them was done."""

    def __init__(self, campaign: Campaign, batch: Sequence[Recipient]) -> None:
        ids = [recipient.pk for recipient in batch]
        organisation = campaign.organisation_id
        self.had = sequence.had_by(ids, organisation_id=organisation)
        attempts = Attempt.objects.for_organisation(organisation).filter(recipient_id__in=ids).order_by()
        self.tried = set(attempts.values_list("recipient_id", "step_id"))
        left = attempts.filter(outcome__in=[AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN])
        sent = left.values_list("recipient_id").annotate(
            at=Max(Coalesce("message__sent_at", "message__sending_at"))
        )
        cancelled = attempts.filter(outcome=AttemptOutcome.SKIPPED).values_list("recipient_id")
        tasks = (
            ManualTask.objects.for_organisation(organisation)
            .filter(recipient_id__in=ids)
            .exclude(outcome=TaskOutcome.OPEN)
            .order_by()
            .values_list("recipient_id")
        )
        self.done_at: dict[int, datetime] = {}
        for rows in (sent, cancelled.annotate(at=Max("folded_at")), tasks.annotate(at=Max("done_at"))):
            for recipient_id, at in rows:
                if at is not None and self.had[recipient_id]:
                    self.done_at[recipient_id] = max(at, self.done_at.get(recipient_id, at))

    def repeats(self, recipient: Recipient, steps: Sequence[Step]) -> bool:
        """Whether the recipient is repeating a step that stands: its address bounced, or it failed for now."""
        step = recipient.next_step_id
        return (
            (recipient.pk, step) in self.tried
            and step not in self.had[recipient.pk]
            and any(each.pk == step for each in steps)
        )


_MODES = {RESUME: _resume, SEQUENCE: _sequence, PREFERENCE: _preference, DAYS: _preference}
