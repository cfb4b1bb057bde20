"""One person is made, and edited by hand or by what others say of them: fields, skills and tags, the last contact.

Each change keeps the search row and the suppression list in step in the same transaction. Addresses and numbers of
somebody who is there already are those of ``contact_points``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import structlog
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Conflict, Invalid
from sourcing import (
    contact_points,
    custom_fields,
    editing,
    known_again,
    owners,
    places,
    settling,
    social_profiles,
    values,
)
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Education,
    Experience,
    Origin,
    OtherValue,
    RecordType,
    SocialProfile,
)
from sourcing.normalising import clean_text, linkedin_key, normalise_email
from sourcing.privacy import CONTACT_COUNTS
from sourcing.search import index
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
    InvalidAddress, InvalidPhone, ``editing.AlreadyThere`` when another person has the LinkedIn profile, and
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
        *contact_points.unsaved(
            candidate, ContactKind.EMAIL, addresses, actor=actor, origin=origin, source=source
        ),
        *contact_points.unsaved(
            candidate, ContactKind.PHONE, phones, actor=actor, origin=origin, source=source
        ),
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


def _add_history(candidate: Candidate, model: type[Row], entries: Iterable[Mapping[str, str]]) -> list[Row]:
    return model.objects.bulk_create(
        [
            model(organisation_id=candidate.organisation_id, candidate=candidate, position=position, **entry)
            for position, entry in enumerate(entries)
        ]
    )
