"""People given to another owner."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from sourcing import owners
from sourcing.bulk_actions.action import Action, Changes, Values, whole_number
from sourcing.bulk_actions.news import tell_changed
from sourcing.models import Candidate, Origin
from sourcing.search import index
from sourcing.values import Statement

# Where the owner comes from, as an edit on the page notes it.
_GIVE = """
UPDATE sourcing_candidate
   SET owner_id = %(owner)s, version = version + 1, updated_at = now(),
       provenance = provenance || jsonb_build_object('owner_id', %(entry)s::jsonb)
 WHERE organisation_id = %(organisation)s AND id = ANY(%(ids)s) AND owner_id IS DISTINCT FROM %(owner)s
RETURNING id
"""


def _owner_named(actor: User, values: Values) -> dict[str, Any]:
    if values.get("owner_id") is None:
        return {"owner_id": None}
    return {"owner_id": owners.checked(actor.tenant_id, whole_number(values, "owner_id"))}


def _title(actor: User, values: Values) -> str:
    owner = User.objects.filter(pk=values["owner_id"], organisation_id=actor.tenant_id).first()
    return f"Change owner to {owner.name}" if owner else "Take the owner away"


def _change(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    # Who left since the run began gets nobody more.
    owner_id = _owner_named(actor, values)["owner_id"]
    was = _locked(actor, ids)
    given = _give(actor, owner_id, [pk for pk in was if was[pk] != owner_id])
    return Changes(before={pk: {"owner": was[pk]} for pk in given})


def _undo(actor: User, values: Values, before: Mapping[int, Values]) -> set[int]:
    now = _locked(actor, sorted(before))
    still = [pk for pk, owner_id in now.items() if owner_id == values["owner_id"]]
    by_owner: defaultdict[int | None, list[int]] = defaultdict(list)
    for pk in still:
        by_owner[before[pk]["owner"]].append(pk)
    there = set(
        User.objects.filter(pk__in=[pk for pk in by_owner if pk], organisation_id=actor.tenant_id)
        .values_list("pk", flat=True)
    )  # fmt: skip
    return {
        pk
        for owner_id, ids in by_owner.items()
        for pk in _give(actor, owner_id if owner_id in there else None, ids)
    }


def _locked(actor: User, ids: Collection[int]) -> dict[int, int | None]:
    people = Candidate.objects.for_organisation(actor.organisation_id).filter(pk__in=ids).order_by("pk")
    return dict(people.select_for_update(no_key=True).values_list("pk", "owner_id"))


def _give(actor: User, owner_id: int | None, ids: Sequence[int]) -> list[int]:
    by_hand = Statement(
        value=None, origin=Origin.ADDED, at=timezone.now(), source="Edited by hand", by=actor.pk
    )
    values = {
        "owner": owner_id,
        "organisation": actor.organisation_id,
        "ids": list(ids),
        "entry": json.dumps(by_hand.as_provenance()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, values)
        changed = [pk for (pk,) in cursor.fetchall()]
    index.refresh(changed)
    tell_changed(actor, changed, "owner_id")
    return changed


ACTIONS = (Action("change_owner", Right.CANDIDATE_EDIT, _owner_named, _title, _change, _undo),)
