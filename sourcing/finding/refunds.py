"""When a bounced address gives its credit back (seed 002; docs/behaviour.md §4, "Refund")."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from sourcing import suppression
from sourcing.finding import ledger
from sourcing.models import ContactKind, ContactPoint, ContactStatus, FindingItem


def refund_bounce(
    *, organisation_id: int, candidate_id: int, starter_id: int | None, burnt: Collection[str] = ()
) -> int:
    """A campaign has set this person to ``Bounced``: give back what was paid for addresses that do not work.

    Called in that transaction. ``burnt`` are the normalised addresses that bounced in the campaign, for the case
    that the profile does not say so yet. Refunded is each e-mail spend of this person that brought an address which
    bounced, if the person has no other valid address of any type: shared, or ``starter_id``'s own (who started the
    campaign), not bounced or invalid, not suppressed. One refund per spend, whatever the number of campaigns,
    reports or merges; nothing spent, nothing refunded. Returns how many credits came back.
    """
    rows = _emails(organisation_id, candidate_id).filter(status=ContactStatus.BOUNCED)
    bounced = sorted({*rows.values_list("normalised", flat=True), *burnt})
    if _another_valid(organisation_id, candidate_id, starter_id, bounced):
        return 0
    paid = FindingItem.objects.for_organisation(organisation_id).filter(
        candidate_id=candidate_id, kind=ContactKind.EMAIL, spend__isnull=False, brought__overlap=bounced
    )
    return sum(
        ledger.refund(
            organisation_id=organisation_id,
            kind=ContactKind.EMAIL,
            cause=f"refund:{spend_id}",
            note="The address bounced and there is no other",
        )
        for spend_id in paid.order_by("pk").values_list("spend_id", flat=True)
    )


def _another_valid(
    organisation_id: int, candidate_id: int, starter_id: int | None, bounced: Collection[str]
) -> bool:
    own = Q(shared=True) | Q(added_by_id=starter_id) if starter_id is not None else Q(shared=True)
    living = (
        _emails(organisation_id, candidate_id)
        .filter(own)
        .exclude(Q(status__in=(ContactStatus.BOUNCED, ContactStatus.INVALID)) | Q(normalised__in=bounced))
    )
    pairs = [(candidate_id, address) for address in living.values_list("normalised", flat=True)]
    return len(set(pairs)) > len(suppression.suppressed_among(organisation_id, pairs)) if pairs else False


def _emails(organisation_id: int, candidate_id: int) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.for_organisation(organisation_id).filter(
        candidate_id=candidate_id, kind=ContactKind.EMAIL
    )
