"""One person's addresses and numbers: added by hand, told of by a pull or a page, pinned, bounced, removed.

What is added keeps the suppression list in step in the same transaction, and the search row where it is shared: a
private one is in no search row.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from foundation.problems import Invalid
from sourcing import editing, known_again, places
from sourcing.editing import AlreadyThere
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactStatus, ContactType, Origin
from sourcing.normalising import clean_text, normalise_email, normalise_phone
from sourcing.search import index
from sourcing.selectors import own_or_shared


def unsaved(
    candidate: Candidate,
    kind: ContactKind,
    values: Iterable[tuple[str, str]],
    *,
    actor: User | None,
    origin: str,
    source: str,
    behind: int = -1,
) -> list[ContactPoint]:
    """Rows for the ``(value, ContactType)`` in ``values``, in that order after the position ``behind``, one for each
    normalised value; not written yet.

    With ``origin=Origin.ADDED`` they belong to ``actor`` alone, with any other to the organisation. Raises
    InvalidAddress or InvalidPhone.
    """
    normalise = normalise_email if kind == ContactKind.EMAIL else normalise_phone
    rows: dict[str, ContactPoint] = {}
    for value, kind_of in values:
        normalised = normalise(value)
        rows.setdefault(
            normalised,
            ContactPoint(
                organisation_id=candidate.organisation_id,
                candidate=candidate,
                kind=kind,
                type=ContactType(kind_of),
                value=value.strip()[:320],
                normalised=normalised,
                position=min(behind + 1 + len(rows), 32_767),
                origin=origin,
                source=clean_text(source, limit=200),
                shared=origin != Origin.ADDED,
                added_by=actor,
            ),
        )
    return list(rows.values())


def last_position(candidate: Candidate, kind: str) -> int:
    """Where the last one of the person stands, whoever may see it; -1 when there is none. The person must be locked,
    so that what is put behind it does not collide."""
    rows = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, kind=kind
    )
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


@transaction.atomic
def take(
    *,
    candidate: Candidate,
    emails: Collection[str],
    phones: Collection[str],
    origin: str,
    source: str,
    kind_of: str = ContactType.WORK,
    read_by: User | None = None,
) -> int:
    """Addresses and numbers a pull tells of, behind those that are there, for everybody; how many were new.

    One that somebody keeps to themselves stays theirs: it may have got there with their own export. What ``read_by``
    read on a page is new when they do not see it here: a colleague's own row beside it changes nothing, and is not told
    of (docs/behaviour.md §3). Values must be normalised. Raises ``known_again.Erased``.
    """
    candidate = editing.lock(candidate)
    added = 0
    for kind, given in ((ContactKind.EMAIL, emails), (ContactKind.PHONE, phones)):
        rows = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
            candidate=candidate, kind=kind
        )
        seen = rows if read_by is None else rows.filter(own_or_shared(read_by))
        known = set(seen.values_list("normalised", flat=True))
        new = [value for value in dict.fromkeys(given) if value not in known]
        if kind == ContactKind.EMAIL and new:
            known_again.refuse_erased(candidate.organisation_id, addresses=new)
        ContactPoint.objects.bulk_create(
            unsaved(
                candidate,
                kind,
                [(value, kind_of) for value in new],
                actor=None,
                origin=origin,
                source=source,
                behind=last_position(candidate, kind),
            )
        )
        added += len(new)
    if added:
        known_again.traces_added(candidate.organisation_id, [candidate.pk])
        index.refresh([candidate.pk])
    return added


@transaction.atomic
def add_email(*, candidate: Candidate, actor: User, type: str, value: str) -> ContactPoint:  # noqa: A002 - the word of the page
    """Add an address by hand; it belongs to ``actor`` and nobody else ever sees it (seed 002; docs/behaviour.md §3).

    If the organisation or another user knows the same address, each keeps their own row. Raises InvalidAddress, and
    :class:`AlreadyThere` if ``actor`` can already see the address on this person.
    """
    return _add_by_hand(candidate, actor, ContactKind.EMAIL, type, value.strip(), normalise_email(value))


@transaction.atomic
def add_phone(*, candidate: Candidate, actor: User, type: str, value: str) -> ContactPoint:  # noqa: A002 - the word of the page
    """Add a number by hand, private to ``actor`` like an address. A number without country code is read as one of the
    country the person lives in. Raises InvalidPhone or :class:`AlreadyThere`."""
    normalised = normalise_phone(value, region=region_of(candidate))
    return _add_by_hand(candidate, actor, ContactKind.PHONE, type, value.strip(), normalised)


def region_of(candidate: Candidate) -> str | None:
    """The country (ISO 3166, two letters) the person lives in, as far as their place tells."""
    place = places.by_id(candidate.place_id) if candidate.place_id is not None else None
    return place.country if place else None


@transaction.atomic
def remove(*, contact_point: ContactPoint, actor: User) -> None:
    """Delete one address or number that ``actor`` added by hand; shared ones stay, they are the organisation's."""
    if contact_point.shared or contact_point.added_by_id != actor.pk:
        raise Invalid("Only what you added yourself can be removed.")
    contact_point.delete()


