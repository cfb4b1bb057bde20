"""Every write about one person that is not a bulk import: making, editing, addresses, pins, bounces.

Each change keeps the search row and the suppression list in step in the same transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Conflict, Invalid
from sourcing import suppression
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ContactType,
    Education,
    Experience,
    Origin,
    RecordType,
    SocialProfile,
)
from sourcing.normalising import clean_block, clean_text, linkedin_key, normalise_email, normalise_phone
from sourcing.search import index

#: The columns a person or a program may edit, with their longest value.
EDITABLE: Mapping[str, int] = {
    "first_name": 300,
    "last_name": 300,
    "headline": 500,
    "title": 300,
    "company": 300,
    "location": 300,
    "summary": 20_000,
}


class Changed(Conflict):
    """Somebody else edited the person meanwhile. ``extra`` has ``current`` (their version) and ``yours``."""

    code: ClassVar[str] = "version_conflict"


class Nameless(Invalid):
    """A person needs a name, an e-mail address or a LinkedIn profile."""

    code: ClassVar[str] = "nameless"


class AlreadyThere(Conflict):
    """The person has this address, or another person has this profile."""

    code: ClassVar[str] = "already_there"


@transaction.atomic
def create_candidate(
    *,
    organisation: Organisation,
    actor: User | None,
    first_name: str = "",
    last_name: str = "",
    headline: str = "",
    title: str = "",
    company: str = "",
    location: str = "",
    summary: str = "",
    skills: Sequence[str] = (),
    tags: Sequence[str] = (),
    linkedin_url: str = "",
    record_type: str = RecordType.CANDIDATE,
    source: str = "",
    emails: Iterable[tuple[str, str]] = (),
    phones: Iterable[tuple[str, str]] = (),
    experience: Iterable[Mapping[str, str]] = (),
    education: Iterable[Mapping[str, str]] = (),
    origin: str = Origin.IMPORTED,
) -> Candidate:
    """Make one person with everything known about them; ``emails`` and ``phones`` are ``(value, ContactType)``
    in order.

    With ``origin=Origin.ADDED`` the addresses are typed in by ``actor`` and belong to them alone (seed 002,
    "Only you can see"); with any other origin they are the organisation's. Raises :class:`Nameless`,
    InvalidAddress, InvalidPhone, and :class:`AlreadyThere` when another person has the LinkedIn profile. It
    does not look for a person with the same e-mail address: two people may share one.
    """
    values = {
        "first_name": first_name,
        "last_name": last_name,
        "headline": headline,
        "title": title,
        "company": company,
        "location": location,
        "summary": summary,
    }
    addresses = list(emails)
    key = linkedin_key(linkedin_url)
    candidate = Candidate(
        organisation=organisation,
        created_by=actor,
        linkedin_key=key,
        record_type=record_type,
        source=clean_text(source, limit=200),
        skills=_listed(skills),
        tags=_listed(tags),
        **{name: _cleaned(name, value) for name, value in values.items()},
    )
    if not (candidate.first_name or candidate.last_name or key or addresses):
        raise Nameless("A person needs a name, an e-mail address or a LinkedIn profile.")
    _save_once(candidate)
    if linkedin_url.strip():
        SocialProfile.objects.create(
            organisation=organisation,
            candidate=candidate,
            network="linkedin" if "linkedin." in linkedin_url.lower() else "web",
            url=linkedin_url.strip()[:500],
        )
    _add_points(candidate, ContactKind.EMAIL, addresses, actor=actor, origin=origin, source=source)
    _add_points(candidate, ContactKind.PHONE, phones, actor=actor, origin=origin, source=source)
    _add_history(candidate, Experience, experience)
    _add_history(candidate, Education, education)
    suppression.traces_added(organisation.pk, [candidate.pk])
    index.refresh([candidate.pk])
    _tell("candidate.created", candidate)
    return candidate


@transaction.atomic
def edit_candidate(
    *,
    candidate: Candidate,
    actor: User | None,  # noqa: ARG001 - the trail names the actor
    version: int,
    changes: Mapping[str, Any],
) -> Candidate:
    """Set columns of :data:`EDITABLE`, ``skills``, ``tags``, ``record_type`` or ``linkedin_url``; the version
    rises by one.

    ``version`` is the one the editor saw; :class:`Changed` when it is no longer current, and nothing is written.
    Raises Invalid for an unknown column and :class:`Nameless` when nothing would be left to tell the person by.
    """
    unknown = set(changes) - {*EDITABLE, "skills", "tags", "record_type", "linkedin_url"}
    if unknown:
        raise Invalid("Cannot be edited.", fields=dict.fromkeys(sorted(unknown), "Cannot be edited."))
    candidate = (
        Candidate.objects.for_organisation(candidate.organisation_id).select_for_update().get(pk=candidate.pk)
    )
    if candidate.version != version:
        raise Changed(
            "Somebody changed this person while you were editing. Look at the new values and save again.",
            current=candidate.version,
            yours=version,
        )
    for name, value in changes.items():
        if name in EDITABLE:
            setattr(candidate, name, _cleaned(name, value))
        elif name in ("skills", "tags"):
            setattr(candidate, name, _listed(value))
        elif name == "record_type":
            candidate.record_type = RecordType(value)
        else:
            candidate.linkedin_key = linkedin_key(value)
    if not (candidate.name != "Unnamed" or candidate.linkedin_key or candidate.contact_points.exists()):
        raise Nameless("A person needs a name, an e-mail address or a LinkedIn profile.")
    candidate.version += 1
    _save_once(candidate)
    suppression.traces_added(candidate.organisation_id, [candidate.pk])
    index.refresh([candidate.pk])
    _tell("candidate.updated", candidate)
    return candidate


@transaction.atomic
def add_email(*, candidate: Candidate, actor: User, type: str, value: str) -> ContactPoint:  # noqa: A002 - the word of the page
    """Add an address by hand; it belongs to ``actor`` and nobody else ever sees it (seed 002; docs/behaviour.md §3).

    If the organisation or another user knows the same address, each keeps their own row. Raises InvalidAddress, and
    :class:`AlreadyThere` if ``actor`` can already see the address on this person.
    """
    return _add_by_hand(candidate, actor, ContactKind.EMAIL, type, value.strip(), normalise_email(value))


@transaction.atomic
def add_phone(*, candidate: Candidate, actor: User, type: str, value: str) -> ContactPoint:  # noqa: A002 - the word of the page
    """Add a number by hand, private to ``actor`` like an address. Raises InvalidPhone or :class:`AlreadyThere`."""
    return _add_by_hand(candidate, actor, ContactKind.PHONE, type, value.strip(), normalise_phone(value))


@transaction.atomic
def remove_contact_point(*, contact_point: ContactPoint, actor: User) -> None:
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


@transaction.atomic
def contacted(candidate_id: int, at: datetime.datetime, by: User | None) -> None:  # noqa: ARG001 - who wrote is in the audit trail of the actor
    """Somebody wrote to the person at ``at``; an earlier moment than the known one changes nothing."""
    reason = "called for a message of the person's own organisation"
    Candidate.objects.across_organisations(reason).filter(pk=candidate_id).filter(
        Q(last_contacted_at__isnull=True) | Q(last_contacted_at__lt=at)
    ).update(last_contacted_at=Greatest(F("last_contacted_at"), at))
    index.contacted([candidate_id], at)


def _tell(kind: str, candidate: Candidate) -> None:
    events.emit(
        kind,
        organisation_id=candidate.organisation_id,
        subject=f"candidate:{candidate.pk}",
        candidate_id=candidate.pk,
    )


def _cleaned(name: str, value: str) -> str:
    return clean_block(value) if name == "summary" else clean_text(value, limit=EDITABLE[name])


def _listed(values: Iterable[str]) -> list[str]:
    """Cleaned, without repetition (case apart), at most 200."""
    cleaned = (clean_text(value, limit=100) for value in values)
    return list({value.casefold(): value for value in cleaned if value}.values())[:200]


def _save_once(candidate: Candidate) -> None:
    try:
        with transaction.atomic():
            candidate.save()
    except IntegrityError as error:
        if "sourcing_candidate_linkedin_once" not in str(error):
            raise
        raise AlreadyThere("Another person has this LinkedIn profile.") from error


def _add_points(
    candidate: Candidate,
    kind: ContactKind,
    values: Iterable[tuple[str, str]],
    *,
    actor: User | None,
    origin: str,
    source: str,
) -> None:
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
                position=len(rows),
                origin=origin,
                source=clean_text(source, limit=200),
                shared=origin != Origin.ADDED,
                added_by=actor,
            ),
        )
    ContactPoint.objects.bulk_create(rows.values())


def _add_history(
    candidate: Candidate, model: type[Experience] | type[Education], entries: Iterable[Mapping[str, str]]
) -> None:
    model.objects.bulk_create(
        [
            model(organisation_id=candidate.organisation_id, candidate=candidate, position=position, **entry)
            for position, entry in enumerate(entries)
        ]
    )


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
    if rows.filter(Q(shared=True) | Q(added_by=actor), normalised=normalised).exists():
        raise AlreadyThere("This person already has it.", fields={"value": "This person already has it."})
    last = rows.aggregate(last=Max("position"))["last"]
    point = ContactPoint.objects.create(
        organisation_id=candidate.organisation_id,
        candidate=candidate,
        kind=kind,
        type=type_,
        value=value[:320],
        normalised=normalised,
        position=0 if last is None else min(last + 1, 32_767),
        origin=Origin.ADDED,
        shared=False,
        added_by=actor,
    )
    suppression.traces_added(candidate.organisation_id, [candidate.pk])
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
