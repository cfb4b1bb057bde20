"""What a person does to one recipient: pause, go on, another address, try again (seed 002)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import addressing, choosing, overriding, planning, standing, writing
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import (
    GOING,
    AttemptOutcome,
    CampaignStatus,
    Hold,
    HoldReason,
    Progress,
    check_campaign,
    reopened,
)
from foundation.problems import Conflict, Invalid
from outreach.models import Message
from outreach.states import WAITING, Reason
from sourcing.normalising import normalise_email


class NothingToTry(Conflict):
    """This recipient is not at an end that can be tried again."""

    code: ClassVar[str] = "nothing_to_try"


@transaction.atomic
def pause(*, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """*Pause Campaign* for this one person: what waits is taken back, nothing more leaves until somebody goes on."""
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    with standing.act_of(actor, recipient):
        if standing.put_on_hold(
            recipient, Hold.PAUSED, reason=HoldReason.PAUSED_BY_HAND, text=f"Paused by {actor.name}."
        ):
            standing.cancel_waiting(recipient, reason=Reason.RECIPIENT_HELD, now=now)
    return recipient


@transaction.atomic
def go_on(*, recipient_id: int, actor: User, now: datetime) -> Recipient:
    """Release whatever holds the recipient; an overdue step is planned anew as at Resume, never at once.

    An uncertain send is answered on the message itself, so that hold stays.
    """
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    if recipient.hold == Hold.UNCERTAIN_SEND:
        raise Conflict("Say first whether the last message arrived: open it in the Outbox.")
    with standing.act_of(actor, recipient):
        if standing.release(recipient) and planning.replan_overdue(recipient, moment=now):
            recipient.save(update_fields=planning.PLAN_FIELDS)
    return recipient


@transaction.atomic
def write_to(*, recipient_id: int, address: str, actor: User, now: datetime) -> bool:
    """*Add email*: the campaign writes to this address from now on. True if that tries a step again: after a bounce
    it is :func:`try_again`, else :func:`use_address`."""
    require(actor, Right.CAMPAIGN_EDIT)
    bounced = standing.lock_for(recipient_id, actor=actor).progress == Progress.BOUNCED
    if bounced:
        try_again(recipient_id=recipient_id, address=address, actor=actor, now=now)
    else:
        use_address(recipient_id=recipient_id, address=address, actor=actor)
    return bounced


@transaction.atomic
def use_address(*, recipient_id: int, address: str, actor: User) -> Recipient:
    """Write to this address in this campaign only; the profile is not touched (seed 002).

    Raises Invalid for an address that is unusable: not valid, suppressed, bounced, another user's.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    recipient = standing.lock_for(recipient_id, actor=actor)
    with standing.act_of(actor, recipient):
        recipient.override_address = normalise_email(address)
        _refuse_unusable(recipient)
        recipient.address, recipient.contact_point = "", None
        recipient.save(update_fields=["override_address", "address", "contact_point"])
        if recipient.hold_code in {
            HoldReason.NO_ADDRESS,
            HoldReason.NO_PERSONAL_ADDRESS,
            HoldReason.NO_WORK_ADDRESS,
            HoldReason.ADDRESS_TAKEN,
        }:
            standing.release(recipient)
        standing.tell(recipient)
    return recipient


@transaction.atomic
def use_the_rules(*, recipient_id: int, actor: User) -> Recipient:
    """Forget the address set for this campaign: the campaign's own rules choose again."""
    require(actor, Right.CAMPAIGN_EDIT)
    recipient = standing.lock_for(recipient_id, actor=actor)
    with standing.act_of(actor, recipient):
        recipient.override_address, recipient.address, recipient.contact_point = "", "", None
        recipient.save(update_fields=["override_address", "address", "contact_point"])
        standing.tell(recipient)
    return recipient


