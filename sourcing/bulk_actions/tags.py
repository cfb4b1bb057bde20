"""A tag put on people or taken off them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection

from accounts.models import User
from accounts.permissions import Right
from foundation.problems import Invalid
from sourcing.bulk_actions.action import Action, Changes, Values
from sourcing.bulk_actions.news import tell_changed
from sourcing.normalising import clean_text
from sourcing.search import index

MAX_TAGS = 200

_LOCK = """
SELECT id, jsonb_array_length(tags) >= %s FROM sourcing_candidate
 WHERE organisation_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
_HAS = "EXISTS (SELECT 1 FROM jsonb_array_elements_text(c.tags) t WHERE lower(t) = lower(%(tag)s))"
_TAG = f"""
UPDATE sourcing_candidate c
   SET tags = c.tags || to_jsonb(%(tag)s::text), version = c.version + 1, updated_at = now()
 WHERE c.organisation_id = %(organisation)s AND c.id = ANY(%(ids)s) AND NOT {_HAS}
RETURNING c.id
"""  # noqa: S608 - made of this module's own words
_UNTAG = f"""
UPDATE sourcing_candidate c
   SET tags = (SELECT COALESCE(jsonb_agg(t.word ORDER BY t.place), '[]')
                 FROM jsonb_array_elements_text(c.tags) WITH ORDINALITY AS t (word, place)
                WHERE lower(t.word) <> lower(%(tag)s)),
       version = c.version + 1, updated_at = now()
  FROM (SELECT id, tags FROM sourcing_candidate WHERE organisation_id = %(organisation)s AND id = ANY(%(ids)s)) was
 WHERE c.organisation_id = %(organisation)s AND was.id = c.id AND {_HAS}
RETURNING c.id, (SELECT min(t) FROM jsonb_array_elements_text(was.tags) t WHERE lower(t) = lower(%(tag)s))
"""  # noqa: S608 - made of this module's own words


def _tag_named(_actor: User, values: Values) -> dict[str, Any]:
    tag = clean_text(str(values.get("tag", "")), limit=100)
    if not tag:
        raise Invalid("Name a tag.", fields={"tag": "Name a tag."})
    return {"tag": tag}


def _tag(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    full = _locked_people(actor, ids)
    tagged = _with_tag(actor, values["tag"], [pk for pk in ids if pk not in full])
    return Changes(before={pk: {} for pk in tagged}, skipped=dict.fromkeys(full, "full"))


def _untag(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    _locked_people(actor, ids)
    return Changes(
        before={pk: {"tag": spelling} for pk, spelling in _without_tag(actor, values["tag"], ids).items()}
    )


def _undo_tag(actor: User, values: Values, before: Mapping[int, Values]) -> set[int]:
    _locked_people(actor, sorted(before))
    return set(_without_tag(actor, values["tag"], sorted(before)))


def _undo_untag(actor: User, _values: Values, before: Mapping[int, Values]) -> set[int]:
    full = _locked_people(actor, sorted(before))
    spellings: defaultdict[str, list[int]] = defaultdict(list)
    for pk, was in before.items():
        if pk not in full:
            spellings[str(was["tag"])].append(pk)
    return {pk for tag, ids in spellings.items() for pk in _with_tag(actor, tag, ids)}


def _locked_people(actor: User, ids: Sequence[int]) -> set[int]:
    """Locks the people in the order of their ids; returns who has no room for another tag."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [MAX_TAGS, actor.organisation_id, list(ids)])
        return {pk for pk, full in cursor.fetchall() if full}


def _with_tag(actor: User, tag: str, ids: Sequence[int]) -> list[int]:
    values = {"tag": tag, "organisation": actor.organisation_id, "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_TAG, values)
        changed = [pk for (pk,) in cursor.fetchall()]
    _changed(actor, changed)
    return changed


def _without_tag(actor: User, tag: str, ids: Sequence[int]) -> dict[int, str]:
    values = {"tag": tag, "organisation": actor.organisation_id, "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_UNTAG, values)
        changed = dict(cursor.fetchall())
    _changed(actor, list(changed))
    return changed


def _changed(actor: User, ids: Collection[int]) -> None:
    index.refresh(ids)
    tell_changed(actor, ids, "tags")


ACTIONS = (
    Action(
        "tag",
        Right.CANDIDATE_EDIT,
        _tag_named,
        lambda _actor, values: f"Tag “{values['tag']}”",
        _tag,
        _undo_tag,
    ),
    Action(
        "untag",
        Right.CANDIDATE_EDIT,
        _tag_named,
        lambda _actor, values: f"Remove the tag “{values['tag']}”",
        _untag,
        _undo_untag,
    ),
)
