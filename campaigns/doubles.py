"""Two people who may be one in one campaign: the one less far on waits until somebody has decided.

Otherwise the same person could get every step twice before anybody looked at the pair (G29). Nothing is stopped: *Go
on* releases it like any other hold, and so does a decision or a merge.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns import merging, planning, standing
from campaigns.models import Recipient
from campaigns.states import GOING, Hold, HoldReason, further_on
from foundation import events
from foundation.models import Event
from sourcing.models import DuplicatePair, PairState


@events.consumer("campaigns.doubles", "duplicates.found", "duplicate.decided", "candidate.merged")
def react(event: Event) -> None:
    """Pairs were found: hold. One was decided or merged: let go."""
    if event.kind == "duplicates.found":
        pairs = DuplicatePair.objects.for_organisation(event.organisation_id).filter(
            pk__in=[int(pk) for pk in str(event.ids["pair_ids"]).split(",")]
        )
        hold(event.organisation_id, pairs.filter(state=PairState.OPEN))
    else:
        names = ("first_id", "second_id") if event.kind == "duplicate.decided" else ("candidate_id",)
        let_go(event.organisation_id, [event.ids[name] for name in names], now=timezone.now())


def hold_among(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """People were added to a campaign: hold those of them who may be somebody that is in it already."""
    pairs = DuplicatePair.objects.for_organisation(organisation_id).filter(state=PairState.OPEN)
    hold(organisation_id, pairs.filter(Q(first__in=candidate_ids) | Q(second__in=candidate_ids)))


@transaction.atomic
def hold(organisation_id: int, pairs: Collection[DuplicatePair]) -> None:
    """Of both people of a pair in one campaign, both still going, the one less far on needs attention."""
    pairs = list(pairs)
    if not pairs:
        return
    people = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    rows = (
        Recipient.objects.for_organisation(organisation_id)
        .select_for_update(of=("self",), no_key=True)
        .select_related("campaign")
        .filter(candidate_id__in=people, progress__in=GOING)
        .order_by("pk")
    )
    at = {(row.candidate_id, row.campaign_id): row for row in rows}
    steps = merging.steps_out([row.pk for row in at.values()])
    for pair in pairs:
        for (candidate_id, campaign_id), one in at.items():
            two = at.get((pair.second_id, campaign_id))
            if candidate_id != pair.first_id or two is None:
                continue
            less = min(
                (one, two),
                key=lambda row: (*further_on(row.progress, steps_out=steps.get(row.pk, 0)), -row.pk),
            )
            standing.put_on_hold(less, Hold.NEEDS_ATTENTION, reason=HoldReason.POSSIBLE_DUPLICATE)


@transaction.atomic
def let_go(organisation_id: int, candidate_ids: Collection[int], *, now: datetime) -> None:
    """What this module held goes on, planned anew as at Resume, unless another open pair still holds it."""
    rows = Recipient.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, hold_code=HoldReason.POSSIBLE_DUPLICATE
    )
    open_pairs = DuplicatePair.objects.for_organisation(organisation_id).filter(state=PairState.OPEN)
    for pk, candidate_id, campaign_id in rows.order_by("pk").values_list("pk", "candidate_id", "campaign_id"):
        with_them = open_pairs.filter(Q(first=candidate_id) | Q(second=candidate_id)).values_list(
            "first", "second"
        )
        others = {other for pair in with_them for other in pair} - {candidate_id}
        doubted = Recipient.objects.for_organisation(organisation_id).filter(
            campaign_id=campaign_id, candidate_id__in=others, progress__in=GOING
        )
        recipient = standing.lock(pk, organisation_id=organisation_id)
        if recipient is None or doubted.exists():
            continue
        if standing.release(recipient) and planning.replan_overdue(recipient, moment=now):
            recipient.save(update_fields=planning.PLAN_FIELDS)
