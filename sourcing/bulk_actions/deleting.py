"""People deleted, many at once (docs/behaviour.md §9).

Whoever has nothing but rows of their own goes at once, files included. Who was in a campaign is erased as *Delete* on
their page does it, each in a run of its own: their messages are blanked, what waits is cancelled, and the copies in
other places go. Nobody is blocked from coming back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import models

from accounts.models import User
from accounts.permissions import Right
from sourcing import erasing
from sourcing.bulk_actions.action import Action, Changes, Values, whole_number
from sourcing.models import Candidate, ErasureReason


def _confirmed(_actor: User, values: Values) -> dict[str, Any]:
    return {"confirmed": whole_number(values, "confirmed")}


def _delete(actor: User, _values: Values, ids: Sequence[int]) -> Changes:
    people = Candidate.objects.for_organisation(actor.organisation_id).filter(pk__in=ids)
    written_to = _written_to(actor, ids)
    for person in people.filter(pk__in=written_to).order_by("pk"):
        erasing.request(candidate=person, actor=actor, reason=ErasureReason.OTHER, block=False)
    rest = people.exclude(pk__in=written_to)
    gone = set(rest.values_list("pk", flat=True))
    rest.delete()
    return Changes(gone=gone, erasing=written_to)


def _written_to(actor: User, ids: Collection[int]) -> set[int]:
    """Who is named by a row that protects them, whatever room it is of: today those of campaigns."""
    found: set[int] = set()
    for relation in Candidate._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and relation.on_delete is models.PROTECT:
            name = f"{relation.field.name}_id"
            related: Any = relation.related_model
            rows = related.objects.for_organisation(actor.organisation_id)
            found |= set(rows.filter(**{f"{name}__in": list(ids)}).values_list(name, flat=True))
    return found


ACTIONS = (
    Action(
        "delete",
        Right.CANDIDATE_EDIT,
        _confirmed,
        lambda _actor, values: f"Delete {values['confirmed']:,} people",
        _delete,
    ),
)
