"""One person's columns from two: which value stands, what stands beside it, and the way back.

Of each column the survivor's value stands unless somebody chose the other's or the survivor has none; lists are joined.
A value that lost is kept beside the one shown (``OtherValue``), with where and when it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from foundation.problems import Conflict
from sourcing import editing, settling, values
from sourcing.models import Candidate, OtherValue
from sourcing.moving import Journal, insert, take_back
from sourcing.settling import CUSTOM
from sourcing.values import Statement

#: Columns that are nobody's choice: ``provenance`` follows the values, who looks after the survivor goes on doing so.
_KEPT = frozenset(
    [
        "id",
        "organisation",
        "created_by",
        "owner",
        "created_at",
        "updated_at",
        "version",
        "record_type",
        "last_contacted_at",
        "untold_since",
        "provenance",
    ]
)
#: Columns that follow another one: coordinates belong to their place.
_FOLLOWS = dict.fromkeys(("place_id", "latitude", "longitude", "time_zone", "place_confidence"), "location")


class NotUndoable(Conflict):
    """The merge was undone already, is older than 90 days, or one of the two was erased since."""

    code = "merge_not_undoable"


def fields() -> list[str]:
    """The columns of a person between which a merge chooses, in the order of the model."""
    return [
        column.name
        for column in Candidate._meta.concrete_fields
        if column.name not in _KEPT and column.name not in _FOLLOWS
    ]


def join(survivor: Candidate, other: Candidate, choices: Mapping[str, str]) -> dict[str, Any]:
    """Write the survivor's columns and what stands beside them, delete the other; what :func:`part` needs.

    The other's rows are the survivor's by now.
    """
    gone, stays = Journal(), Journal()
    before = {name: settling.shown(survivor, name) for name in _settled(survivor, other)}
    theirs = {name: settling.shown(other, name) for name in before}
    gone.drop(Candidate, [other.pk])
    with stays.watching(Candidate, [survivor.pk]):
        for name in fields():
            _choose(survivor, other, name, choices.get(name, ""))
        _trace(survivor, other, before, theirs)
        contacted = [at for at in (survivor.last_contacted_at, other.last_contacted_at) if at]
        survivor.last_contacted_at = max(contacted, default=None)
        survivor.owner_id = survivor.owner_id or other.owner_id
        waits = (survivor.untold_since, other.untold_since)
        survivor.untold_since = min(since for since in waits if since) if all(waits) else None
        survivor.version += 1
        survivor.save()
    _keep_beside(survivor, before, theirs, stays)
    return {"gone": gone.as_json(), "stays": stays.as_json(), "target": survivor.pk}


def part(people: Mapping[str, Any]) -> list[str]:
    """Take :func:`join` back; sentences about what could not be restored. Raises :class:`NotUndoable`.

    The survivor's columns go first: a profile link is one person's.
    """
    for label, _pk, columns in people["stays"]["changed"]:
        if label == Candidate._meta.label:
            for noise in ("updated_at", "version"):
                columns.pop(noise, None)
    left = take_back(people["stays"], target=people["target"], now_at=people["target"])
    Candidate.unguarded.filter(pk=people["target"]).update(version=F("version") + 1)
    ((_label, (row,)),) = people["gone"]["dropped"]
    taken = Candidate.unguarded.filter(
        organisation_id=row["organisation_id"], linkedin_key=row["linkedin_key"]
    ).exclude(linkedin_key="")
    if taken.exists():
        row = row | {"linkedin_key": ""}
        left.append("1 × LinkedIn profile: somebody else has it now")
    if not insert(Candidate, row):
        raise NotUndoable("The number of the merged person is taken.")
    return left


def _settled(survivor: Candidate, other: Candidate) -> list[str]:
    """Fields of which one value is shown and others stand beside it."""
    own = sorted({*survivor.custom, *other.custom})
    return [*editing.EDITABLE, *(f"{CUSTOM}{key}" for key in own)]


def _choose(survivor: Candidate, other: Candidate, name: str, choice: str) -> None:
    mine, value = getattr(survivor, name), getattr(other, name)
    theirs = choice == "other"
    if isinstance(mine, list):
        known = {str(entry).casefold() for entry in mine}
        setattr(survivor, name, [*mine, *(entry for entry in value if str(entry).casefold() not in known)])
    elif isinstance(mine, dict):
        setattr(survivor, name, {**mine, **value} if theirs else {**value, **mine})
    elif theirs or (not choice and mine in ("", None) and value not in ("", None)):
        setattr(survivor, name, value)
        for follower, leader in _FOLLOWS.items():
            if leader == name and hasattr(other, follower):
                setattr(survivor, follower, getattr(other, follower))


def _trace(
    survivor: Candidate, other: Candidate, before: Mapping[str, Statement], theirs: Mapping[str, Statement]
) -> None:
    """Where each value now shown came from: the other's say so themselves, also when they came with the other."""
    taken = {
        name: theirs[name].as_provenance()
        for name, statement in before.items()
        if settling.read(survivor, name) != statement.value
    }
    whole = {name: entry for name, entry in other.provenance.items() if name not in before}
    survivor.provenance = {**whole, **survivor.provenance, **taken}


def _keep_beside(
    survivor: Candidate, before: Mapping[str, Statement], theirs: Mapping[str, Statement], stays: Journal
) -> None:
    """The value of each pair that is not shown stands beside it, once; one that is shown now no longer does."""
    shown = {name: settling.read(survivor, name) for name in before}
    rows = OtherValue.objects.for_organisation(survivor.organisation_id).filter(candidate=survivor)
    present = list(rows.values_list("pk", "field", "value"))
    stays.drop(OtherValue, [pk for pk, name, value in present if name in shown and shown[name] == value])
    known = [(name, value) for _, name, value in present]
    lost = [
        (name, statement)
        for name, value in shown.items()
        for statement in (before[name], theirs[name])
        if statement.value != value
        and not values.is_blank(statement.value)
        and (name, statement.value) not in known
    ]
    stays.made(OtherValue, [settling.stand_back(survivor, name, statement).pk for name, statement in lost])
