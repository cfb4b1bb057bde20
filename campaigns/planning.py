"""Writes plans onto recipients: which step next, at which minute, and why then.

The minutes come from ``timing``, which is pure; here its arguments are gathered and its answer is stored.
Planning everybody (after Start, Resume, a changed preference) is a Run: Start answers at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts.models import Organisation
from campaigns import timing
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import GOING
from outreach.states import Reason, Turn

PLAN_FIELDS = ["next_step", "planned_at", "turn", "plan_text", "branch", "first_clock", "start_at"]


def grace_of(organisation: Organisation) -> timedelta:
    """Time between Start and the first message: the organisation's, else the installation's setting."""
    minutes = organisation.start_grace_minutes
    return timedelta(minutes=settings.START_GRACE_MINUTES if minutes is None else minutes)


def timing_of(campaign: Campaign) -> timing.Timing:
    """A campaign's settings in the form the pure functions take."""
    return timing.Timing(
        preference=timing.Preference(campaign.preference),
        zone=ZoneInfo(campaign.zone),
        grace=grace_of(campaign.organisation),
        at=campaign.specific_time,
        weekdays=frozenset(campaign.allowed_days),
    )


def plan_first_steps(campaign: Campaign, recipients: Iterable[Recipient], *, start_at: datetime) -> int:
    """Give recipients who have no plan yet their first minute; how many got one. Saved in bulk."""
    first = first_step(campaign)
    if first is None:
        return 0
    rules = timing_of(campaign)
    planned = [
        _set_first(
            recipient,
            first,
            timing.first_send(rules, start=start_at, seed=recipient.seed, step=str(first.pk)),
            start_at,
        )
        for recipient in recipients
    ]
    Recipient.objects.for_organisation(campaign.organisation_id).bulk_update(
        planned, PLAN_FIELDS, batch_size=500
    )
    return len(planned)


def plan_from(recipient: Recipient, step: Step, *, start_at: datetime) -> None:
    """Plan ``step`` (again) through the timing table with its own start: a repeat after a bounce, *try again*."""
    rules = timing_of(recipient.campaign)
    plan = timing.first_send(
        rules, start=start_at, seed=recipient.seed, step=f"{step.pk}.{recipient.next_try}"
    )
    recipient.next_step = step
    recipient.planned_at = plan.instant
    recipient.plan_text = plan.explanation
    recipient.turn = _turn(step)
    if step.position == 1:
        recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, start_at
    recipient.save(update_fields=PLAN_FIELDS)


def plan_later(recipient: Recipient, step: Step, *, previous_sent_at: datetime) -> None:
    """Plan a step after the first, counted from the local date on which the one before it really left."""
    rules = timing_of(recipient.campaign)
    plan = timing.later_send(
        rules,
        branch=timing.Branch(recipient.branch or timing.Branch.STARTED),
        days=max(step.days, 1),
        previous_on=previous_sent_at.astimezone(rules.zone).date(),
        first_clock=recipient.first_clock or previous_sent_at.astimezone(rules.zone).time(),
        seed=recipient.seed,
        step=str(step.pk),
    )
    _store_later(recipient, step, plan)


def plan_next_allowed_day(recipient: Recipient, step: Step, *, now: datetime) -> None:
    """The same step again at its clock time on the next allowed day (a soft failure, docs/behaviour.md §4)."""
    rules = timing_of(recipient.campaign)
    plan = timing.later_send(
        rules,
        branch=timing.Branch(recipient.branch or timing.Branch.STARTED),
        days=1,
        previous_on=now.astimezone(rules.zone).date(),
        first_clock=recipient.first_clock or now.astimezone(rules.zone).time(),
        seed=recipient.seed,
        step=f"{step.pk}.{recipient.next_try}",
    )
    _store_later(recipient, step, plan)


def replan_overdue(recipient: Recipient, *, moment: datetime) -> bool:
    """What Resume at ``moment`` makes of this plan, also for a message that is too late. True if it moved. Unsaved."""
    if recipient.planned_at is None or recipient.next_step is None:
        return False
    rules = timing_of(recipient.campaign)
    first = recipient.next_step.position == 1
    plan = timing.replan_overdue(
        rules,
        planned=recipient.planned_at,
        first=first,
        branch=timing.Branch(recipient.branch or timing.Branch.STARTED),
        moment=moment,
        seed=recipient.seed,
        step=str(recipient.next_step.pk),
    )
    if plan is None:
        return False
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    if first:
        recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, moment
    return True


def move_to_allowed_day(recipient: Recipient, *, now: datetime) -> bool:
    """On a day not allowed the step waits for its clock time on the next allowed day. Not saved; True if it moved."""
    rules = timing_of(recipient.campaign)
    today = rules.days.local_date(now)
    if rules.days.allows(today) or recipient.planned_at is None:
        return False
    clock = recipient.planned_at.astimezone(rules.zone).time()
    recipient.planned_at = rules.days.next_at(today, clock, not_before=now)
    recipient.plan_text = f"{rules.days.why_not(today)}; its clock time on the next allowed day.".capitalize()
    return True


def hold_back(recipient: Recipient, *, now: datetime) -> bool:
    """*Don't send before*: a step that is due waits for the moment somebody asked for. Not saved; True if it moved."""
    for change in recipient.step_changes.all():
        if change.step_id == recipient.next_step_id and change.not_before and change.not_before > now:
            recipient.planned_at, recipient.plan_text = change.not_before, str(Reason.NOT_BEFORE.label)
            return True
    return False


def replan_campaign(campaign: Campaign, *, moment: datetime, after_id: int, limit: int) -> int | None:
    """One batch of Start or Resume: plan the unplanned, move the overdue; the last id done, None at the end.

    Each batch is one transaction, so a crash repeats at most one batch, which changes nothing twice: what was
    planned from ``moment`` is not overdue at ``moment``.
    """
    with transaction.atomic():
        batch = list(
            Recipient.objects.for_organisation(campaign.organisation_id)
            .select_for_update(of=("self",), no_key=True)
            .select_related("next_step")
            .filter(campaign=campaign, id__gt=after_id, progress__in=[p.value for p in GOING])
            .order_by("id")[:limit]
        )
        if not batch:
            return None
        for recipient in batch:
            recipient.campaign = campaign
        plan_first_steps(campaign, [r for r in batch if r.start_at is None], start_at=moment)
        moved = [
            r
            for r in batch
            if r.open_attempt_id is None and r.start_at != moment and replan_overdue(r, moment=moment)
        ]
        Recipient.objects.for_organisation(campaign.organisation_id).bulk_update(
            moved, PLAN_FIELDS, batch_size=500
        )
        return batch[-1].pk


def first_step(campaign: Campaign) -> Step | None:
    """The step everybody begins with."""
    return (
        Step.objects.for_organisation(campaign.organisation_id)
        .filter(campaign=campaign)
        .order_by("position")
        .first()
    )


def _set_first(recipient: Recipient, step: Step, plan: timing.Plan, start_at: datetime) -> Recipient:
    recipient.next_step = step
    recipient.turn = _turn(step)
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, start_at
    return recipient


def _store_later(recipient: Recipient, step: Step, plan: timing.Plan) -> None:
    recipient.next_step = step
    recipient.turn = _turn(step)
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    recipient.save(update_fields=PLAN_FIELDS)


def _turn(step: Step) -> Turn:
    return Turn.FIRST_STEP if step.position == 1 else Turn.LATER_STEP
