"""Why a recipient's next step has not left yet, and when it will: for pages and API.

Before its turn comes a step has no message, so the outbox is asked about the one that would be written; what only the
campaign knows (a hold, an open task, no plan yet) is said here.
"""

from __future__ import annotations

from datetime import datetime

from campaigns import senders
from campaigns.models import Recipient
from campaigns.states import GOING, CampaignStatus, Hold, StepKind
from outreach.models import Mailbox, Message, MessageOrigin
from outreach.outbox.explaining import Explainer, Explanation
from outreach.states import MessageStatus, Reason


def why(recipient: Recipient, *, now: datetime) -> Explanation | None:
    """The first thing in the way of the next step; None when no step is left or the person is at an end.

    The recipient carries its campaign with mailbox and lane, its next step with its mailbox, and its open attempt's
    message.
    """
    if recipient.progress not in GOING:
        return None
    explainer = Explainer(now)
    if recipient.hold == Hold.NONE and recipient.open_attempt is not None:
        return explainer.why(recipient.open_attempt.message)
    return why_not_yet(recipient, explainer=explainer)


def why_not_yet(recipient: Recipient, *, explainer: Explainer) -> Explanation:
    """The first thing in the way of a step that is not written; ``campaign`` comes with mailbox and lane.

    A person's own hold is told first, then what the campaign and the mailbox say, then the plan.
    """
    if recipient.hold != Hold.NONE:
        return Explanation(Reason.RECIPIENT_HELD, recipient.hold_text, recipient.hold_until)
    campaign, step = recipient.campaign, recipient.next_step
    if campaign.status == CampaignStatus.DRAFT:
        return Explanation(Reason.CAMPAIGN_HELD, "The campaign is not started.", None)
    if campaign.status == CampaignStatus.PAUSED:
        text = campaign.lane.held_text or str(Reason.CAMPAIGN_HELD.label)
        return Explanation(Reason.CAMPAIGN_HELD, text, campaign.resume_at)
    if step is None or recipient.planned_at is None:
        return Explanation(Reason.CAMPAIGN_HELD, campaign.lane.held_text or "It is being planned.", None)
    if step.kind != StepKind.EMAIL:
        return _of_task(recipient, explainer.now)
    mailbox = senders.of_step(campaign, step)
    if mailbox is None:
        text = "The campaign has no e-mail account. Choose one in its settings."
        return Explanation(Reason.MAILBOX_REMOVED, text, None)
    if campaign.in_grace(explainer.now):
        return Explanation(Reason.GRACE, recipient.plan_text or str(Reason.GRACE.label), recipient.planned_at)
    found = explainer.why(_would_be(recipient, mailbox))
    if found.reason == Reason.NOT_DUE:
        return Explanation(Reason.NOT_DUE, recipient.plan_text or found.text, found.until)
    return found


def _of_task(recipient: Recipient, now: datetime) -> Explanation:
    planned = recipient.planned_at
    if planned is not None and planned > now:
        return Explanation(Reason.NOT_DUE, recipient.plan_text, planned)
    return Explanation(Reason.OPEN_TASK, "It is due: somebody has to do it (Tasks).", None)


def _would_be(recipient: Recipient, mailbox: Mailbox) -> Message:
    """The message that would be written now; never saved."""
    campaign, step = recipient.campaign, recipient.next_step
    assert recipient.planned_at is not None
    assert step is not None
    return Message(
        organisation_id=recipient.organisation_id,
        mailbox=mailbox,
        lane=campaign.lane,
        candidate_id=recipient.candidate_id,
        origin=MessageOrigin.CAMPAIGN,
        status=MessageStatus.PLANNED,
        rank=recipient.turn,
        planned_at=recipient.planned_at,
        not_before=recipient.planned_at,
        read_before_write=step.position > 1,
    )
