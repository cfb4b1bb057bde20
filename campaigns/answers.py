"""A person puts right what mail was taken for: "not a reply", and the question whether a doubtful mail was one."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import intervening, planning, senders, standing
from campaigns.models import Attempt, Recipient
from campaigns.states import (
    ACTIVE,
    GOING,
    AttemptOutcome,
    Hold,
    HoldReason,
    Progress,
    RecipientEvent,
    reopened,
)
from foundation.problems import Conflict
from outreach.inbound import answering
from outreach.states import Reason


class NothingToTakeBack(Conflict):
    """The recipient does not stand as replied or stopped."""

    code: ClassVar[str] = "nothing_to_take_back"
    sentence: ClassVar[str] = "This person has not replied here, so there is nothing to take back."


@transaction.atomic
def not_a_reply(*, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """What was taken for an answer is none: the person goes on where they stood, never in a burst.

    A mark that was read from it goes too, and so do the holds it put on the person's other campaigns. Raises Missing,
    :class:`NothingToTakeBack`.
    """
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    if recipient.progress != Progress.REPLIED:
        raise NothingToTakeBack
    with standing.act_of(actor, recipient):
        answering.no_answer(
            organisation_id=recipient.organisation_id,
            candidate_id=recipient.candidate_id,
            mailbox_ids=senders.conversing(recipient),
            message_ids=list(recipient.attempts.values_list("message_id", flat=True)),
            actor=actor,
            now=now,
        )
        recipient.interest, recipient.interest_reason = "", ""
        recipient.interest_by, recipient.interest_at = None, None
        recipient.save(update_fields=["interest", "interest_reason", "interest_by", "interest_at"])
        _reopen(recipient, now)
    for other in _others(recipient):
        if other.hold_code == HoldReason.REPLIED_ELSEWHERE:
            with standing.act_of(actor, other):
                _release(other, now)
    return recipient


@transaction.atomic
def start_again(*, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """A person who was stopped by hand goes on where they stood. Raises Missing, :class:`NothingToTakeBack`."""
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    if recipient.progress != Progress.STOPPED or recipient.merged_into_id is not None:
        raise NothingToTakeBack("This person was not stopped by hand.")
    with standing.act_of(actor, recipient):
        _reopen(recipient, now)
    return recipient


@transaction.atomic
def answer_doubt(*, recipient_id: int, is_reply: bool, actor: User, now: datetime) -> Recipient:
    """ "Is it a reply?" Yes ends this recipient as *Replied* and holds the person's others; no lets all go on.

    Raises Missing, and Conflict when nothing is in doubt.
    """
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    if recipient.hold != Hold.POSSIBLE_REPLY:
        raise Conflict("Nothing is in doubt here any more.")
    answering.settle_doubt(
        organisation_id=recipient.organisation_id,
        candidate_id=recipient.candidate_id,
        is_answer=is_reply,
        actor=actor,
        now=now,
    )
    others = [other for other in _others(recipient) if other.hold == Hold.POSSIBLE_REPLY]
    if not is_reply:
        for each in (recipient, *others):
            with standing.act_of(actor, each):
                _release(each, now)
        return recipient
    with standing.act_of(actor, recipient):
        standing.apply_event(recipient, RecipientEvent.REPLIED, now=now, cancel=Reason.REPLIED)
    standing.complete_if_done(recipient.campaign_id, organisation_id=recipient.organisation_id)
    for other in others:
        with standing.act_of(actor, other):
            standing.put_on_hold(
                other,
                Hold.PAUSED,
                reason=HoldReason.REPLIED_ELSEWHERE,
                text=f"Replied in {recipient.campaign.name}."[:300],
            )
    return recipient


def _reopen(recipient: Recipient, now: datetime) -> None:
    """Back to where they stood: the step that was next is planned from the day the one before it really left."""
    sent = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient, outcome=AttemptOutcome.SENT)
        .select_related("message", "step")
        .order_by("step__position", "pk")
        .last()
    )
    step = recipient.next_step
    recipient.progress = reopened(
        recipient.progress, anything_sent=sent is not None, steps_left=step is not None
    )
    recipient.ended_at, recipient.ended_reason = None, ""
    recipient.save(update_fields=["progress", "ended_at", "ended_reason"])
    if step is not None and recipient.open_attempt_id is None:
        if sent is not None and sent.message.sent_at is not None:
            planning.plan_later(recipient, step, previous_sent_at=sent.message.sent_at)
            if planning.replan_overdue(recipient, moment=now):
                recipient.save(update_fields=planning.PLAN_FIELDS)
        elif recipient.campaign.status in ACTIVE or recipient.start_at is not None:
            planning.plan_from(recipient, step, start_at=now)
    intervening.run_again(recipient.campaign)
    standing.tell(recipient)


def _release(recipient: Recipient, now: datetime) -> None:
    if standing.release(recipient) and planning.replan_overdue(recipient, moment=now):
        recipient.save(update_fields=planning.PLAN_FIELDS)


def _others(recipient: Recipient) -> list[Recipient]:
    """The person's other recipients that are going, under their row locks in id order."""
    return list(
        Recipient.objects.for_organisation(recipient.organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("campaign__organisation", "next_step")
        .filter(candidate_id=recipient.candidate_id, progress__in=[p.value for p in GOING])
        .exclude(pk=recipient.pk)
        .order_by("pk")
    )
