"""How one person of a request ends: what was found is added and paid for, or the credit comes back.

Each end is one transaction; a person who ended meanwhile, or is gone, stays as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from foundation import events, runs
from foundation.models import Run
from sourcing import contact_points, known_again, sightings, suppression
from sourcing.finding import ledger
from sourcing.finding.finding import ALREADY, cause_of, having
from sourcing.finding.providers import display_name
from sourcing.finding.providers.base import Contact
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ContactType,
    FindingItem,
    FindingStatus,
    Origin,
)
from sourcing.normalising import InvalidAddress, InvalidPhone, clean_text, normalise_email, normalise_phone
from sourcing.search import index


@dataclass(frozen=True, slots=True)
class _Point:
    """One address or number fit to store."""

    value: str
    normalised: str
    type: str
    status: str


def usable(item: FindingItem, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Those that can be stored: well formed, no generated address, and not forbidden by the suppression list."""
    points = [(contact, _point(item.kind, contact)) for contact in contacts]
    forbidden: set[tuple[int, str]] = set()
    if item.kind == ContactKind.EMAIL:
        pairs = [(item.candidate_id, point.normalised) for _, point in points if point]
        forbidden = suppression.suppressed_among(item.organisation_id, pairs)
    return tuple(
        contact
        for contact, point in points
        if point is not None and (item.candidate_id, point.normalised) not in forbidden
    )


def _point(kind: str, contact: Contact) -> _Point | None:
    """A contact as it is stored; None for what nobody can be reached at, which includes generated addresses."""
    value = clean_text(contact.value, limit=320)
    try:
        normalised = normalise_email(value) if kind == ContactKind.EMAIL else normalise_phone(value)
    except (InvalidAddress, InvalidPhone):
        return None
    type_ = contact.type if contact.type in ContactType.values else ContactType.OTHER
    status = ContactStatus.VERIFIED if contact.verified else ContactStatus.UNKNOWN
    return _Point(value, normalised, type_, status)


@transaction.atomic
def take(run: Run, item: FindingItem, contacts: Sequence[Contact], *, provider: str) -> None:
    """Add what was found, pay for it and end the person; nothing new, nothing paid.

    The candidate's row is locked first, as in every operation that adds addresses.
    """
    person = (
        Candidate.objects.for_organisation(item.organisation_id)
        .select_for_update(no_key=True)
        .filter(pk=item.candidate_id)
        .first()
    )
    row = _waiting(item)
    if person is None or row is None:
        return
    if having(item.organisation_id, item.kind, [person.pk]):
        _end(run, row, FindingStatus.HAD, ALREADY)
        return
    points = [point for contact in contacts if (point := _point(item.kind, contact))]
    sightings.seen(
        organisation_id=person.organisation_id,
        points=[(person.pk, item.kind, point.normalised) for point in points],
        at=timezone.now(),
    )
    added = _add(person, item.kind, contacts, provider)
    if not added:
        _end(run, row, FindingStatus.NOT_FOUND, "Only what is there already and does not work.")
        return
    known_again.traces_added(person.organisation_id, [person.pk])
    index.refresh([person.pk])
    events.emit(
        "candidate.updated",
        organisation_id=person.organisation_id,
        subject=f"candidate:{person.pk}",
        candidate_id=person.pk,
    )
    row.provider, row.brought = provider, added
    row.spend = ledger.spend(
        organisation_id=row.organisation_id,
        kind=row.kind,
        cause=cause_of(row),
        actor=run.actor,
        note=display_name(provider),
    )
    _mark(run, row, FindingStatus.FOUND, "")


def _add(person: Candidate, kind: str, contacts: Sequence[Contact], provider: str) -> list[str]:
    """Store the new ones behind those that are there, shared by everybody; their normalised forms in order."""
    rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person, kind=kind)
    known = set(rows.filter(shared=True).values_list("normalised", flat=True))
    position = contact_points.last_position(person, kind) + 1
    new: dict[str, ContactPoint] = {}
    for contact in contacts:
        point = _point(kind, contact)
        if point is None or point.normalised in known or point.normalised in new:
            continue
        new[point.normalised] = ContactPoint(
            organisation_id=person.organisation_id,
            candidate=person,
            kind=kind,
            type=point.type,
            value=point.value,
            normalised=point.normalised,
            position=min(position + len(new), 32_767),
            origin=Origin.FOUND,
            source=display_name(provider),
            status=point.status,
        )
    ContactPoint.objects.bulk_create(new.values())
    return list(new)


@transaction.atomic
def settle(run: Run, item: FindingItem, status: FindingStatus, reason: str) -> None:
    """End a person without anything found; their credit comes back."""
    row = _waiting(item)
    if row is not None:
        _end(run, row, status, reason)


def _waiting(item: FindingItem) -> FindingItem | None:
    """The item under its lock, or None when it ended, or went with its person, meanwhile."""
    return (
        FindingItem.objects.for_organisation(item.organisation_id)
        .select_for_update()
        .filter(pk=item.pk, status=FindingStatus.WAITING)
        .first()
    )


def _end(run: Run, row: FindingItem, status: FindingStatus, reason: str) -> None:
    ledger.release(
        organisation_id=row.organisation_id, kind=row.kind, causes=[cause_of(row)], actor=run.actor
    )
    _mark(run, row, status, reason)


def _mark(run: Run, row: FindingItem, status: FindingStatus, reason: str) -> None:
    """The last writes of the transaction: the person's end and the run's count, which fails if the lease is lost."""
    row.status, row.reason, row.settled_at = status, reason, timezone.now()
    row.save(update_fields=["status", "reason", "settled_at", "provider", "brought", "spend"])
    if status == FindingStatus.FAILED:
        runs.progress(run, failed=run.failed + 1)
    else:
        runs.progress(run, done=run.done + 1)
