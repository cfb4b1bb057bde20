"""The steps of a campaign in order, and which of them a person gets next.

A step that was taken out keeps its row for what it sent; everybody else asks here for those that stand. Steps may be
moved, added and taken out at any time, so what comes next is decided by what the person has had, never by a number:
nobody gets a step twice, and nobody is taken back to a step that was put in before the ones they have had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from campaigns.models import Attempt, ManualTask, Step, StepChange
from campaigns.states import AttemptOutcome, TaskOutcome
from outreach.states import Reason


def steps_of(campaign_id: int, *, organisation_id: int) -> QuerySet[Step]:
    """The steps that stand, in order."""
    return (
        Step.objects.for_organisation(organisation_id)
        .filter(campaign_id=campaign_id, removed_at__isnull=True)
        .order_by("position")
    )


def next_for(steps: Iterable[Step], had: Collection[int]) -> Step | None:
    """The step after those a person has had; None when none is left.

    ``steps`` are the standing ones in order, ``had`` ids of steps, those taken out included. It is the first one
    behind the last that was had. Whose steps were all taken out begins with the first.
    """
    in_order = list(steps)
    last = max((number for number, step in enumerate(in_order) if step.pk in had), default=-1)
    return in_order[last + 1] if last + 1 < len(in_order) else None


def had_by(recipient_ids: Collection[int], *, organisation_id: int) -> defaultdict[int, set[int]]:
    """Per recipient the ids of steps that are behind them: sent or perhaps sent, being sent, cancelled by hand (written
    or not), or a task that was done or skipped. An address that bounced leaves its step to be repeated."""
    had: defaultdict[int, set[int]] = defaultdict(set)
    attempts = Attempt.objects.for_organisation(organisation_id).filter(
        Q(outcome__in=[AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN, AttemptOutcome.OPEN])
        | Q(outcome=AttemptOutcome.SKIPPED, message__reason_code=Reason.CANCELLED_BY_HAND),
        recipient_id__in=recipient_ids,
    )
    for recipient_id, step_id in attempts.values_list("recipient_id", "step_id"):
        had[recipient_id].add(step_id)
    left_out = StepChange.objects.for_organisation(organisation_id).filter(
        recipient_id__in=recipient_ids, skipped_at__isnull=False
    )
    for recipient_id, step_id in left_out.values_list("recipient_id", "step_id"):
        had[recipient_id].add(step_id)
    tasks = ManualTask.objects.for_organisation(organisation_id).filter(recipient_id__in=recipient_ids)
    for recipient_id, step_id in tasks.exclude(outcome=TaskOutcome.OPEN).values_list(
        "recipient_id", "step_id"
    ):
        had[recipient_id].add(step_id)
    return had


def is_used(step: Step) -> bool:
    """Whether anybody has had this step or has it before them: then its row must stay."""
    return (
        Attempt.objects.for_organisation(step.organisation_id).filter(step=step).exists()
        or ManualTask.objects.for_organisation(step.organisation_id).filter(step=step).exists()
    )