@transaction.atomic
def pin(*, contact_point: ContactPoint, actor: User) -> None:
    """*Use this address first in messaging campaign*: new campaigns write to this address, whatever they prefer.

    A pin on a shared address holds for the organisation, one on a private address only for its adder, and it takes
    the place of the pins ``actor`` could see in that role: pinning a shared address clears other shared pins and the
    actor's private ones; pinning a private address clears the actor's private ones only, and goes before shared
    pins for the actor (docs/behaviour.md §3).
    """
    _pinnable(contact_point, actor)
    _unpin(contact_point, actor)
    contact_point.pinned_at = timezone.now()
    contact_point.save(update_fields=["pinned_at"])


@transaction.atomic
def unpin(*, contact_point: ContactPoint, actor: User) -> None:
    """Take *Use this address first* back. Nothing happens if it is not pinned."""
    _pinnable(contact_point, actor)
    contact_point.pinned_at = None
    contact_point.save(update_fields=["pinned_at"])


def mark_bounced(
    *, organisation_id: int, candidate_id: int, address: str, at: datetime.datetime, cause: str
) -> int:
    """The normalised ``address`` of this person does not exist: mark every row of it, private ones of any user
    included.

    ``cause`` is told to people ("5.1.1 mailbox does not exist"). Returns how many rows changed; a second report
    changes nothing.
    """
    return (
        ContactPoint.objects.for_organisation(organisation_id)
        .filter(candidate_id=candidate_id, kind=ContactKind.EMAIL, normalised=address)
        .exclude(status=ContactStatus.BOUNCED)
        .update(status=ContactStatus.BOUNCED, bounced_at=at, status_note=clean_text(cause, limit=200))
    )


def mark_valid(*, contact_point: ContactPoint, actor: User) -> None:
    """A person says that a bounced address works after all; only then may it be used again (docs/behaviour.md §4)."""
    _pinnable(contact_point, actor)
    contact_point.status = ContactStatus.UNKNOWN
    contact_point.bounced_at = None
    contact_point.status_note = ""
    contact_point.save(update_fields=["status", "bounced_at", "status_note"])


#: What a person may say by hand about an address or number; bounces are stated by the mail that came back.
BY_HAND = (ContactStatus.VERIFIED, ContactStatus.INVALID, ContactStatus.UNKNOWN)


@transaction.atomic
def set_status(*, contact_point: ContactPoint, actor: User, status: str) -> None:
    """A person says that an address or number works, does not, or that nobody knows. Raises Invalid for another state
    or for somebody else's private address."""
    _pinnable(contact_point, actor)
    if status not in BY_HAND:
        raise Invalid("Choose verified, invalid or unknown.")
    contact_point.status = status
    contact_point.status_note = "" if status == ContactStatus.UNKNOWN else f"said by {actor}"[:200]
    contact_point.bounced_at = None
    contact_point.save(update_fields=["status", "status_note", "bounced_at"])


def _add_by_hand(
    candidate: Candidate, actor: User, kind: ContactKind, type_: str, value: str, normalised: str
) -> ContactPoint:
    """One private row at the end of the order; the candidate row is locked so that positions do not collide."""
    if type_ not in ContactType.values:
        raise Invalid("Choose a type.", fields={"type": "Choose a type."})
    rows = ContactPoint.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate, kind=kind
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sourcing_candidate WHERE id = %s FOR NO KEY UPDATE", [candidate.pk])
    if kind == ContactKind.EMAIL:
        known_again.refuse_erased(candidate.organisation_id, addresses=[normalised])
    if rows.filter(Q(shared=True) | Q(added_by=actor), normalised=normalised).exists():
        raise AlreadyThere("This person already has it.", fields={"value": "This person already has it."})
    point = ContactPoint.objects.create(
        organisation_id=candidate.organisation_id,
        candidate=candidate,
        kind=kind,
        type=type_,
        value=value[:320],
        normalised=normalised,
        position=min(last_position(candidate, kind) + 1, 32_767),
        origin=Origin.ADDED,
        shared=False,
        added_by=actor,
    )
    known_again.traces_added(candidate.organisation_id, [candidate.pk])
    return point


def _pinnable(contact_point: ContactPoint, actor: User) -> None:
    if not contact_point.shared and contact_point.added_by_id != actor.pk:
        raise Invalid("This address is somebody else's.")


def _unpin(contact_point: ContactPoint, actor: User) -> None:
    others = ContactPoint.objects.for_organisation(contact_point.organisation_id).filter(
        candidate_id=contact_point.candidate_id, kind=contact_point.kind, pinned_at__isnull=False
    )
    own = Q(shared=False, added_by=actor)
    others.filter(own | Q(shared=True) if contact_point.shared else own).exclude(pk=contact_point.pk).update(
        pinned_at=None
    )
