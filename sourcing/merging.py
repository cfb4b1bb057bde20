"""Two records of one person become one, and for 90 days two again (docs/duplicates.md).

One transaction moves every row of every app (``person_data``), writes the survivor's columns, deletes the other person
and keeps in ``PersonMerge`` what undoing needs. The database refuses the commit when an app left a row behind. Lock
order: recipients, export items, messages, people (docs/architecture.md, "Ground rules"); merges of one organisation
take turns.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from foundation import events
from foundation.problems import Invalid
from sourcing import merging_columns, person_data
from sourcing.merging_columns import NotUndoable
from sourcing.models import Candidate, DuplicatePair, PersonMerge
from sourcing.people import Changed
from sourcing.search import index
from sourcing.selectors import CandidateMerged, CandidateMissing

#: How long a merge can be undone.
UNDO_FOR = datetime.timedelta(days=90)
#: First key of the advisory lock; the second is the organisation.
_LOCK = 0x3E26E


@dataclass(frozen=True)
class Undone:
    """Both people again, and sentences about what could not be restored."""

    survivor: Candidate
    other: Candidate
    left: list[str]


@transaction.atomic
def merge(
    *,
    survivor: Candidate,
    other: Candidate,
    actor: User | None,
    choices: Mapping[str, str] | None = None,
    versions: Mapping[int, int] | None = None,
    now: datetime.datetime | None = None,
) -> PersonMerge:
    """Make ``other`` part of ``survivor``: notes, messages, campaigns, exports, files, everything moves.

    ``choices`` says ``{column: "other"}`` where the other's value is to stand, ``"survivor"`` where the survivor's is
    even if blank; the rest is the survivor's, and what is blank there is filled (G26, G34). Lists are joined, a value
    that lost stands beside the one shown.
    ``versions`` (``{id: version}``) are those the person who decides has seen: :class:`Changed` when one is no longer
    current. Raises Invalid for the same person twice, :class:`CandidateMissing` when one is gone, CandidateMerged
    when it became part of somebody meanwhile, and what an app's ``move`` raises (an export under way).
    """
    organisation_id = survivor.organisation_id
    if survivor.pk == other.pk or organisation_id != other.organisation_id:
        raise Invalid("Choose two different people.", fields={"other": "Choose another person."})
    if set(choices or {}) - set(merging_columns.fields()):
        raise Invalid(
            "Cannot be chosen.",
            fields=dict.fromkeys(sorted(set(choices or {}) - set(merging_columns.fields())), "Unknown."),
        )
    _take_turns(organisation_id, [survivor.pk, other.pk])
    survivor, other = _fresh(organisation_id, survivor.pk), _fresh(organisation_id, other.pk)
    for person in (survivor, other):
        if versions and versions.get(person.pk, person.version) != person.version:
            raise Changed(
                "Somebody changed one of the two meanwhile. Look at the values and merge again.",
                current=person.version,
                yours=versions[person.pk],
            )
    pair = DuplicatePair.objects.for_organisation(organisation_id).filter(
        first_id=min(survivor.pk, other.pk), second_id=max(survivor.pk, other.pk)
    )
    why = pair.values_list("score", "reasons").first() or (0, [])
    apps = {data.app: data.move(other, survivor) for data in _movers()}  # type: ignore[misc]  # _movers checks it
    people = merging_columns.join(survivor, other, choices or {})
    made = PersonMerge.objects.create(
        organisation_id=organisation_id,
        survivor=survivor,
        other_id=other.pk,
        other_name=other.name,
        score=why[0],
        reasons=why[1],
        actor=actor,
        at=now or timezone.now(),
        record={"people": people, "apps": apps},
    )
    index.refresh([survivor.pk])
    _tell("candidate.merged", made)
    return made


@transaction.atomic
def undo_merge(*, merge: PersonMerge, actor: User | None, now: datetime.datetime | None = None) -> Undone:
    """Two people again. What changed since the merge stays as it is and is told in ``left``.

    Raises :class:`NotUndoable`.
    """
    organisation_id = merge.organisation_id
    _take_turns(organisation_id, [merge.survivor_id])
    rows = PersonMerge.objects.for_organisation(organisation_id).filter(pk=merge.pk)
    found = rows.select_for_update().first()
    if found is None:
        raise NotUndoable("One of the two was erased or deleted since. This merge can no longer be undone.")
    if not found.undoable:
        again = "This merge was undone already."
        raise NotUndoable(again if found.undone_at else "A merge can be undone for 90 days only.")
    record = found.record
    left = merging_columns.part(record["people"])
    movers = {data.app: data for data in _movers()}
    # Sourcing first: campaigns point at its addresses again.
    for app in sorted(record["apps"], key=lambda name: (name != "sourcing", name)):
        if app in movers:
            left += movers[app].move_back(record["apps"][app], found.survivor_id)  # type: ignore[misc]  # as above
    found.undone_at, found.undone_by, found.record = now or timezone.now(), actor, {}
    found.save(update_fields=["undone_at", "undone_by", "record"])
    index.refresh([found.survivor_id, found.other_id])
    _tell("candidate.unmerged", found)
    return Undone(
        survivor=_fresh(organisation_id, found.survivor_id),
        other=_fresh(organisation_id, found.other_id),
        left=left,
    )


def survivor_of(organisation_id: int, candidate_id: int) -> int | None:
    """Whom the id of a merged person leads to now; None for one that was never merged."""
    rows = PersonMerge.objects.for_organisation(organisation_id).filter(
        other_id=candidate_id, undone_at__isnull=True
    )
    return rows.values_list("survivor_id", flat=True).first()


def current(organisation_id: int, candidate_id: int) -> int:
    """The id under which a person is known now: news that was on its way during a merge still arrives."""
    return survivor_of(organisation_id, candidate_id) or candidate_id


def former_ids(candidate: Candidate) -> list[int]:
    """The person's own id and those of everybody merged into them, for ledgers whose rows never change."""
    rows = PersonMerge.objects.for_organisation(candidate.organisation_id).filter(
        survivor=candidate, undone_at__isnull=True
    )
    return [candidate.pk, *rows.order_by("pk").values_list("other_id", flat=True)]


