"""What campaigns do when outreach has news: the consumer "campaigns.folding".

Message outcomes are folded into their recipients; replies, automatic answers and opt-outs concern a person and
may reach further than the one campaign (docs/behaviour.md §5).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from campaigns import folding, marking, merging, planning, sender_changes, senders, standing, timing
from campaigns.models import Attempt, Recipient
from campaigns.states import ACTIVE, GOING, AttemptOutcome, Hold, HoldReason, Progress, RecipientEvent
from foundation import events
from foundation.models import Event
from outreach.models import InboundMessage
from outreach.states import LEFT_US, Interest, MessageStatus, Reason
from sourcing.merging import current

OUTCOMES = (
    "message.sent",
    "message.refused",
    "message.bounced",
    "message.failed",
    "message.uncertain",
    "message.requeued",
    "message.cancelled",
    "message.suppressed",
)


@events.consumer(
    "campaigns.folding",
    *OUTCOMES,
    "message.replied",
    "message.possible_reply",
    "message.auto_replied",
    "message.interest_corrected",
    "candidate.opted_out",
    "candidate.written_by_hand",
    "mailbox.changed",
    "mailbox.lent",
    "mailbox.withdrawn",
)
def react(event: Event) -> None:
    """One piece of news from outreach, in one transaction with its delivery."""
    now = timezone.now()
    if event.kind in OUTCOMES:
        folding.fold(message_id=event.ids["message_id"], organisation_id=event.organisation_id, now=now)
    elif event.kind == "message.replied":
        replied(organisation_id=event.organisation_id, inbound_id=event.ids["inbound_id"], now=now)
        interest_read(
            organisation_id=event.organisation_id, inbound_id=event.ids["inbound_id"], user_id=None, now=now
        )
    elif event.kind == "message.interest_corrected":
        interest_read(
            organisation_id=event.organisation_id,
            inbound_id=event.ids["inbound_id"],
            user_id=event.ids["user_id"],
            now=now,
        )
    elif event.kind == "message.possible_reply":
        possibly_replied(organisation_id=event.organisation_id, inbound_id=event.ids["inbound_id"])
    elif event.kind == "message.auto_replied":
        out_of_office(organisation_id=event.organisation_id, inbound_id=event.ids["inbound_id"])
    elif event.kind == "candidate.opted_out":
        opted_out(organisation_id=event.organisation_id, candidate_id=_whose(event), now=now)
    elif event.kind == "candidate.written_by_hand":
        written_by_hand(
            organisation_id=event.organisation_id,
            candidate_id=_whose(event),
            mailbox_id=event.ids["mailbox_id"],
            inbound_id=event.ids["inbound_id"],
        )
    elif event.kind == "mailbox.changed":
        sender_changes.mailbox_changed(
            organisation_id=event.organisation_id, mailbox_id=event.ids["mailbox_id"], now=now
        )
    else:
        sender_changes.loan_changed(
            organisation_id=event.organisation_id,
            mailbox_id=event.ids["mailbox_id"],
            user_id=event.ids["user_id"],
            now=now,
        )


def _whose(event: Event) -> int:
    """The person it is about, by their present id: a merge may have come in between."""
    return current(event.organisation_id, event.ids["candidate_id"])


@transaction.atomic
def replied(*, organisation_id: int, inbound_id: int, now: datetime) -> None:
    """A reply ends its recipient; the person's other running campaigns are held and ask.

    Matched by id or token, that one recipient ends; by address only, every recipient of the person that was
    written to from this mailbox does. Mail received before the first message of a recipient never counts.
    """
    inbound = InboundMessage.objects.for_organisation(organisation_id).filter(pk=inbound_id).first()
    if inbound is None or inbound.candidate_id is None:
        return
    ended: list[Recipient] = []
    others: list[Recipient] = []
    for recipient in _recipients_of(organisation_id, inbound.candidate_id):
        (ended if _answered_by(recipient, inbound).exists() else others).append(recipient)
    # A merge may have stopped the one that was answered: the reply is its heir's.
    heirs = {merging.heir(recipient) for recipient in ended}
    ended, others = (
        [r for r in [*ended, *others] if r.pk in heirs],
        [r for r in [*ended, *others] if r.pk not in heirs],
    )
    for recipient in ended:
        standing.apply_event(recipient, RecipientEvent.REPLIED, now=now, cancel=Reason.REPLIED)
        standing.complete_if_done(recipient.campaign_id, organisation_id=organisation_id)
    if not ended:
        return
    _hold_company(organisation_id, [r for r in ended if r.campaign.hold_company])
    names = ", ".join(sorted({r.campaign.name for r in ended}))
    for recipient in others:
        if recipient.progress in GOING and recipient.campaign.status in ACTIVE:
            standing.put_on_hold(
                recipient, Hold.PAUSED, reason=HoldReason.REPLIED_ELSEWHERE, text=f"Replied in {names}."
            )


def _hold_company(organisation_id: int, answered: list[Recipient]) -> None:
    """The others at the company of somebody who replied wait for a word, where the campaign says so (row C14)."""
    for recipient in answered:
        company = recipient.candidate.company.strip()
        if not company:
            continue
        colleagues = (
            Recipient.objects.for_organisation(organisation_id)
            .select_for_update(of=("self",), no_key=True)
            .filter(campaign_id=recipient.campaign_id, progress__in=GOING, candidate__company__iexact=company)
            .exclude(pk=recipient.pk)
        )
        for colleague in colleagues.order_by("pk"):
            standing.put_on_hold(colleague, Hold.PAUSED, reason=HoldReason.COMPANY_REPLIED)


@transaction.atomic
def interest_read(*, organisation_id: int, inbound_id: int, user_id: int | None, now: datetime) -> None:
    """What an answer means is its recipient's mark; what only the reader said never replaces a person's word.

    A referral is nobody's interest: it stays with the mail.
    """
    inbound = InboundMessage.objects.for_organisation(organisation_id).filter(pk=inbound_id).first()
    if inbound is None or inbound.candidate_id is None:
        return
    if user_id is None and inbound.meaning in {"", Interest.REFERRAL}:
        return
    actor = User.objects.filter(organisation_id=organisation_id, pk=user_id or 0).first()
    for recipient in _recipients_of(organisation_id, inbound.candidate_id):
        if _answered_by(recipient, inbound).exists() and recipient.merged_into_id is None:
            marking.take_over(recipient, interest=inbound.meaning, actor=actor, now=now)


def _answered_by(recipient: Recipient, inbound: InboundMessage) -> QuerySet[Attempt]:
    """The attempts that a mail may be the answer to: the one it names, else what left from its mailbox before it came.

    Compared with the beginning of the sending, since an answer may overtake its end, and by the second, since that is
    how exactly a mail server tells when a mail came.
    """
    attempts = Attempt.objects.for_organisation(recipient.organisation_id).filter(recipient=recipient)
    if inbound.message_id is not None:
        return attempts.filter(message_id=inbound.message_id)
    return attempts.filter(
        message__mailbox_id=inbound.mailbox_id,
        message__sending_at__lt=inbound.received_at + timedelta(seconds=1),
        message__status__in=[s.value for s in (*LEFT_US, MessageStatus.SENDING)],
    )


@transaction.atomic
def possibly_replied(*, organisation_id: int, inbound_id: int) -> None:
    """A doubtful match holds the person's next steps and asks (docs/behaviour.md §5)."""
    inbound = InboundMessage.objects.for_organisation(organisation_id).filter(pk=inbound_id).first()
    if inbound is None or inbound.candidate_id is None:
        return
    for recipient in _recipients_of(organisation_id, inbound.candidate_id):
        standing.put_on_hold(recipient, Hold.POSSIBLE_REPLY, reason=HoldReason.DOUBTFUL_MATCH)


