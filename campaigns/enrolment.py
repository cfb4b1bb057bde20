"""Adding people to a campaign: who is in, who is refused, and why."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.models import User
from campaigns import doubles, planning, standing
from campaigns.models import Campaign, Recipient
from campaigns.states import CampaignStatus, RecipientEvent, check_campaign
from outreach.states import Reason
from sourcing import suppression
from sourcing.models import Candidate, ContactKind, ContactPoint

ALREADY_IN = "already in this campaign"
DO_NOT_CONTACT = "on the do-not-contact list"


@dataclass(frozen=True)
class Enrolment:
    """What became of a request to add people: ids that were added, and ids that were refused with the reason."""

    added: tuple[int, ...] = ()
    refused: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def add_people(
    *, campaign: Campaign, candidate_ids: Collection[int], actor: User | None, now: datetime
) -> Enrolment:
    """Make recipients of the given people of the campaign's organisation; ids of others are ignored.

    Refused are people already in the campaign and people who must not be written to; people without a usable
    address are added and stand as *Needs attention* when their turn comes (docs/behaviour.md §2, §3). A running
    campaign plans them with ``start`` = now; a completed one runs again. The pin that counts is that of now.
    """
    organisation = campaign.organisation_id
    found = list(
        Candidate.objects.for_organisation(organisation)
        .filter(pk__in=set(candidate_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    refused = refusals(campaign, found)
    pins = _pins(organisation, found, actor)
    Recipient.objects.bulk_create(
        [
            Recipient(
                organisation_id=organisation,
                campaign=campaign,
                candidate_id=candidate_id,
                added_by=actor,
                seed=secrets.token_hex(8),
                pinned_id=pins.get(candidate_id),
            )
            for candidate_id in found
            if candidate_id not in refused
        ],
        # Somebody else may be adding the same people at this moment; theirs count.
        ignore_conflicts=True,
    )
    added = list(
        Recipient.objects.for_organisation(organisation).filter(
            campaign=campaign, candidate_id__in=set(found) - set(refused)
        )
    )
    _plan_if_running(campaign, added, now)
    doubles.hold_among(organisation, [recipient.candidate_id for recipient in added])
    for recipient in added:
        standing.tell(recipient)
    return Enrolment(added=tuple(r.candidate_id for r in added), refused=refused)


def refusals(campaign: Campaign, candidate_ids: Collection[int]) -> dict[int, str]:
    """Who of these people cannot be added at all, and why."""
    organisation = campaign.organisation_id
    there = set(
        Recipient.objects.for_organisation(organisation)
        .filter(campaign=campaign, candidate_id__in=candidate_ids)
        .values_list("candidate_id", flat=True)
    )
    refused = dict.fromkeys(sorted(there), ALREADY_IN)
    for candidate_id in sorted(suppression.suppressed_people(organisation, list(candidate_ids)) - there):
        refused[candidate_id] = DO_NOT_CONTACT
    return refused


def _plan_if_running(campaign: Campaign, added: list[Recipient], now: datetime) -> None:
    if not added:
        return
    if campaign.status == CampaignStatus.COMPLETED:
        check_campaign(CampaignStatus.COMPLETED, CampaignStatus.RUNNING)
        campaign.status = CampaignStatus.RUNNING
        campaign.save(update_fields=["status"])
    if campaign.status in {CampaignStatus.STARTING, CampaignStatus.RUNNING}:
        for recipient in added:
            recipient.campaign = campaign
        planning.plan_first_steps(campaign, added, start_at=now)


def _pins(organisation: int, candidate_ids: Collection[int], actor: User | None) -> dict[int, int]:
    """The address each person has pinned; a pin on a private address counts for its adder only."""
    pinned = ContactPoint.objects.for_organisation(organisation).filter(
        candidate_id__in=candidate_ids, kind=ContactKind.EMAIL, pinned_at__isnull=False
    )
    pins: dict[int, int] = {}
    for point in pinned.order_by("-pinned_at"):
        if point.shared or (actor is not None and point.added_by_id == actor.pk):
            pins.setdefault(point.candidate_id, point.pk)
    return pins


@transaction.atomic
def stop(
    *, recipient_id: int, organisation_id: int, actor: User | None, now: datetime, reason: str = ""
) -> bool:
    """End one recipient; True if that changed something. What waits in the outbox is cancelled.

    Without an ``actor`` another system asks for it, and ``reason`` says so.
    """
    recipient = standing.lock(recipient_id, organisation_id=organisation_id)
    if recipient is None:
        return False
    with standing.act_of(actor, recipient):
        return standing.apply_event(
            recipient,
            RecipientEvent.STOPPED,
            now=now,
            reason=reason or (f"Stopped by {actor.name}" if actor else ""),
            cancel=Reason.STOPPED,
        )