def better(one: Candidate, two: Candidate) -> tuple[Candidate, Candidate]:
    """``(survivor, other)`` when nobody chooses: who was active last stays, else the older record (G25)."""

    def activity(person: Candidate) -> tuple[datetime.datetime, int]:
        return max(person.last_contacted_at or person.updated_at, person.updated_at), -person.pk

    return (one, two) if activity(one) >= activity(two) else (two, one)


def prune(*, now: datetime.datetime) -> int:
    """Empty the records of merges older than 90 days; they keep leading old addresses. Returns how many."""
    old = PersonMerge.objects.across_organisations("the clock is everybody's").filter(at__lte=now - UNDO_FOR)
    return old.exclude(record={}).update(record={}, other_name="")


def scrub(organisation_id: int, candidate_id: int) -> None:
    """For erasing: nothing of the person stays in records of merges, which can then no longer be undone."""
    PersonMerge.objects.for_organisation(organisation_id).filter(survivor_id=candidate_id).update(
        record={}, other_name="", reasons=[]
    )


def _movers() -> list[person_data.PersonData]:
    """All apps, in the order of locks; refuses to begin while one has not said what becomes of its rows."""
    found = person_data.registered()
    silent = [data.app for data in found if data.move is None or data.move_back is None]
    if silent:
        raise RuntimeError(f"no move or move_back: {', '.join(silent)}")
    return found


def _take_turns(organisation_id: int, candidate_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, organisation_id])
    for data in person_data.registered():
        if data.lock is not None:
            data.lock(organisation_id, candidate_ids)


def _fresh(organisation_id: int, candidate_id: int) -> Candidate:
    found = Candidate.objects.for_organisation(organisation_id).filter(pk=candidate_id).first()
    if found is not None:
        return found
    became = survivor_of(organisation_id, candidate_id)
    if became is not None:
        raise CandidateMerged(became)
    raise CandidateMissing("There is no such person.")


def _tell(kind: str, made: PersonMerge) -> None:
    events.emit(
        kind,
        organisation_id=made.organisation_id,
        subject=f"candidate:{made.survivor_id}",
        candidate_id=made.survivor_id,
        other_id=made.other_id,
        merge_id=made.pk,
    )
