"""What became of a message, folded into its recipient: next step, next address, or an end.

``fold`` is the only thing that moves a recipient while an attempt is open. It is one transaction, idempotent
and safe against late, repeated and reordered news: the attempt stores the outcome it was folded with, and the
same outcome again changes nothing. The events of outreach drive it; ``sweep`` folds what a lost wake-up left.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from campaigns import addressing, choosing, planning, readiness, replanning, sequence, standing
from campaigns.models import Attempt, Recipient, Step
from campaigns.states import (
    GOING,
    AttemptOutcome,
    Hold,
    HoldReason,
    Progress,
    RecipientEvent,
    outcome_of,
)
from outreach.states import LIVE, Reason
from sourcing import contact_points, people
from sourcing.finding import refunds

#: The third soft failure of one address within this time counts as a dead address (docs/behaviour.md §4).
SOFT_FAILURES_THAT_KILL = 3
SOFT_FAILURE_WINDOW = timedelta(days=14)


def fold(*, message_id: int, organisation_id: int, now: datetime) -> bool:
    """Bring one message's outcome to its recipient; True if something changed.

    A message without an attempt is none of ours and changes nothing.
    """
    with transaction.atomic():
        recipient_id = (
            Attempt.objects.for_organisation(organisation_id)
            .filter(message_id=message_id)
            .values_list("recipient_id", flat=True)
            .first()
        )
        if recipient_id is None:
            return False
        recipient = standing.lock(recipient_id, organisation_id=organisation_id)
        if recipient is None:
            return False
        attempt = (
            Attempt.objects.for_organisation(organisation_id)
            .select_related("message__created_by", "step")
            .get(message_id=message_id)
        )
        outcome = outcome_of(attempt.message.status, attempt.message.failure_class)
        if outcome == attempt.outcome:
            return False
        attempt.outcome = outcome
        attempt.folded_at = now
        # Stored before the fold, which looks among all attempts for addresses that are used up.
        attempt.save(update_fields=["outcome", "folded_at"])
        _FOLDS[outcome](recipient, attempt, now)
        attempt.save(update_fields=["outcome", "folded_at", "live"])
        if recipient.open_attempt_id == attempt.pk and attempt.message.status not in LIVE:
            recipient.open_attempt = None
            recipient.save(update_fields=["open_attempt"])
        standing.tell(recipient)
        transaction.on_commit(
            lambda: standing.complete_if_done(recipient.campaign_id, organisation_id=organisation_id)
        )
        return True


def _fold_sent(recipient: Recipient, attempt: Attempt, now: datetime) -> None:
    """Started; the next step is planned from the local date on which this one really left."""
    message = attempt.message
    people.contacted(recipient.candidate_id, message.sent_at or now, message.created_by)
    standing.release(recipient, only=Hold.UNCERTAIN_SEND)
    if recipient.thread_message_id is None or attempt.step.new_thread:
        recipient.thread_message = message
        recipient.save(update_fields=["thread_message"])
    standing.apply_event(recipient, RecipientEvent.SENT, now=now)
    if recipient.progress in GOING and recipient.next_step_id == attempt.step_id:
        go_on_after(recipient, attempt.step, sent_at=message.sent_at or now, now=now)


def go_on_after(recipient: Recipient, step: Step, *, sent_at: datetime, now: datetime) -> None:
    """``step`` is behind the recipient since ``sent_at``: plan the one after it, or complete. The row is locked."""
    had = sequence.had_by([recipient.pk], organisation_id=recipient.organisation_id)[recipient.pk] | {step.pk}
    steps = sequence.steps_of(recipient.campaign_id, organisation_id=recipient.organisation_id)
    following = sequence.next_for(steps, had)
    if following is None:
        recipient.next_step = None
        recipient.save(update_fields=["next_step"])
        standing.apply_event(recipient, RecipientEvent.ALL_STEPS_DONE, now=now)
        return
    planning.plan_later(recipient, following, previous_sent_at=sent_at)
    readiness.hold_unready(recipient.campaign, [recipient])


def _fold_dead_address(recipient: Recipient, attempt: Attempt, now: datetime) -> None:
    """Next usable address in a new thread, planned as if started now; none left: Bounced (docs/behaviour.md §4)."""
    known_dead = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient, address=attempt.address, outcome=AttemptOutcome.HARD)
        .exclude(pk=attempt.pk)
        .exists()
    )
    if known_dead:
        return
    standing.cancel_waiting(recipient, reason=Reason.ADDRESS_DEAD, now=now)
    if recipient.progress not in GOING and recipient.progress != Progress.COMPLETED:
        return
    recipient.address, recipient.contact_point = "", None
    if recipient.override_address == attempt.address:
        recipient.override_address = ""
    choice = choosing.choose_for([recipient])[recipient.pk]
    if isinstance(choice, addressing.NoAddress):
        recipient.next_step = attempt.step
        recipient.save(update_fields=["address", "contact_point", "override_address", "next_step"])
        if standing.apply_event(
            recipient, RecipientEvent.BOUNCED_NO_ADDRESS, now=now, reason=choice.explanation
        ):
            _refund(recipient)
        return
    recipient.thread_message = None
    recipient.next_try = attempt.try_number + 1
    recipient.save(
        update_fields=["address", "contact_point", "override_address", "thread_message", "next_try"]
    )
    standing.apply_event(recipient, RecipientEvent.BOUNCED_NEXT_ADDRESS, now=now)
    standing.release(recipient, only=Hold.UNCERTAIN_SEND)
    planning.plan_from(recipient, attempt.step, start_at=now)


def _refund(recipient: Recipient) -> None:
    """The person ends as Bounced: what was paid for addresses that do not work comes back (docs/behaviour.md §4)."""
    dead = Attempt.objects.for_organisation(recipient.organisation_id).filter(
        recipient=recipient, outcome=AttemptOutcome.HARD
    )
    refunds.refund_bounce(
        organisation_id=recipient.organisation_id,
        candidate_id=recipient.candidate_id,
        starter_id=choosing.starter_of(recipient),
        burnt=set(dead.values_list("address", flat=True)),
    )


def _fold_soft(recipient: Recipient, attempt: Attempt, now: datetime) -> None:
    """The same step again to the same address on the next allowed day; the third time in 14 days it is dead."""
    failures = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .filter(address=attempt.address, outcome=AttemptOutcome.SOFT, folded_at__gt=now - SOFT_FAILURE_WINDOW)
        .exclude(pk=attempt.pk)
        .count()
    )
    if failures + 1 >= SOFT_FAILURES_THAT_KILL:
        contact_points.mark_bounced(
            organisation_id=recipient.organisation_id,
            candidate_id=recipient.candidate_id,
            address=attempt.address,
            at=now,
            cause="third soft failure within 14 days",
        )
        attempt.outcome = AttemptOutcome.HARD
        _fold_dead_address(recipient, attempt, now)
        return
    attempt.live = False
    if recipient.progress in GOING:
        standing.cancel_waiting(recipient, reason=Reason.TEMPORARY, now=now)
        recipient.next_try = attempt.try_number + 1
        recipient.save(update_fields=["next_try"])
        planning.plan_next_allowed_day(recipient, attempt.step, now=now)


def _fold_needs_a_person(recipient: Recipient, attempt: Attempt, now: datetime) -> None:  # noqa: ARG001 - one shape for all folds
    """The address is untouched; the step or the sender has to be mended first."""
    reason = {
        AttemptOutcome.CONTENT: HoldReason.FIX_THE_STEP,
        AttemptOutcome.POLICY: HoldReason.POLICY_REFUSED,
    }.get(AttemptOutcome(attempt.outcome), HoldReason.TEXT_BROKEN)
    attempt.live = False
    standing.put_on_hold(recipient, Hold.NEEDS_ATTENTION, reason=reason)


def _fold_skipped(recipient: Recipient, attempt: Attempt, now: datetime) -> None:
    """Cancelled or suppressed before it left: nothing was sent, so the address is free for this step again."""
    attempt.live = False
    if recipient.progress not in GOING:
        return
    code = attempt.message.reason_code
    if code == Reason.CANCELLED_BY_HAND:
        go_on_after(recipient, attempt.step, sent_at=now, now=now)
    elif code == Reason.STEP_REMOVED:
        recipient.open_attempt = None
        recipient.save(update_fields=["open_attempt"])
        replanning.next_anew(recipient, now=now)
    elif code in {Reason.SUPPRESSED_PERSON, Reason.UNSUBSCRIBED}:
        standing.apply_event(recipient, RecipientEvent.OPTED_OUT, now=now, reason=str(Reason(code).label))
    elif code in {Reason.SUPPRESSED_DOMAIN, Reason.SUPPRESSED_COMPANY}:
        standing.apply_event(recipient, RecipientEvent.STOPPED, now=now, reason=str(Reason(code).label))
    elif code == Reason.SUPPRESSED_ADDRESS:
        # Another usable address may exist; the feed chooses anew.
        recipient.address, recipient.contact_point = "", None
        recipient.save(update_fields=["address", "contact_point"])


def _fold_uncertain(recipient: Recipient, attempt: Attempt, now: datetime) -> None:  # noqa: ARG001 - one shape for all folds
    """Holds the recipient until proof or a person's word; no timer ever sends it again."""
    standing.put_on_hold(recipient, Hold.UNCERTAIN_SEND, reason=HoldReason.UNCERTAIN_SEND)


