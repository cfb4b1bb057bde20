"""Whom a record meets: reading people as matching sees them, by their keys and by what is written in their rows.

Set-based throughout: a question about thousands of people is as many statements as one about a single person. What
more than :data:`BLOCK` people share says nothing any more and brings nobody together, here as in the scan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from accounts.models import User
from sourcing import matching
from sourcing.matching import Key, Person
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Education,
    Experience,
    SocialProfile,
)
from sourcing.selectors import own_or_shared

#: More people under one key say nothing any more: "J. Smith at Google".
BLOCK = 50

_REASON = "people are read for one organisation's question"
# Everybody under the keys, at most one more than a block per key, so that one popular key costs no more than that.
_UNDER_KEYS = """
SELECT k.key, o.candidate_id FROM unnest(%s::bigint[]) AS k (key)
 CROSS JOIN LATERAL (SELECT candidate_id FROM sourcing_matchkey
                      WHERE organisation_id = %s AND key = k.key ORDER BY candidate_id LIMIT %s) o
"""
# The same for addresses and numbers as they stand. Nobody's private ones but the viewer's.
_HOLDERS = """
SELECT v.kind, v.value, o.candidate_id FROM unnest(%s::text[], %s::text[]) AS v (kind, value)
 CROSS JOIN LATERAL (SELECT DISTINCT candidate_id FROM sourcing_contactpoint
                      WHERE organisation_id = %s AND kind = v.kind AND normalised = v.value
                        AND (shared OR added_by_id = %s) LIMIT %s) o
"""


def among(ids: Iterable[int]) -> RawSQL:
    """Thousands of ids as one array: the right side of ``__in`` without a parameter per id."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def load(
    organisation_id: int, ids: Collection[int], *, viewer: User | None = None, history: bool = True
) -> dict[int, Person]:
    """What matching reads of these people, with shared addresses and, for a viewer, the viewer's own. Five queries.

    Without ``history`` past companies and schools are left out, which only raise a score: three queries.
    """
    if not ids:
        return {}
    said: tuple[dict[int, list[str]], ...] = tuple(defaultdict(list) for _ in range(5))
    emails, phones, profiles, companies, schools = said
    seen = Q(shared=True) if viewer is None else own_or_shared(viewer)
    points = ContactPoint.objects.for_organisation(organisation_id).filter(seen, candidate_id__in=among(ids))
    for pk, kind, value in points.order_by().values_list("candidate_id", "kind", "normalised"):
        (emails if kind == ContactKind.EMAIL else phones)[pk].append(value)
    for model, column, into in (
        (SocialProfile, "url", profiles),
        *(((Experience, "company", companies), (Education, "school", schools)) if history else ()),
    ):
        rows = model.objects.across_organisations(_REASON).filter(candidate_id__in=among(ids))
        for pk, value in rows.order_by().values_list("candidate_id", column):
            into[pk].append(value)
    people = Candidate.objects.for_organisation(organisation_id).filter(pk__in=among(ids)).order_by()
    columns = ("pk", "first_name", "last_name", "title", "company", "location", "linkedin_key")
    return {
        pk: Person(
            first_name=first,
            last_name=last,
            title=title,
            company=company,
            place=place,
            emails=emails[pk],
            phones=phones[pk],
            profiles=[*profiles[pk], key] if key else profiles[pk],
            companies=companies[pk],
            schools=schools[pk],
        )
        for pk, first, last, title, company, place, key in people.values_list(*columns)
    }


def names_of(organisation_id: int, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """``{person: (first, last)}``: enough to leave most of a block alone."""
    people = Candidate.objects.for_organisation(organisation_id).filter(pk__in=among(ids)).order_by()
    return {pk: (first, last) for pk, first, last in people.values_list("pk", "first_name", "last_name")}


def whom(
    organisation_id: int,
    people: Mapping[int, Person],
    *,
    viewer: User | None = None,
    by: Collection[Key] = frozenset(Key),
) -> dict[int, set[int]]:
    """``{row: people of the organisation it meets}`` by the given sorts of evidence; three statements."""
    written: dict[tuple[str, str], set[int]] = defaultdict(set)
    linked: dict[str, set[int]] = defaultdict(set)
    keyed: dict[int, set[int]] = defaultdict(set)
    for row, person in people.items():
        if Key.EMAIL in by:
            for email in person.emails:
                if not matching.is_shared_address(email):
                    written[ContactKind.EMAIL, email].add(row)
        if Key.PHONE in by:
            for phone in person.phones:
                written[ContactKind.PHONE, phone].add(row)
        if Key.PROFILE in by:
            for key in person.linkedin_keys:
                linked[key].add(row)
        for key in matching.deciding_keys(person, by):
            # A number has one spelling: it was looked up already.
            if not key.startswith("p:"):
                keyed[matching.hashed(key)].add(row)
    meet: dict[int, set[int]] = defaultdict(set)
    for value, holders in _holders(organisation_id, written, viewer).items():
        for row in written[value]:
            meet[row].update(holders)
    for profile, pk in _linked(organisation_id, linked):
        for row in linked[profile]:
            meet[row].add(pk)
    for number, found in under_keys(organisation_id, keyed).items():
        for row in keyed[number]:
            meet[row].update(found)
    return meet


def under_keys(organisation_id: int, keys: Collection[int]) -> dict[int, list[int]]:
    """``{key: people}`` of the hashed keys; keys with more than :data:`BLOCK` people are left out."""
    if not keys:
        return {}
    blocks: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_KEYS, [list(keys), organisation_id, BLOCK + 1])
        for key, pk in cursor.fetchall():
            blocks[key].append(pk)
    return {key: people for key, people in blocks.items() if len(people) <= BLOCK}


def _holders(
    organisation_id: int, values: Collection[tuple[str, str]], viewer: User | None
) -> dict[tuple[str, str], list[int]]:
    """Who has these addresses and numbers, ``(kind, normalised)``, as they are written."""
    if not values:
        return {}
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    kinds, texts = [str(kind) for kind, _ in values], [text for _, text in values]
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, [kinds, texts, organisation_id, viewer.pk if viewer else None, BLOCK + 1])
        for kind, text, pk in cursor.fetchall():
            found[kind, text].append(pk)
    return {value: people for value, people in found.items() if len(people) <= BLOCK}


def holders_of_profiles(organisation_id: int, people: Mapping[int, Person]) -> dict[int, int]:
    """``{row: who holds its LinkedIn profile}``; one statement. Nobody else can hold it, so it is that person."""
    keys = {key for person in people.values() for key in person.linkedin_keys}
    holders = dict(_linked(organisation_id, keys))
    return {
        row: min(found)
        for row, person in people.items()
        if (found := [holders[key] for key in person.linkedin_keys if key in holders])
    }


def _linked(organisation_id: int, profiles: Collection[str]) -> Iterable[tuple[str, int]]:
    if not profiles:
        return ()
    wanted = RawSQL("SELECT unnest(%s::text[])", [list(profiles)])
    rows = Candidate.objects.for_organisation(organisation_id).filter(linkedin_key__in=wanted)
    return rows.exclude(linkedin_key="").order_by().values_list("linkedin_key", "pk")
