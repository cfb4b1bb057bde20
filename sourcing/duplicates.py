"""Who may be the same person: the one question of import, API, sync, browser and the page where people decide.

``matching`` judges; here is who is looked at and what people said about it. Addresses a user typed in for themselves
match nobody but for their adder, and never appear in a pair.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Conflict, Invalid, Missing
from sourcing import matching
from sourcing.matching import Key, Match, Person, Rule, Verdict
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    DuplicatePair,
    DuplicateRule,
    DuplicateScan,
    Education,
    Experience,
    PairState,
    PersonMerge,
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


class PossibleDuplicate(Conflict):
    """Somebody is there who is, or may be, the same person. ``extra["duplicates"]`` says who and why."""

    code: ClassVar[str] = "possible_duplicate"


class PairMissing(Missing):
    """There is no such pair in the viewer's organisation, or one of the two is gone."""

    code: ClassVar[str] = "pair_missing"


@dataclass(frozen=True)
class Found:
    """Somebody who may be the person asked about."""

    candidate: Candidate
    match: Match

    @property
    def certain(self) -> bool:
        """The organisation's rule says it is the same person."""
        return self.match.verdict is Verdict.SAME

    def as_dict(self) -> dict[str, Any]:
        """For the API and problem answers: ids and codes, no address."""
        return {
            "candidate_id": self.candidate.pk,
            "url": self.candidate.url,
            "score": self.match.score,
            "reasons": list(self.match.reasons),
            "certain": self.certain,
        }


def rule_of(organisation_id: int | None) -> Rule:
    """What the organisation lets decide; ``matching.DEFAULT`` until an admin changed it (G33)."""
    row = DuplicateRule.objects.for_organisation(organisation_id).first()
    if row is None:
        return matching.DEFAULT
    keys = frozenset(key for key in Key if key.value in row.keys)
    return Rule(keys=keys, every=row.every, refuse=row.refuse)


def set_rule(
    *,
    organisation: Organisation,
    actor: User,  # noqa: ARG001 - the trail names the actor
    keys: Collection[str],
    every: bool,
    refuse: bool,
) -> Rule:
    """Say what decides. Raises Invalid for an unknown key. Pairs follow with the next scan or change."""
    unknown = set(keys) - set(Key)
    if unknown:
        raise Invalid("Unknown key.", fields={"keys": f"Unknown: {', '.join(sorted(unknown))}."})
    DuplicateRule.objects.for_organisation(organisation).update_or_create(
        organisation=organisation,
        defaults={"keys": sorted(set(keys)), "every": every, "refuse": refuse},
    )
    return rule_of(organisation.pk)


