"""Every write about one person that is not a bulk import: making, editing, addresses, pins, bounces.

Each change keeps the search row and the suppression list in step in the same transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import Case, F, Max, Q, Value, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Conflict, Invalid
from sourcing import custom_fields, editing, known_again, owners, places, settling, social_profiles, values
from sourcing.editing import AlreadyThere
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ContactType,
    Education,
    Experience,
    Origin,
    OtherValue,
    RecordType,
    SocialProfile,
)
from sourcing.normalising import clean_text, linkedin_key, normalise_email, normalise_phone
from sourcing.privacy import CONTACT_COUNTS
from sourcing.search import index
from sourcing.selectors import own_or_shared
from sourcing.values import Statement

log = structlog.get_logger(__name__)

Row = TypeVar("Row", Experience, Education)


class Changed(Conflict):
    """Somebody else edited the person meanwhile.

    ``extra`` has ``current`` and ``yours`` (versions) and ``fields``: ``{name: {"current", "yours"}}`` of each field
    on which the two differ.
    """

    code: ClassVar[str] = "version_conflict"


class Nameless(Invalid):
    """A person needs a name, an e-mail address or a LinkedIn profile."""

    code: ClassVar[str] = "nameless"


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
    custom: Mapping[str, Any] | None = None,
    linkedin_url: str = "",
    record_type: str = RecordType.CANDIDATE,
    source: str = "",
    emails: Iterable[tuple[str, str]] = (),
    phones: Iterable[tuple[str, str]] = (),
    profiles: Iterable[str] = (),
    experience: Iterable[Mapping[str, str]] = (),
    education: Iterable[Mapping[str, str]] = (),
    origin: str = Origin.IMPORTED,
    owner_id: int | None = None,
) -> Candidate:
    """Make one person with everything known about them; ``emails`` and ``phones`` are ``(value, ContactType)``
    in order, ``profiles`` pages elsewhere besides LinkedIn's (``social_profiles.stated_url``). ``actor`` is their owner
    unless ``owner_id`` names a colleague.

    With ``origin=Origin.ADDED`` the addresses are typed in by ``actor`` and belong to them alone (seed 002,
    "Only you can see"); with any other origin they are the organisation's. Raises :class:`Nameless`,
    InvalidAddress, InvalidPhone, :class:`AlreadyThere` when another person has the LinkedIn profile, and
    ``known_again.Erased`` for somebody who was erased and blocked. It does not look for a person with the same
    e-mail address: two people may share one.
    """
    columns = {
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
        owner_id=actor.pk if actor and owner_id is None else owners.checked(organisation.pk, owner_id),
        linkedin_key=key,
        record_type=record_type,
        source=clean_text(source, limit=200),
        skills=editing.listed(skills),
        tags=editing.listed(tags),
        custom=custom_fields.merged(editing.fields_of(organisation.pk), {}, custom) if custom else {},
        **places.columns_for(clean_text(location)),
        **{name: editing.cleaned(name, value) for name, value in columns.items()},
    )
    if not (candidate.first_name or candidate.last_name or key or addresses):
        raise Nameless("A person needs a name, an e-mail address or a LinkedIn profile.")
    known_again.refuse_erased(
        organisation.pk, addresses=[normalise_email(value) for value, _ in addresses], profile=key
    )
    editing.save_once(candidate)
    if linkedin_url.strip():
        SocialProfile.objects.create(
            organisation=organisation,
            candidate=candidate,
            network="linkedin" if "linkedin." in linkedin_url.lower() else "web",
            url=linkedin_url.strip()[:500],
        )
    social_profiles.place(candidate, profiles)
    points = [
        *_points(candidate, ContactKind.EMAIL, addresses, actor=actor, origin=origin, source=source),
        *_points(candidate, ContactKind.PHONE, phones, actor=actor, origin=origin, source=source),
    ]
    ContactPoint.objects.bulk_create(points)
    positions = _add_history(candidate, Experience, experience)
    schools = _add_history(candidate, Education, education)
    known_again.traces_added(organisation.pk, [candidate.pk])
    index.made(candidate, points=points, experience=positions, education=schools)
    events.emit(
        "candidate.created",
        organisation_id=organisation.pk,
        subject=f"candidate:{candidate.pk}",
        candidate_id=candidate.pk,
        actor_id=actor.pk if actor else None,
    )
    return candidate


@transaction.atomic
def edit_candidate(
    *,
    candidate: Candidate,
    actor: User | None,
    version: int | None,
    changes: Mapping[str, Any],
    seen: Mapping[str, str] | None = None,
) -> Candidate:
    """Set columns of :data:`editing.EDITABLE`, ``skills``, ``tags``, ``record_type``, ``owner_id`` (None: nobody),
    ``linkedin_url`` or ``custom`` (``{key: raw value}``) by hand; the version rises by one.

    ``version`` is the one the editor saw. When it is no longer current, or None, the fields decide: ``seen`` has
    ``values.mark`` of what the editor saw of each field, and only a field that changed since then, to something else
    than the editor wants too, is a conflict; without ``seen`` every older version is. Then :class:`Changed` is raised
    and nothing is written. Raises Invalid for an unknown column or a custom value that does not fit, and
    :class:`Nameless` when nothing would be left to tell the person by.
    """
    unknown = set(changes) - {*editing.EDITABLE, *editing.FURTHER}
    if unknown:
        raise Invalid("Cannot be edited.", fields=dict.fromkeys(sorted(unknown), "Cannot be edited."))
    candidate = editing.lock(candidate)
    wanted = editing.wanted_of(candidate, changes)
    if candidate.version != version:
        _refuse_conflicts(candidate, wanted, version=version, seen=seen)
    changed = editing.set_by_hand(candidate, actor, wanted)
    if not (candidate.name != "Unnamed" or candidate.linkedin_key or candidate.contact_points.exists()):
        raise Nameless("A person needs a name, an e-mail address or a LinkedIn profile.")
    editing.save(candidate, actor, changed)
    return candidate


@transaction.atomic
def add_words(*, candidate: Candidate, actor: User, field: str, words: Iterable[str]) -> Candidate:
    """Add skills or tags; those the person has, case apart, stay once. Nobody's other edit is in the way."""
    person = editing.lock(candidate)
    present = _word_list(person, field)
    known = {word.casefold() for word in present}
    fresh = [word for word in editing.listed(words) if word.casefold() not in known]
    if len(present) + len(fresh) > editing.MAX_WORDS:
        raise Invalid(f"A person has {editing.MAX_WORDS} {field} at most.")
    return _set_words(person, actor, field, [*present, *fresh])


