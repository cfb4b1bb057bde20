"""How a recipient answered: Interested, Meeting, Not now, Not interested …, said by a person or read from the answer.

A mark implies an answer, so it ends the campaign for the person as *Replied*; it never suppresses anybody, and taking
it back starts nothing again (docs/behaviour.md §5 and §8). Search facts and other rooms hear of it by
``recipient.interest_changed``.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import senders, standing
from campaigns.models import Recipient
from campaigns.states import Progress, RecipientEvent
from foundation import events
from foundation.problems import Invalid
from outreach.inbound import answering
from outreach.states import Interest, Reason

#: What is offered as a reason; anything else may be written.
REASONS: dict[Interest, tuple[str, ...]] = {
    Interest.NOT_INTERESTED: (
        "Happy where they are",
        "Compensation",
        "Location",
        "Role",
        "Company",
        "Contract or hours",
    ),
    Interest.NOT_NOW: ("Just started a new job", "Timing", "Asked to be contacted later"),
    Interest.WRONG_PERSON: ("Not their field", "Left that job", "Somebody else's address"),
}
LONGEST_REASON = 200


@transaction.atomic
def mark(*, recipient: Recipient, interest: str, reason: str = "", actor: User, now: datetime) -> bool:
    """Say how the person answered, or with an empty ``interest`` take it back; True if that changed something.

    The newest answer in the Inbox is corrected with it. Raises Invalid for a word that is none of ``Interest``.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    if interest and interest not in Interest.values:
        raise Invalid("Choose one of the marks.", fields={"interest": "Choose one of the marks."})
    found = standing.lock(recipient.pk, organisation_id=recipient.organisation_id)
    if found is None:
        return False
    answering.agree(
        organisation_id=found.organisation_id,
        candidate_id=found.candidate_id,
        mailbox_ids=senders.conversing(found),
        interest=interest,
        actor=actor,
        now=now,
    )
    text = " ".join(reason.split())[:LONGEST_REASON] if interest else ""
    return _set(found, interest, text, actor, now)


def take_over(recipient: Recipient, *, interest: str, actor: User | None, now: datetime) -> bool:
    """What an answer in the Inbox was read or corrected as, for a recipient under its row lock.

    Without an ``actor`` it is the reader's word, which never replaces a person's.
    """
    if actor is None and recipient.interest_by_id is not None:
        return False
    return _set(
        recipient, interest, "" if interest != recipient.interest else recipient.interest_reason, actor, now
    )


def _set(recipient: Recipient, interest: str, reason: str, actor: User | None, now: datetime) -> bool:
    changed = (recipient.interest, recipient.interest_reason) != (interest, reason)
    if not changed and recipient.interest_by_id == (actor.pk if actor else None):
        return False
    with standing.act_of(actor, recipient):
        recipient.interest, recipient.interest_reason = interest, reason
        recipient.interest_by, recipient.interest_at = actor, now
        recipient.save(update_fields=["interest", "interest_reason", "interest_by", "interest_at"])
        if interest and recipient.progress != Progress.REPLIED:
            standing.apply_event(recipient, RecipientEvent.REPLIED, now=now, cancel=Reason.REPLIED)
            standing.complete_if_done(recipient.campaign_id, organisation_id=recipient.organisation_id)
    events.emit(
        "recipient.interest_changed",
        organisation_id=recipient.organisation_id,
        subject=f"recipient:{recipient.pk}",
        recipient_id=recipient.pk,
        interest=interest,
    )
    return True