def hashed(key: str) -> int:
    """A key of ``matching.keys`` as ``MatchKey`` stores it: 64 bits, signed."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def among(ids: Iterable[int]) -> RawSQL:
    """Thousands of ids as one array: the right side of ``__in`` without a parameter per id."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def load(organisation_id: int, ids: Collection[int], *, viewer: User | None = None) -> dict[int, Person]:
    """What matching reads of these people, with shared addresses and, for a viewer, the viewer's own. Five queries."""
    said: tuple[dict[int, list[str]], ...] = tuple(defaultdict(list) for _ in range(5))
    emails, phones, profiles, companies, schools = said
    seen = Q(shared=True) if viewer is None else own_or_shared(viewer)
    points = ContactPoint.objects.for_organisation(organisation_id).filter(seen, candidate_id__in=among(ids))
    for pk, kind, value in points.order_by().values_list("candidate_id", "kind", "normalised"):
        (emails if kind == ContactKind.EMAIL else phones)[pk].append(value)
    for model, column, into in (
        (SocialProfile, "url", profiles),
        (Experience, "company", companies),
        (Education, "school", schools),
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


def find(
    *,
    organisation_id: int,
    person: Person,
    viewer: User | None = None,
    but: int | None = None,
    limit: int = 10,
) -> list[Found]:
    """Who may be ``person``, the surest first. ``viewer``'s own private addresses count, nobody else's do.

    ``but`` is left out (the person itself, when it exists). Addresses, numbers and LinkedIn profiles are looked up
    where they stand, so somebody made a moment ago is found; similar names through the keys, which follow within
    seconds.
    """
    ids = _holders(organisation_id, person, viewer) | _under_keys(organisation_id, matching.keys(person))
    ids.discard(but or 0)
    rule = rule_of(organisation_id)
    known = load(organisation_id, ids, viewer=viewer)
    matches = {pk: matching.judge(person, other, rule) for pk, other in known.items()}
    likely = sorted(
        (pk for pk, match in matches.items() if match.verdict is not Verdict.DIFFERENT),
        key=lambda pk: (-matches[pk].score, pk),
    )[:limit]
    people = Candidate.objects.for_organisation(organisation_id).in_bulk(likely)
    return [Found(people[pk], matches[pk]) for pk in likely if pk in people]


def known(organisation_id: int, people: Mapping[int, Person]) -> dict[int, int]:
    """``{row: candidate id}`` for those of many new people who are certainly there already: for imports and syncs.

    A handful of statements for any number of rows. Of several the one with the higher score, then the older, counts.
    """
    rule = rule_of(organisation_id)
    values: dict[str, set[int]] = defaultdict(set)
    for row, person in people.items():
        for value in (*person.emails, *person.phones, *person.linkedin_keys):
            values[value].add(row)
    meet: dict[int, set[int]] = defaultdict(set)
    points = ContactPoint.objects.for_organisation(organisation_id).filter(
        shared=True, normalised__in=list(values)
    )
    for pk, value in points.order_by().values_list("candidate_id", "normalised"):
        for row in values[value]:
            meet[row].add(pk)
    linked = Candidate.objects.for_organisation(organisation_id).filter(linkedin_key__in=list(values))
    for pk, value in linked.exclude(linkedin_key="").order_by().values_list("pk", "linkedin_key"):
        for row in values[value]:
            meet[row].add(pk)
    if Key.NAME_COMPANY in rule.keys:
        _meet_under_keys(organisation_id, people, meet)
    there = load(organisation_id, {pk for ids in meet.values() for pk in ids})
    found = {}
    for row, ids in meet.items():
        sure = [
            (-match.score, pk)
            for pk in ids
            if pk in there and (match := matching.judge(people[row], there[pk], rule)).verdict is Verdict.SAME
        ]
        if sure:
            found[row] = min(sure)[1]
    return found


def check_new(
    *, organisation_id: int, person: Person, viewer: User | None, create_anyway: bool
) -> list[Found]:
    """Before a person is made: who may be there already. Raises :class:`PossibleDuplicate` when somebody certainly is.

    ``create_anyway`` passes, unless the organisation refuses duplicates (:class:`matching.Rule`).
    """
    found = find(organisation_id=organisation_id, person=person, viewer=viewer)
    certain = [one for one in found if one.certain]
    refuse = rule_of(organisation_id).refuse
    if certain and (refuse or not create_anyway):
        text = "This person is there already." if refuse else "This person may be there already."
        raise PossibleDuplicate(text, duplicates=[one.as_dict() for one in found], refused=refuse)
    return found


def changed(organisation_id: int, candidate_ids: Iterable[int]) -> None:
    """Many people came or changed at once (an import's slice): they are looked at soon. In the caller's transaction."""
    ids = list(candidate_ids)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        events.emit(
            "candidates.changed",
            organisation_id=organisation_id,
            subject=f"candidates:{some[0]}",
            candidate_ids=",".join(map(str, some)),
        )


def open_pairs(viewer: User) -> QuerySet[DuplicatePair]:
    """Pairs nobody decided yet, with both people."""
    return (
        DuplicatePair.objects.for_organisation(viewer.organisation_id)
        .filter(state=PairState.OPEN)
        .select_related("first", "second")
    )


def pair_for(viewer: User, pair_id: int) -> DuplicatePair:
    """One pair, decided or not; raises :class:`PairMissing`."""
    found = (
        DuplicatePair.objects.for_organisation(viewer.organisation_id)
        .filter(pk=pair_id)
        .select_related("first", "second")
        .first()
    )
    if found is None:
        raise PairMissing("There is no such pair. It may have been merged already.")
    return found


def last_scan(viewer: User) -> DuplicateScan | None:
    """The organisation's latest look at everybody."""
    return (
        DuplicateScan.objects.for_organisation(viewer.organisation_id)
        .select_related("run")
        .order_by("-pk")
        .first()
    )


def merges(viewer: User) -> QuerySet[PersonMerge]:
    """Merges that can still be undone, the latest first."""
    return (
        PersonMerge.objects.for_organisation(viewer.organisation_id)
        .filter(undone_at__isnull=True)
        .exclude(record={})
        .select_related("survivor", "actor")
        .order_by("-pk")
    )


def merge_for(viewer: User, merge_id: int) -> PersonMerge:
    """One merge of the organisation, undone or not; raises :class:`PairMissing`."""
    found = PersonMerge.objects.for_organisation(viewer.organisation_id).filter(pk=merge_id).first()
    if found is None:
        raise PairMissing("There is no such merge.")
    return found


@transaction.atomic
def decide(*, pair: DuplicatePair, actor: User, duplicate: bool) -> DuplicatePair:
    """*Not a duplicate* (``duplicate=False``), remembered for ever; True takes it back and asks again."""
    state = PairState.OPEN if duplicate else PairState.NOT_DUPLICATE
    rows = DuplicatePair.objects.for_organisation(pair.organisation_id).filter(pk=pair.pk)
    if not rows.update(
        state=state,
        decided_by=None if duplicate else actor,
        decided_at=None if duplicate else timezone.now(),
    ):
        raise PairMissing("There is no such pair. It may have been merged already.")
    tell_decided(pair.organisation_id, pair.pk, pair.first_id, pair.second_id)
    return rows.select_related("first", "second").get()


def tell_decided(organisation_id: int, pair_id: int, first_id: int, second_id: int) -> None:
    """A pair is no longer open, or open again: whoever waits for that is told."""
    events.emit(
        "duplicate.decided",
        organisation_id=organisation_id,
        subject=f"duplicate:{pair_id}",
        pair_id=pair_id,
        first_id=first_id,
        second_id=second_id,
    )


def under_keys(organisation_id: int, keys: Collection[int]) -> dict[int, list[int]]:
    """``{key: people}`` of the hashed keys; keys with more than :data:`BLOCK` people are left out."""
    blocks: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_KEYS, [list(keys), organisation_id, BLOCK + 1])
        for key, pk in cursor.fetchall():
            blocks[key].append(pk)
    return {key: people for key, people in blocks.items() if len(people) <= BLOCK}