def _fold_open_again(recipient: Recipient, attempt: Attempt, now: datetime) -> None:  # noqa: ARG001 - one shape for all folds
    """A person put an uncertain message back into the queue."""
    standing.release(recipient, only=Hold.UNCERTAIN_SEND)


_FOLDS = {
    AttemptOutcome.OPEN: _fold_open_again,
    AttemptOutcome.SENT: _fold_sent,
    AttemptOutcome.HARD: _fold_dead_address,
    AttemptOutcome.SOFT: _fold_soft,
    AttemptOutcome.CONTENT: _fold_needs_a_person,
    AttemptOutcome.POLICY: _fold_needs_a_person,
    AttemptOutcome.BROKEN: _fold_needs_a_person,
    AttemptOutcome.SKIPPED: _fold_skipped,
    AttemptOutcome.UNCERTAIN: _fold_uncertain,
}


def catch_up(recipient: Recipient, *, since: datetime, now: datetime) -> None:
    """A recipient that stood stopped by a merge goes on: outcomes folded ``since`` then move it now.

    The caller holds its row lock. While it was stopped they were stored on their attempts and moved nothing.
    """
    attempt = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .select_related("message__created_by", "step")
        .filter(recipient=recipient, step=recipient.next_step_id, folded_at__gte=since)
        .exclude(outcome__in=[AttemptOutcome.OPEN, AttemptOutcome.SKIPPED])
        .order_by("pk")
        .last()
    )
    if attempt is not None:
        _FOLDS[AttemptOutcome(attempt.outcome)](recipient, attempt, now)
        attempt.save(update_fields=["outcome", "live"])


def sweep(*, limit: int = 500) -> int:
    """Fold attempts whose message is settled although no event arrived; how many were."""
    behind = (
        Attempt.objects.across_organisations("the sweep repairs every organisation")
        .filter(outcome__in=[AttemptOutcome.OPEN, AttemptOutcome.UNCERTAIN])
        .exclude(message__status__in=[s.value for s in LIVE])
        .order_by("id")
        .values_list("message_id", "organisation_id")[:limit]
    )
    return sum(
        fold(message_id=message_id, organisation_id=organisation_id, now=timezone.now())
        for message_id, organisation_id in behind
    )
