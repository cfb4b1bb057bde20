"""Writes plans onto recipients: which step next, at which minute, and why then.

The minutes come from ``timing``, which is pure; here its arguments are gathered and its answer is stored.
Planning everybody (after Start, Resume, a change) is ``replanning``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from accounts.models import Organisation
from campaigns import sequence, timing
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import StepKind
from outreach import lanes
from outreach.outbox import limits
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
        holidays=frozenset(campaign.lane.holidays) if campaign.obeys_holidays else frozenset(),
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
    store_plans(planned)
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
    recipient.turn = turn_of(step)
    if step.position == 1:
        recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, start_at
    recipient.save(update_fields=PLAN_FIELDS)


def plan_later(recipient: Recipient, step: Step, *, previous_sent_at: datetime) -> None:
    """Plan a step after the first, counted from the local date on which the one before it really left."""
    rules = timing_of(recipient.campaign)
    set_later(recipient, step, rules, previous_at=previous_sent_at)
    recipient.save(update_fields=PLAN_FIELDS)


def set_later(
    recipient: Recipient,
    step: Step,
    rules: timing.Timing,
    *,
    previous_at: datetime,
    not_before: datetime | None = None,
) -> None:
    """Plan a step after the first from the moment the one before it was done. Not saved."""
    plan = timing.following(
        rules,
        branch=timing.Branch(recipient.branch or timing.Branch.STARTED),
        days=days_of(step),
        previous_at=previous_at,
        first_clock=recipient.first_clock or previous_at.astimezone(rules.zone).time(),
        seed=recipient.seed,
        step=str(step.pk),
        not_before=not_before,
    )
    recipient.next_step, recipient.turn = step, turn_of(step)
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation


def days_of(step: Step) -> int:
    """Days after the step before; a later e-mail leaves at least one day after it."""
    return max(step.days, 1) if step.kind == StepKind.EMAIL else step.days


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


def move_to_open_day(recipient: Recipient, *, now: datetime) -> bool:
    """On a day not allowed, or outside sending hours, the step waits for its clock time on the next day that is open.

    Not saved; True if it moved.
    """
    if recipient.planned_at is None:
        return False
    wait = limits.lane_wait(
        timing_of(recipient.campaign).days,
        now=now,
        planned=recipient.planned_at,
        used=0,
        limit=None,
        hours=lanes.hours_of(recipient.campaign.lane),
    )
    if wait is None or wait.until is None:
        return False
    recipient.planned_at = wait.until
    recipient.plan_text = f"{wait.text} Its clock time on the next day that is open."
    return True


def hold_back(recipient: Recipient, *, now: datetime) -> bool:
    """*Don't send before*: a step that is due waits for the moment somebody asked for. Not saved; True if it moved."""
    for change in recipient.step_changes.all():
        if change.step_id == recipient.next_step_id and change.not_before and change.not_before > now:
            recipient.planned_at, recipient.plan_text = change.not_before, str(Reason.NOT_BEFORE.label)
            return True
    return False


def keep_clock_time(recipient: Recipient, *, now: datetime) -> bool:
    """Whom a full day of the campaign left over waits for their clock time of today (``limits.turn_of_today``). Not
    saved; True if it moved.
    """
    if recipient.planned_at is None:
        return False
    turn = limits.turn_of_today(timing_of(recipient.campaign).days, now=now, planned=recipient.planned_at)
    if turn is None:
        return False
    recipient.planned_at = turn
    recipient.plan_text = "The campaign's limit of the day before was used up; its clock time of today."
    return True


def first_step(campaign: Campaign) -> Step | None:
    """The step everybody begins with."""
    return sequence.steps_of(campaign.pk, organisation_id=campaign.organisation_id).first()


_STORE = """
    UPDATE campaigns_recipient AS r
    SET next_step_id = v.step, planned_at = v.planned, turn = v.turn, plan_text = v.why,
        branch = v.branch, first_clock = v.clock, start_at = v.start
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::smallint[], %s::text[], %s::text[],
                %s::time[], %s::timestamptz[]) AS v(id, step, planned, turn, why, branch, clock, start)
    WHERE r.id = v.id
"""


def store_plans(recipients: Sequence[Recipient]) -> None:
    """Write the plans of these recipients, whose rows the caller holds, in one statement."""
    if not recipients:
        return
    rows = (
        (r.pk, r.next_step_id, r.planned_at, r.turn, r.plan_text, r.branch, r.first_clock, r.start_at)
        for r in recipients
    )
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [list(column) for column in zip(*rows, strict=True)])


def _set_first(recipient: Recipient, step: Step, plan: timing.Plan, start_at: datetime) -> Recipient:
    recipient.next_step = step
    recipient.turn = turn_of(step)
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    recipient.branch, recipient.first_clock, recipient.start_at = plan.branch, plan.clock, start_at
    return recipient


def _store_later(recipient: Recipient, step: Step, plan: timing.Plan) -> None:
    recipient.next_step = step
    recipient.turn = turn_of(step)
    recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
    recipient.save(update_fields=PLAN_FIELDS)


def turn_of(step: Step) -> Turn:
    """The step's place in its mailbox's order; a manual task has none."""
    if step.kind != StepKind.EMAIL:
        return Turn.MANUAL_TASK
    return Turn.FIRST_STEP if step.position == 1 else Turn.LATER_STEP
