"""What can be done with many people at once: one entry of :data:`ACTIONS` each, used by ``bulk``.

``apply`` changes one slice in the caller's transaction and says, per changed person, what undoing needs; ``undo`` takes
back what is still as ``apply`` left it and says whose. Both read the people again by id and organisation.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from accounts.models import User
from accounts.permissions import Right
from foundation.problems import Invalid
from sourcing import activity, board, board_selectors, projects, selectors
from sourcing.models import ActivityKind, Candidate, Project, ProjectMember, ProjectRole, Stage
from sourcing.normalising import clean_text
from sourcing.search import index

#: Why somebody was skipped.
WHY = {
    "full": "has 200 tags already",
    "kept": "is in a campaign and stays until they are erased",
    "not_in_project": "is not in the project any more",
}
MAX_TAGS = 200

Values = Mapping[str, Any]


@dataclass
class Changes:
    """What a slice came to: ``before`` per changed person, ``skipped`` with a code of :data:`WHY`, ``gone`` deleted."""

    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Action:
    """One kind of bulk action.

    ``check`` cleans the values and raises for what the actor may not name; ``told`` writes down, once, that so many
    people were changed (``undone``: taken back).
    """

    name: str
    right: Right
    check: Callable[[User, Values], dict[str, Any]]
    title: Callable[[User, Values], str]
    apply: Callable[[User, Values, Sequence[int]], Changes]
    undo: Callable[[User, Values, Mapping[int, Values]], set[int]] | None = None
    told: Callable[[User, Values, int, bool], None] | None = None


def action(name: str) -> Action:
    """One action by its name; raises Invalid."""
    if name not in ACTIONS:
        raise Invalid("There is no such action.", fields={"action": "There is no such action."})
    return ACTIONS[name]


# ── tags ────────────────────────────────────────────────────────────────────

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
    index.refresh(changed)
    return changed


def _without_tag(actor: User, tag: str, ids: Sequence[int]) -> dict[int, str]:
    values = {"tag": tag, "organisation": actor.organisation_id, "ids": list(ids)}
    with connection.cursor() as cursor:
        cursor.execute(_UNTAG, values)
        changed = dict(cursor.fetchall())
    index.refresh(list(changed))
    return changed


# ── projects ────────────────────────────────────────────────────────────────


def _project_named(actor: User, values: Values) -> dict[str, Any]:
    project = _project(actor, values)
    if project.archived_at is not None:
        raise projects.Archived("The project is archived. Bring it back to change its people.")
    return {"project_id": project.pk}


def _stage_named(actor: User, values: Values) -> dict[str, Any]:
    checked = _project_named(actor, values)
    return checked | {"stage_id": _stage(actor, values).pk}


def _project(actor: User, values: Values) -> Project:
    """Asked again with every slice: who lost their role meanwhile changes nobody more."""
    return selectors.project_for(actor, _number(values, "project_id"), role=ProjectRole.EDITOR)


def _stage(actor: User, values: Values) -> Stage:
    return board_selectors.stage_for(actor, _project(actor, values), _number(values, "stage_id"))


def _number(values: Values, name: str) -> int:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid("Say which one.", fields={name: "Say which one."})
    return value


def _inside(project: Project, ids: Collection[int]) -> models.QuerySet[ProjectMember]:
    rows = ProjectMember.objects.for_organisation(project.organisation_id)
    return rows.filter(project=project, candidate_id__in=ids)


def _add(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    joined = projects.join(project=_project(actor, values), actor=actor, candidate_ids=ids)
    return Changes(before={pk: {} for pk in joined})


def _undo_add(actor: User, values: Values, before: Mapping[int, Values]) -> set[int]:
    project = projects.locked(_project(actor, values))
    rows = _inside(project, list(before)).filter(added_by=actor)
    back = set(rows.values_list("candidate_id", flat=True))
    rows.delete()
    index.left(project, back)
    return back


def _remove(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    project = projects.locked(_project(actor, values))
    rows = _inside(project, ids)
    before = {
        row.candidate_id: {
            "stage": row.stage_id,
            "position": row.position,
            "added_by": row.added_by_id,
            "added_at": row.added_at.isoformat(),
        }
        for row in rows
    }
    rows.delete()
    index.left(project, list(before))
    return Changes(before=before)


def _undo_remove(actor: User, values: Values, before: Mapping[int, Values]) -> set[int]:
    project = projects.locked(_project(actor, values))
    stages = [stage.pk for stage in board_selectors.stages(actor, project)]
    again = set(_inside(project, list(before)).values_list("candidate_id", flat=True))
    rows = [
        ProjectMember(
            organisation_id=project.organisation_id,
            project=project,
            candidate_id=pk,
            # A stage removed meanwhile: the first one, as for everybody who enters.
            stage_id=was["stage"] if was["stage"] in stages else stages[0],
            position=was["position"],
            added_by_id=was["added_by"],
        )
        for pk, was in before.items()
        if pk not in again
    ]
    ProjectMember.objects.bulk_create(rows)
    for row in rows:
        row.added_at = datetime.datetime.fromisoformat(before[row.candidate_id]["added_at"])
    ProjectMember.objects.for_organisation(project.organisation_id).bulk_update(rows, ["added_at"])
    index.joined(project, [row.candidate_id for row in rows])
    return {row.candidate_id for row in rows}


def _move(actor: User, values: Values, ids: Sequence[int]) -> Changes:
    project = projects.locked(_project(actor, values))
    was = {
        row.candidate_id: {"stage": row.stage_id, "position": row.position} for row in _inside(project, ids)
    }
    moved = board.to_top(
        project=project, stage=_stage(actor, values), candidate_ids=[pk for pk in ids if pk in was]
    )
    return Changes(
        before={pk: was[pk] for pk in moved},
        skipped=dict.fromkeys((pk for pk in ids if pk not in was), "not_in_project"),
    )


def _undo_move(actor: User, values: Values, before: Mapping[int, Values]) -> set[int]:
    project = projects.locked(_project(actor, values))
    stages = {stage.pk for stage in board_selectors.stages(actor, project)}
    rows = [
        row
        for row in _inside(project, list(before)).filter(stage_id=values["stage_id"])
        if before[row.candidate_id]["stage"] in stages
    ]
    for row in rows:
        row.stage_id = before[row.candidate_id]["stage"]
        row.position = before[row.candidate_id]["position"]
    ProjectMember.objects.for_organisation(project.organisation_id).bulk_update(
        rows, ["stage_id", "position"]
    )
    return {row.candidate_id for row in rows}


def _told_in_project(
    kind: ActivityKind, back: ActivityKind | None
) -> Callable[[User, Values, int, bool], None]:
    """Writes the whole run as one entry of the project's activity; ``back`` is the kind of its undoing."""

    def told(actor: User, values: Values, count: int, undone: bool) -> None:
        project = _project(actor, values)
        detail: dict[str, Any] = {"count": count}
        if kind is ActivityKind.MOVED:
            detail["to"] = "where they were" if undone else _stage(actor, values).name
        activity.record(project, back if undone and back else kind, actor=actor, **detail)
        projects.tell("project.members_changed", project)

    return told