@transaction.atomic
def out_of_office(*, organisation_id: int, inbound_id: int) -> None:
    """Nothing stops; a stated return date moves the next step to the working day after it."""
    inbound = InboundMessage.objects.for_organisation(organisation_id).filter(pk=inbound_id).first()
    if inbound is None or inbound.candidate_id is None or inbound.returns_at is None:
        return
    for recipient in _recipients_of(organisation_id, inbound.candidate_id):
        if recipient.progress not in GOING or recipient.planned_at is None:
            continue
        rules = planning.timing_of(recipient.campaign)
        returns_on = inbound.returns_at.astimezone(ZoneInfo(recipient.campaign.zone)).date()
        plan = timing.after_absence(
            rules,
            planned=recipient.planned_at,
            returns_on=returns_on,
            branch=timing.Branch(recipient.branch or timing.Branch.STARTED),
        )
        if plan is None:
            continue
        recipient.planned_at, recipient.plan_text = plan.instant, plan.explanation
        recipient.save(update_fields=["planned_at", "plan_text"])
        standing.put_on_hold(
            recipient, Hold.OUT_OF_OFFICE, reason=HoldReason.OUT_OF_OFFICE, until=plan.instant
        )


@transaction.atomic
def opted_out(*, organisation_id: int, candidate_id: int, now: datetime) -> None:
    """Every recipient of the person ends as Unsubscribed, in every campaign."""
    for recipient in _recipients_of(organisation_id, candidate_id):
        standing.apply_event(recipient, RecipientEvent.OPTED_OUT, now=now, cancel=Reason.UNSUBSCRIBED)
        standing.complete_if_done(recipient.campaign_id, organisation_id=organisation_id)


