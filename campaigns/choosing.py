"""Gathers what ``addressing`` needs for many recipients at once, and asks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from campaigns import addressing
from campaigns.models import Attempt, Recipient
from campaigns.states import AttemptOutcome
from sourcing import suppression
from sourcing.models import ContactKind, ContactPoint, ContactStatus
from sourcing.normalising import is_dummy_address

_KINDS = {"personal": addressing.Kind.PERSONAL, "work": addressing.Kind.WORK}


def choose_for(recipients: Sequence[Recipient]) -> dict[int, addressing.Choice | addressing.NoAddress]:
    """The address of each recipient's next message (docs/behaviour.md §3), by recipient id.

    Recipients are of one organisation and carry their ``campaign``; three queries for any number of them.
    """
    if not recipients:
        return {}
    organisation = recipients[0].organisation_id
    points = _points(organisation, recipients)
    overrides = [(r.candidate_id, r.override_address) for r in recipients if r.override_address]
    suppressed = suppression.suppressed_among(
        organisation, [*((p.candidate_id, p.normalised) for p in points), *overrides]
    )
    addresses = _addresses(points, suppressed)
    burnt = _burnt(organisation, recipients)
    chosen = {}
    for recipient in recipients:
        known = addresses[recipient.candidate_id]
        asked = _asked(recipient, known, burnt[recipient.pk], suppressed)
        current = next((a for a in known if recipient.address and a.text == recipient.address), None)
        chosen[recipient.pk] = addressing.choose_again(current, known, asked)
    return chosen


def addresses_of(recipient: Recipient) -> list[addressing.Address]:
    """All e-mail addresses of the recipient's person in relevance order, private ones of anybody included."""
    points = _points(recipient.organisation_id, [recipient])
    suppressed = suppression.suppressed_among(
        recipient.organisation_id, [(p.candidate_id, p.normalised) for p in points]
    )
    return _addresses(points, suppressed)[recipient.candidate_id]


def starter_of(recipient: Recipient) -> int:
    """Whose private addresses count: who started the campaign, before that its owner."""
    campaign = recipient.campaign
    return campaign.started_by_id or campaign.owner_id


def _asked(
    recipient: Recipient,
    known: list[addressing.Address],
    burnt: frozenset[str],
    suppressed: set[tuple[int, str]],
) -> addressing.Recipient:
    override = None
    if text := recipient.override_address:
        override = next((a for a in known if a.text == text), None) or addressing.Address(
            id=None,
            text=text,
            bounced=text in burnt,
            suppressed=(recipient.candidate_id, text) in suppressed,
            dummy=is_dummy_address(text),
        )
    return addressing.Recipient(
        starter=starter_of(recipient),
        added_at=recipient.added_at,
        prefer=addressing.Prefer(recipient.campaign.prefer),
        strict=recipient.campaign.strict_type,
        override=override,
        pin=recipient.pinned_id,
        burnt=burnt,
    )


def _points(organisation: int, recipients: Sequence[Recipient]) -> list[ContactPoint]:
    return list(
        ContactPoint.objects.for_organisation(organisation)
        .filter(candidate_id__in={r.candidate_id for r in recipients}, kind=ContactKind.EMAIL)
        .order_by("candidate_id", "position", "pk")
    )


def _addresses(
    points: Sequence[ContactPoint], suppressed: set[tuple[int, str]]
) -> dict[int, list[addressing.Address]]:
    found: dict[int, list[addressing.Address]] = defaultdict(list)
    for point in points:
        found[point.candidate_id].append(
            addressing.Address(
                id=point.pk,
                text=point.normalised,
                kind=_KINDS.get(point.type, addressing.Kind.OTHER),
                valid=point.status != ContactStatus.INVALID,
                bounced=point.status == ContactStatus.BOUNCED,
                suppressed=(point.candidate_id, point.normalised) in suppressed,
                dummy=is_dummy_address(point.normalised),
                private_to=None if point.shared else point.added_by_id,
                added_at=point.first_seen_at,
            )
        )
    return found


def _burnt(organisation: int, recipients: Sequence[Recipient]) -> dict[int, frozenset[str]]:
    bounced: dict[int, set[str]] = defaultdict(set)
    rows = Attempt.objects.for_organisation(organisation).filter(
        recipient_id__in=[r.pk for r in recipients], outcome=AttemptOutcome.HARD, live=True
    )
    for recipient_id, address in rows.values_list("recipient_id", "address"):
        bounced[recipient_id].add(address)
    return defaultdict(frozenset, {pk: frozenset(found) for pk, found in bounced.items()})