@transaction.atomic
def take_words(*, candidate: Candidate, field: str, words: Iterable[str], said: Statement) -> list[str]:
    """Skills a pull tells of, behind those that are there; those that are new. None is taken away.

    ``said`` (its value does not count) tells where a list comes from that was empty before.
    """
    person = editing.lock(candidate)
    present = _word_list(person, field)
    known = {word.casefold() for word in present}
    fresh = [word for word in editing.listed(words) if word.casefold() not in known]
    fresh = fresh[: max(0, editing.MAX_WORDS - len(present))]
    if not fresh:
        return []
    setattr(person, field, [*present, *fresh])
    if not present:
        settling.note(person, [field], said)
    editing.save(person, None, [field])
    return fresh


@transaction.atomic
def remove_word(*, candidate: Candidate, actor: User, field: str, word: str) -> Candidate:
    """Take one skill or tag away; one that is gone changes nothing."""
    person = editing.lock(candidate)
    rest = [kept for kept in _word_list(person, field) if kept.casefold() != word.casefold()]
    return _set_words(person, actor, field, rest)


@transaction.atomic
def use_value(*, other: OtherValue, actor: User) -> Candidate:
    """*Use this instead*: show one of the values that stood back; what it replaces stands back in its place.

    It counts as a hand edit by ``actor`` from then on. Raises Invalid if the field cannot hold it any more.
    """
    candidate = editing.lock(other.candidate)
    value = other.value
    if other.field.startswith(settling.CUSTOM):
        key = other.field.removeprefix(settling.CUSTOM)
        value = custom_fields.merged(editing.fields_of(candidate.organisation_id), {}, {key: value}).get(key)
    statement = Statement(
        value=value,
        origin=Origin.ADDED,
        at=timezone.now(),
        source=other.source,
        by=actor.pk,
        chosen=True,
    )
    changed = settling.state(candidate, {other.field: statement})
    editing.save(candidate, actor, changed)
    return candidate