@transaction.atomic
def written_by_hand(*, organisation_id: int, candidate_id: int, mailbox_id: int, inbound_id: int) -> None:
    """Somebody wrote to the person outside Beckon from this mailbox: its campaigns wait for a word.

    Only those the person was in when that mail was written; an old mail that is read late holds nothing.
    """
    inbound = InboundMessage.objects.for_organisation(organisation_id).filter(pk=inbound_id).first()
    if inbound is None:
        return
    for recipient in _recipients_of(organisation_id, candidate_id):
        if recipient.added_at > inbound.received_at + timedelta(seconds=1):
            continue
        if recipient.progress in GOING and mailbox_id in senders.conversing(recipient):
            standing.put_on_hold(recipient, Hold.PAUSED, reason=HoldReason.WROTE_BY_HAND)


def _recipients_of(organisation_id: int, candidate_id: int) -> list[Recipient]:
    """All recipients of a person under their row locks, in id order so that two of these never wait for each other."""
    return list(
        Recipient.objects.for_organisation(organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("campaign__organisation")
        .filter(candidate_id=candidate_id)
        .exclude(progress=Progress.UNSUBSCRIBED)
        .order_by("pk")
    )


def end_of_absence(*, now: datetime, limit: int = 500) -> int:
    """Release out-of-office holds whose date has come; how many."""
    due = Recipient.objects.across_organisations("the clock is everybody's").filter(
        hold=Hold.OUT_OF_OFFICE, hold_until__lte=now
    )
    ids = list(due.order_by("hold_until", "pk").values_list("pk", flat=True)[:limit])
    return (
        Recipient.objects.across_organisations("the clock is everybody's")
        .filter(pk__in=ids, hold=Hold.OUT_OF_OFFICE)
        .update(hold=Hold.NONE, hold_code="", hold_text="", hold_until=None)
    )


def answered_step(recipient: Recipient) -> int | None:
    """The attempt whose step is shown as *Replied*: the one answered, else the last one sent; None if neither."""
    sent = Attempt.objects.for_organisation(recipient.organisation_id).filter(
        recipient=recipient, outcome__in=[AttemptOutcome.SENT, AttemptOutcome.UNCERTAIN]
    )
    answered = (
        sent.filter(message__inbound__verdict="reply").order_by("-pk").values_list("pk", flat=True).first()
    )
    return answered or sent.order_by("-pk").values_list("pk", flat=True).first()
