"""The one writer of a recipient's progress and hold. Callers hold the recipient's row lock.

What may follow what is ``campaigns.states``; here it is carried out: the end of a recipient takes its plan
away and cancels what is still waiting, a hold keeps the plan and stops the feed from seeing it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from accounts import acts
from accounts.models import User
from campaigns.models import Attempt, Campaign, Recipient
from campaigns.states import (
    ENDED,
    AttemptOutcome,
    CampaignStatus,
    Hold,
    HoldReason,
    Progress,
    RecipientEvent,
    check_campaign,
    check_progress,
    hold_after,
    progress_after,
)
from foundation import events
from foundation.problems import Missing
from outreach.outbox import queue
from outreach.states import Reason


def lock(recipient_id: int, *, organisation_id: int) -> Recipient | None:
    """The recipient under its row lock, or None when it is gone. Call inside a transaction."""
    return (
        Recipient.objects.for_organisation(organisation_id)
        .select_for_update(of=("self",))
        .select_related("campaign")
        .filter(pk=recipient_id)
        .first()
    )


def lock_for(recipient_id: int, *, actor: User) -> Recipient:
    """A recipient of the actor's organisation under its row lock. Call inside a transaction. Raises Missing."""
    assert actor.organisation_id is not None
    recipient = lock(recipient_id, organisation_id=actor.organisation_id)
    if recipient is None:
        raise Missing("There is no such recipient.")
    return recipient


def lock_campaign(campaign_id: int, *, organisation_id: int) -> Campaign:
    """The campaign, organisation and mailbox beside it, under its row lock. Call inside a transaction."""
    return (
        Campaign.objects.for_organisation(organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("organisation", "mailbox", "owner", "lane")
        .get(pk=campaign_id)
    )


def act_of(actor: User | None, recipient: Recipient) -> AbstractContextManager[None]:
    """What the code inside does to the recipient stands in the audit trail as the actor's; words about the person do
    not, because an erasure must find no copy of them."""
    return acts.told(
        recipient,
        actor=actor,
        columns=("progress", "hold", "interest"),
        unsaid=("override_address", "overrides", "interest_reason"),
    )


def tell(recipient: Recipient) -> None:
    """News for whoever shows or searches recipients; search facts are refreshed from it."""
    events.emit(
        "recipient.changed",
        organisation_id=recipient.organisation_id,
        subject=f"recipient:{recipient.pk}",
        recipient_id=recipient.pk,
    )


def apply_event(
    recipient: Recipient,
    event: RecipientEvent,
    *,
    now: datetime,
    reason: str = "",
    cancel: Reason | None = None,
) -> bool:
    """Move progress as ``states.AFTER`` says; True if it changed.

    An end removes the plan and the hold, and cancels what of this recipient still waits in the outbox with
    ``cancel`` as the reason shown. Saved here; nothing else of the row is touched.
    """
    before = Progress(recipient.progress)
    after = progress_after(before, event)
    if after is before:
        return False
    recipient.progress = after
    fields = ["progress"]
    if after in ENDED:
        recipient.planned_at = None
        recipient.hold, recipient.hold_code, recipient.hold_text, recipient.hold_until = (
            Hold.NONE,
            "",
            "",
            None,
        )
        recipient.ended_at = now
        recipient.ended_reason = reason
        fields += ["planned_at", "hold", "hold_code", "hold_text", "hold_until", "ended_at", "ended_reason"]
    elif before in ENDED:
        recipient.ended_at, recipient.ended_reason = None, ""
        fields += ["ended_at", "ended_reason"]
    recipient.save(update_fields=fields)
    if after in ENDED and cancel is not None:
        cancel_waiting(recipient, reason=cancel, now=now)
    tell(recipient)
    return True


def go_on_after_end(recipient: Recipient) -> None:
    """A completed recipient goes on: a step was added and somebody asked for it. Saved here without a plan."""
    check_progress(recipient.progress, Progress.STARTED)
    recipient.progress = Progress.STARTED
    recipient.ended_at, recipient.ended_reason = None, ""
    recipient.save(update_fields=["progress", "ended_at", "ended_reason"])
    tell(recipient)


def put_on_hold(
    recipient: Recipient,
    hold: Hold,
    *,
    reason: HoldReason | Reason,
    text: str = "",
    until: datetime | None = None,
) -> bool:
    """Hold the recipient unless a stronger hold stands already; True if it now stands."""
    if recipient.progress in ENDED or hold_after(recipient.hold, hold) is not hold:
        return False
    recipient.hold = hold
    recipient.hold_code = str(reason.value)
    recipient.hold_text = text or str(reason.label)
    recipient.hold_until = until
    recipient.save(update_fields=["hold", "hold_code", "hold_text", "hold_until"])
    tell(recipient)
    return True


def release(recipient: Recipient, *, only: Hold | None = None) -> bool:
    """Take the hold away (only if it is ``only``, when given); the plan is what it was."""
    if recipient.hold == Hold.NONE or (only is not None and recipient.hold != only):
        return False
    recipient.hold, recipient.hold_code, recipient.hold_text, recipient.hold_until = Hold.NONE, "", "", None
    recipient.save(update_fields=["hold", "hold_code", "hold_text", "hold_until"])
    tell(recipient)
    return True


def cancel_waiting(recipient: Recipient, *, reason: Reason, now: datetime) -> None:
    """Cancel this recipient's messages that no mail server has been offered yet."""
    waiting = list(
        Attempt.objects.for_organisation(recipient.organisation_id)
        .filter(recipient=recipient, outcome__in=[AttemptOutcome.OPEN])
        .values_list("message_id", flat=True)
    )
    if waiting:
        queue.cancel(message_ids=waiting, reason=reason, now=now)


def complete_if_done(campaign_id: int, *, organisation_id: int) -> bool:
    """``running`` → ``completed`` once every recipient is at an end and nothing is under way; True if it was."""
    open_ones = (
        Recipient.objects.for_organisation(organisation_id)
        .filter(campaign_id=campaign_id)
        .exclude(progress__in=[p.value for p in ENDED])
    )
    if open_ones.exists():
        return False
    check_campaign(CampaignStatus.RUNNING, CampaignStatus.COMPLETED)
    done = (
        Campaign.objects.for_organisation(organisation_id)
        .filter(pk=campaign_id, status=CampaignStatus.RUNNING, recipients__isnull=False)
        .distinct()
    )
    return (
        Campaign.objects.for_organisation(organisation_id)
        .filter(pk__in=done.values("pk"))
        .update(status=CampaignStatus.COMPLETED)
        == 1
    )