@transaction.atomic
def take_statements(
    *, candidate: Candidate, actor: User | None, statements: Mapping[str, Statement]
) -> list[str]:
    """What a pull, a provider or a merge says about a person: the better value of each field is shown, the other kept.

    ``statements`` by field (a column of :data:`editing.EDITABLE` or ``custom.<key>``); values are cleaned here, and
    a custom value that does not fit its field is passed over. Returns the fields whose shown value changed.
    """
    candidate = editing.lock(candidate)
    fields = {field.key: field for field in editing.fields_of(candidate.organisation_id)}
    cleaned: dict[str, Statement] = {}
    for name, statement in statements.items():
        if name in editing.EDITABLE:
            cleaned[name] = replace(statement, value=editing.cleaned(name, statement.value))
        elif (key := name.removeprefix(settling.CUSTOM)) in fields and name != key:
            try:
                value = custom_fields.clean(fields[key], statement.value)
            except custom_fields.InvalidValue:
                log.info("people.value_does_not_fit", candidate_id=candidate.pk, field=name)
                continue
            cleaned[name] = replace(statement, value=value)
    before = dict(candidate.provenance)
    changed = settling.state(candidate, cleaned)
    if changed or candidate.provenance != before:
        editing.save(candidate, actor, changed)
    return changed


@transaction.atomic
def take_points(
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
        last = rows.aggregate(last=Max("position"))["last"]
        ContactPoint.objects.bulk_create(
            _points(
                candidate,
                kind,
                [(value, kind_of) for value in new],
                actor=None,
                origin=origin,
                source=source,
                behind=-1 if last is None else last,
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


@transaction.atomic
def contacted(candidate_id: int, at: datetime.datetime, by: User | None) -> None:  # noqa: ARG001 - who wrote is in the audit trail of the actor
    """Somebody wrote to the person at ``at``; an earlier moment than the known one changes nothing."""
    reason = "called for a message of the person's own organisation"
    Candidate.objects.across_organisations(reason).filter(pk=candidate_id).filter(
        Q(last_contacted_at__isnull=True) | Q(last_contacted_at__lt=at)
    ).update(
        last_contacted_at=Greatest(F("last_contacted_at"), at),
        # Whoever was told stays told: LEAST of nothing and a moment would be the moment.
        untold_since=Case(
            When(untold_since__isnull=False, then=Least(F("untold_since"), Value(at - CONTACT_COUNTS))),
            default=None,
        ),
    )
    index.contacted([candidate_id], at)


def _refuse_conflicts(
    candidate: Candidate, wanted: Mapping[str, Any], *, version: int | None, seen: Mapping[str, str] | None
) -> None:
    """Raise :class:`Changed` naming both values of each field that somebody else changed."""
    both = {
        name: {"current": settling.read(candidate, name), "yours": value}
        for name, value in wanted.items()
        if settling.read(candidate, name) != value
        and (seen is None or seen.get(name) != values.mark(settling.read(candidate, name)))
    }
    if seen is None or both:
        raise Changed(
            "Somebody changed this person while you were editing. Look at both values and save again.",
            current=candidate.version,
            yours=version,
            fields=both,
        )


def _word_list(candidate: Candidate, field: str) -> list[str]:
    if field not in ("skills", "tags"):
        raise Invalid("Cannot be edited.", fields={field: "Cannot be edited."})
    words: list[str] = getattr(candidate, field)
    return words


def _set_words(candidate: Candidate, actor: User, field: str, words: list[str]) -> Candidate:
    changed = editing.set_by_hand(candidate, actor, {field: words})
    if changed:
        editing.save(candidate, actor, changed)
    return candidate


def _points(
    candidate: Candidate,
    kind: ContactKind,
    values: Iterable[tuple[str, str]],
    *,
    actor: User | None,
    origin: str,
    source: str,
    behind: int = -1,
) -> list[ContactPoint]:
    """Rows in the order given, after the position ``behind``; not written yet."""
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


def _add_history(candidate: Candidate, model: type[Row], entries: Iterable[Mapping[str, str]]) -> list[Row]:
    return model.objects.bulk_create(
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
    if kind == ContactKind.EMAIL:
        known_again.refuse_erased(candidate.organisation_id, addresses=[normalised])
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
