"""What a person decides about mail that came in: what it means, whether it is an answer, that it is dealt with.

News of it goes up by event (``message.interest_corrected``); nothing here ends or starts a campaign.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Right, require
from foundation import events
from foundation.problems import Invalid
from outreach import lane_access
from outreach.inbound.match import Certainty
from outreach.models import InboundMessage, Mailbox
from outreach.models.inbound import NO_INTEREST
from outreach.states import Interest, Verdict


@transaction.atomic
def correct(*, row: InboundMessage, interest: str, actor: User, now: datetime) -> bool:
    """Say what an answer means, or with an empty ``interest`` that it says nothing; True if that is new.

    What was read stays beside it. Raises Invalid for a word that is none of ``Interest``, NotAllowed.
    """
    require(actor, Right.CAMPAIGN_EDIT)
    lane_access.require_change(actor, row.message.lane_id if row.message else None)
    if interest and interest not in Interest.values:
        raise Invalid("Choose one of the marks.", fields={"interest": "Choose one of the marks."})
    found = (
        InboundMessage.objects.for_organisation(row.organisation_id)
        .select_for_update(of=("self",))
        .get(pk=row.pk)
    )
    if found.meaning == interest and (found.corrected_interest or interest):
        return False
    _correct(found, interest, actor, now)
    events.emit(
        "message.interest_corrected",
        organisation_id=found.organisation_id,
        subject=f"message:{found.message_id}" if found.message_id else f"candidate:{found.candidate_id}",
        inbound_id=found.pk,
        user_id=actor.pk,
    )
    return True


def agree(
    *,
    organisation_id: int,
    candidate_id: int,
    mailbox_ids: Collection[int],
    interest: str,
    actor: User,
    now: datetime,
) -> None:
    """A mark made elsewhere is the newest answer's as well; no news of it. Call inside a transaction."""
    newest = (
        _answers(organisation_id, candidate_id)
        .filter(mailbox_id__in=mailbox_ids)
        .select_for_update(of=("self",))
        .order_by("-received_at", "-pk")
        .first()
    )
    if newest is not None and newest.meaning != interest:
        _correct(newest, interest, actor, now)


@transaction.atomic
def set_done(*, row: InboundMessage, done: bool, actor: User, now: datetime) -> None:
    """Nobody has to answer this conversation any more, or somebody has to again. Raises NotAllowed."""
    require(actor, Right.CAMPAIGN_EDIT)
    lane_access.require_change(actor, row.message.lane_id if row.message else None)
    rows = InboundMessage.objects.for_organisation(row.organisation_id)
    if done:
        same = Q(pk=row.pk)
        if row.candidate_id is not None:
            same |= Q(
                candidate_id=row.candidate_id, mailbox_id=row.mailbox_id, received_at__lte=row.received_at
            )
        rows.filter(same, done_at__isnull=True).update(done_at=now, done_by=actor)
    else:
        rows.filter(pk=row.pk).update(done_at=None, done_by=None)


def answered_elsewhere(*, mailbox: Mailbox, candidate_ids: Collection[int], at: datetime) -> None:
    """The owner wrote to these people from a mail program: what they had sent before is dealt with."""
    if candidate_ids:
        InboundMessage.objects.for_organisation(mailbox.organisation_id).filter(
            mailbox=mailbox, candidate_id__in=candidate_ids, received_at__lte=at, done_at__isnull=True
        ).update(done_at=at, done_by=mailbox.owner_id)


def settle_doubt(
    *, organisation_id: int, candidate_id: int, is_answer: bool, actor: User, now: datetime
) -> int:
    """A person answers "possible reply": every doubtful mail of the person is theirs, or is none of ours; how many.

    Call inside a transaction.
    """
    doubtful = _answers(organisation_id, candidate_id).filter(certainty=Certainty.POSSIBLE.value)
    if not is_answer:
        return _is_none(doubtful, actor, now)
    return doubtful.update(
        certainty=Certainty.ADDRESS.value, explanation=f"{actor.name} said that it is an answer."[:500]
    )


def no_answer(
    *,
    organisation_id: int,
    candidate_id: int,
    mailbox_ids: Collection[int],
    message_ids: Collection[int],
    actor: User,
    now: datetime,
) -> int:
    """*Not a reply*: mail that counted as the answer to these messages does not any more; how many.

    So does mail that was matched by its address alone in these mailboxes. Call inside a transaction.
    """
    by_address = Q(message__isnull=True, mailbox_id__in=mailbox_ids)
    rows = _answers(organisation_id, candidate_id).filter(by_address | Q(message_id__in=message_ids))
    return _is_none(rows, actor, now)


def _is_none(rows: QuerySet[InboundMessage], actor: User, now: datetime) -> int:
    return rows.update(
        verdict=Verdict.OTHER,
        explanation=f"{actor.name} said that it is no answer."[:500],
        corrected_interest=NO_INTEREST,
        corrected_by=actor,
        corrected_at=now,
        done_at=now,
        done_by=actor,
    )


def _answers(organisation_id: int, candidate_id: int) -> QuerySet[InboundMessage]:
    return InboundMessage.objects.for_organisation(organisation_id).filter(
        candidate_id=candidate_id, verdict=Verdict.REPLY
    )


def _correct(row: InboundMessage, interest: str, actor: User, now: datetime) -> None:
    row.corrected_interest = interest or NO_INTEREST
    row.corrected_by, row.corrected_at = actor, now
    row.save(update_fields=["corrected_interest", "corrected_by", "corrected_at"])