def _under_keys(organisation_id: int, keys: Iterable[str]) -> set[int]:
    blocks = under_keys(organisation_id, [hashed(key) for key in keys])
    return {pk for people in blocks.values() for pk in people}


def _meet_under_keys(organisation_id: int, people: Mapping[int, Person], meet: dict[int, set[int]]) -> None:
    rows: dict[int, set[int]] = defaultdict(set)
    for row, person in people.items():
        for key in matching.keys(person):
            if key.startswith("c:"):
                rows[hashed(key)].add(row)
    for number, found in under_keys(organisation_id, list(rows)).items():
        for row in rows[number]:
            meet[row].update(found)


def _holders(organisation_id: int, person: Person, viewer: User | None) -> set[int]:
    """Who has one of the addresses, numbers or LinkedIn profiles as they are written."""
    seen = Q(shared=True) if viewer is None else own_or_shared(viewer)
    points = ContactPoint.objects.for_organisation(organisation_id).filter(
        seen, normalised__in=[*person.emails, *person.phones]
    )
    ids = set(points.order_by().values_list("candidate_id", flat=True)[: BLOCK * 4])
    profiles = Candidate.objects.for_organisation(organisation_id).filter(
        linkedin_key__in=person.linkedin_keys
    )
    return ids | set(profiles.values_list("pk", flat=True))
