"""People put into a project, taken out of it, or moved to a stage."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.db import models

from accounts.models import User
from accounts.permissions import Right
from sourcing import activity, board, board_selectors, projects, selectors
from sourcing.bulk_actions.action import Action, Changes, Values, whole_number
from sourcing.models import ActivityKind, Project, ProjectMember, ProjectRole, Stage
from sourcing.search import index


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
    return selectors.project_for(actor, whole_number(values, "project_id"), role=ProjectRole.EDITOR)


def _stage(actor: User, values: Values) -> Stage:
    return board_selectors.stage_for(actor, _project(actor, values), whole_number(values, "stage_id"))


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


def _project_name(actor: User, values: Values) -> str:
    return _project(actor, values).name


ACTIONS = (
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
)