# ── deleting ────────────────────────────────────────────────────────────────


def _confirmed(_actor: User, values: Values) -> dict[str, Any]:
    return {"confirmed": _number(values, "confirmed")}


def _delete(actor: User, _values: Values, ids: Sequence[int]) -> Changes:
    kept = _kept(actor, ids)
    people = Candidate.objects.for_organisation(actor.organisation_id).filter(pk__in=set(ids) - kept)
    gone = set(people.values_list("pk", flat=True))
    people.delete()
    return Changes(skipped=dict.fromkeys(kept, "kept"), gone=gone)


def _kept(actor: User, ids: Collection[int]) -> set[int]:
    """Who is named by a row of an upper room that protects them, whatever room that is."""
    kept: set[int] = set()
    for relation in Candidate._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and relation.on_delete is models.PROTECT:
            name = f"{relation.field.name}_id"
            related: Any = relation.related_model
            rows = related.objects.for_organisation(actor.organisation_id)
            kept |= set(rows.filter(**{f"{name}__in": list(ids)}).values_list(name, flat=True))
    return kept


def _project_name(actor: User, values: Values) -> str:
    return _project(actor, values).name


ACTIONS: Mapping[str, Action] = {
    one.name: one
    for one in (
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
        Action(
            "add_to_project",
            Right.PROJECT_EDIT,
            _project_named,
            lambda actor, values: f"Add to {_project_name(actor, values)}",
            _add,
            _undo_add,
            _told_in_project(ActivityKind.JOINED, ActivityKind.LEFT),
        ),
        Action(
            "remove_from_project",
            Right.PROJECT_EDIT,
            _project_named,
            lambda actor, values: f"Remove from {_project_name(actor, values)}",
            _remove,
            _undo_remove,
            _told_in_project(ActivityKind.LEFT, ActivityKind.JOINED),
        ),
        Action(
            "move_stage",
            Right.PROJECT_EDIT,
            _stage_named,
            lambda actor, values: f"Move to {_stage(actor, values).name}",
            _move,
            _undo_move,
            _told_in_project(ActivityKind.MOVED, None),
        ),
        Action(
            "delete",
            Right.CANDIDATE_EDIT,
            _confirmed,
            lambda _actor, values: f"Delete {values['confirmed']:,} people",
            _delete,
        ),
    )
}
