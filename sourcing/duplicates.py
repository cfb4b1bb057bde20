"""Who may be the same person: the one question of import, API, sync, browser and the page where people decide.

``matching`` judges; here is who is looked at and what people said about it. Addresses a user typed in for themselves
match nobody but for their adder, and never appear in a pair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import events
from foundation.batches import batches
from foundation.problems import Conflict, Invalid, Missing
from sourcing import in_turn, matching, meeting
from sourcing.matching import Key, Match, Person, Rule, Verdict
from sourcing.models import (
    Candidate,
    DuplicatePair,
    DuplicateRule,
    DuplicateScan,
    PairState,
    PersonMerge,
)

#: Of many new people so many are looked up at once.
AT_ONCE = 5_000
#: Written out, because it is asked for each person who is made or looked up.
_RULE = "SELECT keys, every, refuse FROM sourcing_duplicaterule WHERE organisation_id = %s"


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
    with connection.cursor() as cursor:
        cursor.execute(_RULE, [organisation_id])
        row = cursor.fetchone()
    if row is None:
        return matching.DEFAULT
    chosen, every, refuse = row
    return Rule(keys=frozenset(key for key in Key if key.value in chosen), every=every, refuse=refuse)


@transaction.atomic
def set_rule(
    *,
    organisation: Organisation,
    actor: User,  # noqa: ARG001 - the trail names the actor
    keys: Collection[str] | None = None,
    every: bool | None = None,
    refuse: bool | None = None,
) -> Rule:
    """Say what decides; what is None stays. Raises Invalid for an unknown key. Pairs follow with the next scan or
    change."""
    unknown = set(keys or ()) - set(Key)
    if unknown:
        raise Invalid("Unknown key.", fields={"keys": f"Unknown: {', '.join(sorted(unknown))}."})
    in_turn.of(organisation.pk).get()
    # A new row with what held without one, then changed: so the trail tells the first change too.
    held = matching.DEFAULT
    row, _made = DuplicateRule.objects.for_organisation(organisation).get_or_create(
        organisation=organisation,
        defaults={"keys": sorted(held.keys), "every": held.every, "refuse": held.refuse},
    )
    row.keys = row.keys if keys is None else sorted(set(keys))
    row.every = row.every if every is None else every
    row.refuse = row.refuse if refuse is None else refuse
    row.save()
    return rule_of(organisation.pk)


def find(
    *,
    organisation_id: int,
    person: Person,
    viewer: User | None = None,
    but: int | None = None,
    limit: int = 10,
) -> list[Found]:
    """Who may be ``person``, the surest first: :func:`likely` for one. ``but`` is left out (the person itself)."""
    found = likely(organisation_id, {0: person}, viewer=viewer, limit=limit + 1).get(0, [])
    return [one for one in found if one.candidate.pk != but][:limit]


def likely(
    organisation_id: int, people: Mapping[int, Person], *, viewer: User | None = None, limit: int = 10
) -> dict[int, list[Found]]:
    """``{row: who it may be}`` for many people at once, the surest first; rows that meet nobody are left out.

    Shared addresses count and ``viewer``'s own private ones, nobody else's. Addresses, numbers and LinkedIn profiles
    are looked up where they stand, so somebody made a moment ago is found; the same written differently and similar
    names through the keys, which follow within seconds. About ten statements per :data:`AT_ONCE` people.
    """
    rule = rule_of(organisation_id)
    found: dict[int, list[Found]] = {}
    for some in map(dict, batches(people.items(), AT_ONCE)):
        meet = meeting.whom(organisation_id, some, viewer=viewer)
        there = meeting.load(organisation_id, _ids(meet), viewer=viewer)
        matches = {
            row: sorted(
                (-match.score, pk, match)
                for pk, match in _judged(some[row], ids, there, rule)
                if match.verdict is not Verdict.DIFFERENT
            )[:limit]
            for row, ids in meet.items()
        }
        wanted = {pk for best in matches.values() for _, pk, _ in best}
        shown = Candidate.objects.for_organisation(organisation_id).in_bulk(list(wanted))
        for row, best in matches.items():
            if best:
                found[row] = [Found(shown[pk], match) for _, pk, match in best if pk in shown]
    return found


def known(
    organisation_id: int, people: Mapping[int, Person], *, viewer: User | None = None
) -> dict[int, int]:
    """``{row: candidate id}`` for those of many new people who are certainly there already: for imports and syncs.

    Eight statements per :data:`AT_ONCE` people, whatever is found; memory is that of so many. Only what the
    organisation lets decide is looked up. Who holds a row's LinkedIn profile is that person, whatever the name: no
    second record can hold it. Of several others the one with the higher score, then the older, counts.
    ``viewer``: their own private addresses count too; without one, shared ones only.
    """
    rule = rule_of(organisation_id)
    found: dict[int, int] = {}
    for some in map(dict, batches(people.items(), AT_ONCE)):
        held = meeting.holders_of_profiles(organisation_id, some)
        others = {row: person for row, person in some.items() if row not in held}
        meet = meeting.whom(organisation_id, others, viewer=viewer, by=rule.keys)
        found |= held | certain(organisation_id, others, meet, rule, viewer=viewer)
    return found


def certain(
    organisation_id: int,
    people: Mapping[int, Person],
    meet: Mapping[int, Collection[int]],
    rule: Rule,
    *,
    viewer: User | None = None,
) -> dict[int, int]:
    """Whom of those they ``meet`` the people certainly are: the second half of :func:`known`, for an import, which
    looks up in SQL who meets whom. Three statements: past companies and schools never decide and are not read."""
    there = meeting.load(organisation_id, _ids(meet), viewer=viewer, history=False)
    found = {}
    for row, ids in meet.items():
        sure = [
            (-match.score, pk)
            for pk, match in _judged(people[row], ids, there, rule)
            if match.verdict is Verdict.SAME
        ]
        if sure:
            found[row] = min(sure)[1]
    return found


def _ids(meet: Mapping[int, Iterable[int]]) -> set[int]:
    return {pk for ids in meet.values() for pk in ids}


def _judged(
    person: Person, ids: Iterable[int], there: Mapping[int, Person], rule: Rule
) -> Iterator[tuple[int, Match]]:
    return ((pk, matching.judge(person, there[pk], rule)) for pk in ids if pk in there)


def check_new(
    *, organisation_id: int, person: Person, viewer: User | None, create_anyway: bool
) -> list[Found]:
    """Before a person is made: who may be there already. Raises :class:`PossibleDuplicate` when somebody certainly is.

    ``create_anyway`` passes, unless the organisation refuses duplicates (:class:`matching.Rule`).
    """
    found = find(organisation_id=organisation_id, person=person, viewer=viewer)
    if not any(one.certain for one in found):
        return found
    refuse = rule_of(organisation_id).refuse
    if refuse or not create_anyway:
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
        raise PairMissing("There is no such merge. One of a person who was erased since is gone with them.")
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
