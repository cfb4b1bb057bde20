"""Why a planned step has not been written yet: the outbox's own explanation, asked for what it would write."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Recipient
from campaigns.states import CampaignStatus, Hold, StepKind
from outreach.models import Message, MessageOrigin
from outreach.outbox.explaining import Explainer, Explanation
from outreach.states import MessageStatus, Reason


def why_not_yet(recipient: Recipient, *, explainer: Explainer) -> Explanation:
    """The first thing in the way of the recipient's planned step; ``campaign`` comes with mailbox and lane.

    A person's own hold is told first, then what the mailbox and the campaign say, then the plan.
    """
    if recipient.hold != Hold.NONE:
        return Explanation(Reason.RECIPIENT_HELD, recipient.hold_text, recipient.hold_until)
    campaign, step = recipient.campaign, recipient.next_step
    assert step is not None
    assert recipient.planned_at is not None
    if step.kind != StepKind.EMAIL:
        return _task(recipient, now=explainer.now)
    if campaign.mailbox is None:
        return Explanation(None, "The campaign has no sender. Choose one in its settings.", None)
    if campaign.in_grace(explainer.now):
        return Explanation(Reason.GRACE, recipient.plan_text or str(Reason.GRACE.label), recipient.planned_at)
    found = explainer.why(
        Message(
            mailbox=campaign.mailbox,
            lane=campaign.lane,
            status=MessageStatus.PLANNED,
            origin=MessageOrigin.CAMPAIGN,
            rank=recipient.turn,
            planned_at=recipient.planned_at,
            not_before=recipient.planned_at,
            read_before_write=step.position > 1,
        )
    )
    if found.reason == Reason.NOT_DUE and recipient.plan_text:
        return Explanation(Reason.NOT_DUE, recipient.plan_text, found.until)
    return found


def _task(recipient: Recipient, *, now: datetime) -> Explanation:
    assert recipient.planned_at is not None
    if recipient.campaign.status == CampaignStatus.PAUSED:
        return Explanation(Reason.CAMPAIGN_HELD, "The campaign is paused.", None)
    if recipient.planned_at > now:
        return Explanation(Reason.NOT_DUE, recipient.plan_text, recipient.planned_at)
    return Explanation(Reason.OPEN_TASK, "It is due: somebody has to do it (Tasks).", None)