@transaction.atomic
def override_fields(*, recipient_id: int, values: Mapping[str, str], actor: User) -> Recipient:
    """What the person is called in this campaign only (``overriding.FIELDS``); the profile is not touched (seed 002).

    A message that waits already is written anew; somebody held because a variable was missing goes on if it is there.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    recipient = standing.lock_for(recipient_id, actor=actor)
    with standing.act_of(actor, recipient):
        recipient.overrides = overriding.cleaned(values)
        recipient.save(update_fields=["overrides"])
        if recipient.hold_code == HoldReason.VARIABLE_MISSING:
            standing.release(recipient)
        if recipient.open_attempt_id is not None:
            _write_anew(recipient.open_attempt_id, recipient)
        standing.tell(recipient)
    return recipient


def _write_anew(attempt_id: int, recipient: Recipient) -> None:
    """A message that no worker holds yet says what was just said; a claimed one stays what it is."""
    attempt = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .select_related("recipient__candidate", "recipient__thread_message", "step")
        .get(pk=attempt_id)
    )
    message = (
        Message.objects.for_organisation(recipient.organisation_id)
        .select_for_update(no_key=True)
        .filter(pk=attempt.message_id, status__in=WAITING)
        .first()
    )
    if message is not None:
        writing.write_again(attempt, message)


@transaction.atomic
def try_again(*, recipient_id: int, address: str, actor: User, now: datetime) -> Recipient:
    """Repeat the step that bounced to another address: a new thread, planned as if started now."""
    require(actor, Right.CAMPAIGN_START)
    recipient = standing.lock_for(recipient_id, actor=actor)
    if recipient.progress != Progress.BOUNCED:
        raise NothingToTry
    with standing.act_of(actor, recipient):
        step = _step_to_repeat(recipient)
        recipient.override_address = normalise_email(address)
        _refuse_unusable(recipient)
        sent = Attempt.objects.for_organisation(recipient.organisation_id).filter(
            recipient=recipient, outcome=AttemptOutcome.SENT
        )
        # The address may have bounced here before and been marked as valid since: that attempt no longer counts.
        Attempt.objects.for_organisation(recipient.organisation_id).filter(
            recipient=recipient, address=recipient.override_address, outcome=AttemptOutcome.HARD
        ).update(live=False)
        recipient.progress = reopened(recipient.progress, anything_sent=sent.exists(), steps_left=True)
        recipient.ended_at, recipient.ended_reason = None, ""
        recipient.thread_message, recipient.contact_point, recipient.address = None, None, ""
        recipient.next_try += 1
        recipient.save()
        run_again(recipient.campaign)
        planning.plan_from(recipient, step, start_at=now)
        standing.tell(recipient)
    return recipient


def _step_to_repeat(recipient: Recipient) -> Step:
    bounced = (
        Attempt.objects.for_organisation(recipient.organisation_id)
        .select_related("step")
        .filter(recipient=recipient, outcome=AttemptOutcome.HARD)
        .order_by("step__position", "pk")
        .last()
    )
    step = recipient.next_step or (bounced.step if bounced else None)
    if step is None:
        raise NothingToTry
    return step


def _refuse_unusable(recipient: Recipient) -> None:
    choice = choosing.choose_for([recipient])[recipient.pk]
    if isinstance(choice, addressing.NoAddress) or choice.address.text != recipient.override_address:
        raise Invalid(
            "This address cannot be used here.",
            fields={"address": "It has bounced, is on the do-not-contact list, or belongs to somebody else."},
        )


def run_again(campaign: Campaign) -> None:
    """A completed campaign that has somebody to write to again is running."""
    if campaign.status == CampaignStatus.COMPLETED:
        check_campaign(CampaignStatus.COMPLETED, CampaignStatus.RUNNING)
        Campaign.objects.for_organisation(campaign.organisation_id).filter(
            pk=campaign.pk, status=CampaignStatus.COMPLETED
        ).update(status=CampaignStatus.RUNNING)


def may_go_on(recipient: Recipient) -> bool:
    """Whether *Go on* has something to release."""
    return recipient.progress in GOING and recipient.hold not in {Hold.NONE, Hold.UNCERTAIN_SEND}
