"""What a person does to a planned step: *Send now*, *Don't send before*, *Cancel*, *Edit this one message*.

A planned step is not written yet, so what was said is stored per (recipient, step) and read at the moment it is
(docs/architecture.md, "Sending" 2). Limits, suppression, allowed days and the reading of the inbox hold as for any
other.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import folding, planning, selectors, standing
from campaigns.models import Recipient, Step, StepChange
from campaigns.states import ACTIVE, GOING, Hold, StepKind
from foundation.problems import Conflict, Invalid
from outreach import rendering
from outreach.outbox import by_hand
from outreach.states import Reason, Turn
from sourcing.models import ProjectRole


class NotPlanned(Conflict):
    """The step is written, sent or over: nothing of it is planned any more."""

    code: ClassVar[str] = "not_planned"
    sentence: ClassVar[str] = "It was too late: this step is no longer waiting."


@transaction.atomic
def send_now(*, recipient_id: int, step_id: int, actor: User, now: datetime) -> Recipient:
    """Move the planned step to the front of its mailbox; in the grace after Start to the end of the grace.

    An out-of-office hold ends with it. Raises Missing, NotAllowed, :class:`NotPlanned`, and Conflict while the campaign
    or the person is held.
    """
    require(actor, Right.CAMPAIGN_START)
    recipient, step = _planned(recipient_id, step_id, actor)
    campaign = recipient.campaign
    if campaign.status not in ACTIVE:
        raise Conflict("The campaign is paused. Resume it first.")
    standing.release(recipient, only=Hold.OUT_OF_OFFICE)
    if recipient.hold != Hold.NONE:
        raise Conflict(f"This person is on hold: {recipient.hold_text} Let them go on first.")
    _said(recipient, step, actor, send_now_at=now, not_before=None)
    in_grace = campaign.in_grace(now)
    assert campaign.grace_until is not None or not in_grace
    recipient.turn = Turn.MOVED_BY_HAND
    recipient.planned_at = campaign.grace_until if in_grace else now
    recipient.plan_text = f"{actor.name} chose “Send now”."[:300]
    recipient.save(update_fields=["turn", "planned_at", "plan_text"])
    standing.tell(recipient)
    return recipient


@transaction.atomic
def not_before(*, recipient_id: int, step_id: int, moment: datetime, actor: User, now: datetime) -> Recipient:
    """Nothing of this step leaves before ``moment`` (aware, at most a year ahead); a later plan stays as it is.

    Raises Missing, NotAllowed, Invalid, :class:`NotPlanned`.
    """
    require(actor, Right.CAMPAIGN_START)
    by_hand.check_moment(moment, now=now)
    recipient, step = _planned(recipient_id, step_id, actor)
    _said(recipient, step, actor, not_before=moment, send_now_at=None)
    recipient.turn = planning.turn_of(step)
    if recipient.planned_at is None or recipient.planned_at < moment:
        recipient.planned_at, recipient.plan_text = moment, str(Reason.NOT_BEFORE.label)
    recipient.save(update_fields=["turn", "planned_at", "plan_text"])
    standing.tell(recipient)
    return recipient


@transaction.atomic
def cancel(*, recipient_id: int, step_id: int, actor: User, now: datetime) -> Recipient:
    """Leave this one step out; the next one is planned as if it had been sent now, and without one the person is done.

    Raises Missing, NotAllowed, :class:`NotPlanned`.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    recipient, step = _planned(recipient_id, step_id, actor)
    _said(recipient, step, actor, skipped_at=now)
    recipient.planned_at = None
    recipient.save(update_fields=["planned_at"])
    folding.go_on_after(recipient, step, sent_at=now, now=now)
    standing.tell(recipient)
    organisation_id = recipient.organisation_id
    transaction.on_commit(
        lambda: standing.complete_if_done(recipient.campaign_id, organisation_id=organisation_id)
    )
    return recipient


@transaction.atomic
def edit(*, recipient_id: int, step_id: int, subject: str, body: str, actor: User) -> StepChange:
    """Another text of this step for this one person, with the same variables as the step's.

    It stays what it is when the step is edited later. Raises Missing, NotAllowed, :class:`NotPlanned`, Invalid for a
    text that cannot be rendered.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    recipient, step = _still_to_come(recipient_id, step_id, actor)
    if not body.strip():
        raise Invalid(fields={"body": "Write a text, or cancel the message."})
    found = rendering.problems(subject, body)
    if found:
        raise Invalid(fields={"body": " ".join(found)})
    return _said(recipient, step, actor, subject=subject.strip()[:500], body=body)


@transaction.atomic
def undo_edit(*, recipient_id: int, step_id: int, actor: User) -> None:
    """Go back to the step's own text. Raises Missing, NotAllowed, :class:`NotPlanned`."""
    require(actor, Right.CAMPAIGN_EDIT)
    recipient, step = _still_to_come(recipient_id, step_id, actor)
    _said(recipient, step, actor, subject=None, body=None)


def _said(recipient: Recipient, step: Step, actor: User, **values: object) -> StepChange:
    change, _ = StepChange.objects.for_organisation(recipient.organisation_id).update_or_create(
        recipient=recipient,
        step=step,
        defaults={"organisation_id": recipient.organisation_id, "changed_by": actor, **values},
    )
    return change


def _planned(recipient_id: int, step_id: int, actor: User) -> tuple[Recipient, Step]:
    """The locked recipient and the step it is planned for; the page's step may have gone out meanwhile."""
    recipient, step = _still_to_come(recipient_id, step_id, actor)
    if recipient.next_step_id != step.pk or recipient.planned_at is None:
        raise NotPlanned
    return recipient, step


def _still_to_come(recipient_id: int, step_id: int, actor: User) -> tuple[Recipient, Step]:
    seen = selectors.recipient_for(actor, recipient_id, role=ProjectRole.EDITOR)
    recipient = standing.lock(recipient_id, organisation_id=seen.organisation_id)
    assert recipient is not None
    step = selectors.step_for(actor, seen.campaign_id, step_id)
    done = recipient.next_step is not None and step.position < recipient.next_step.position
    mail = step.kind == StepKind.EMAIL and step.removed_at is None
    if not mail or recipient.progress not in GOING or recipient.open_attempt_id is not None or done:
        raise NotPlanned
    return recipient, step
