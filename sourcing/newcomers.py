"""Many people at once whom another system tells of: what :func:`sourcing.people.create_candidate` does for one.

A fixed number of statements, whatever their number, so that the first pull of a large account is a matter of minutes.
Like it, this looks for nobody: who is there already is asked before (``duplicates.known``), in the same turn
(:func:`take_turn`), so that two who bring the same person at once make one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from accounts.models import Organisation
from sourcing import duplicates, editing, known_again, places, social_profiles
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactType, RecordType, SocialProfile
from sourcing.normalising import clean_text, linkedin_key
from sourcing.search import index

#: First key of the advisory lock; the second is the organisation.
_LOCK = 0x1B9027


def take_turn(organisation_id: int) -> None:
    """Wait until nobody else brings people into the organisation: imports and syncs. The turn ends with the
    transaction.

    Ask who is there after it, not before. Waiting for another's turn is normal and takes longer than the lock timeout
    of the web.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, organisation_id])


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """One of them. ``emails`` and ``phones`` are normalised, in order; ``profiles`` as ``social_profiles.stated_url``
    gives them, LinkedIn's held by nobody else; ``values`` are columns by their name."""

    record_type: str = RecordType.CANDIDATE
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    profiles: Sequence[str] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def linkedin(self) -> str:
        """The key of the first LinkedIn profile, which people are matched on; empty without one."""
        return next((key for url in self.profiles if (key := linkedin_key(url))), "")


@transaction.atomic
def create(
    *, organisation: Organisation, newcomers: Sequence[Newcomer], origin: str, source: str
) -> list[Candidate | None]:
    """Make them, nobody's own, with shared addresses; in their order, None for whoever stays out.

    Out stay those who were erased and blocked, and those without name, address and LinkedIn profile.
    """
    erased = known_again.erased_keys(organisation.pk, {key for one in newcomers for key in _keys(one)})
    drawn = [_drawn(organisation, one, erased, source) for one in newcomers]
    made = [candidate for candidate in drawn if candidate is not None]
    Candidate.objects.for_organisation(organisation).bulk_create(made)
    ContactPoint.objects.for_organisation(organisation).bulk_create(
        [
            point
            for candidate, one in zip(drawn, newcomers, strict=True)
            if candidate is not None
            for point in _points(candidate, one, origin, source)
        ]
    )
    SocialProfile.objects.for_organisation(organisation).bulk_create(
        [
            page
            for candidate, one in zip(drawn, newcomers, strict=True)
            if candidate is not None
            for page in social_profiles.rows(candidate, one.profiles)
        ]
    )
    ids = [candidate.pk for candidate in made]
    known_again.traces_added(organisation.pk, ids)
    index.refresh(ids)
    duplicates.changed(organisation.pk, ids)
    return drawn


def _drawn(
    organisation: Organisation, one: Newcomer, erased: Collection[str], source: str
) -> Candidate | None:
    if any(key in erased for key in _keys(one)):
        return None
    values = {name: editing.cleaned(name, value) for name, value in one.values.items()}
    if not (values.get("first_name") or values.get("last_name") or one.emails or one.linkedin):
        return None
    return Candidate(
        organisation=organisation,
        record_type=one.record_type,
        linkedin_key=one.linkedin,
        source=clean_text(source, limit=200),
        **places.columns_for(clean_text(one.values.get("location", ""))),
        **values,
    )


def _keys(one: Newcomer) -> list[str]:
    """What would be known again of somebody erased and blocked."""
    return [f"e:{mail}" for mail in one.emails] + ([f"l:{one.linkedin}"] if one.linkedin else [])


def _points(candidate: Candidate, one: Newcomer, origin: str, source: str) -> list[ContactPoint]:
    return [
        ContactPoint(
            organisation_id=candidate.organisation_id,
            candidate=candidate,
            kind=kind,
            type=ContactType.WORK,
            value=value,
            normalised=value,
            position=position,
            origin=origin,
            source=clean_text(source, limit=200),
            shared=True,
        )
        for kind, values in ((ContactKind.EMAIL, one.emails), (ContactKind.PHONE, one.phones))
        for position, value in enumerate(dict.fromkeys(values))
    ]
