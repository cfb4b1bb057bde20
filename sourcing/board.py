"""Moving people on a project's board: one operation, however it was asked for (drag, key, menu, form, API, bulk)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import User
from foundation.problems import Invalid
from sourcing import activity, ordering, projects
from sourcing.models import ActivityKind, Project, ProjectMember, Stage

#: People that one hand moves to an exact place; more go on top of the stage (:func:`to_top`).
MAX_PLACED = 200

_RENUMBER = """
UPDATE sourcing_projectmember m SET position = line.place
  FROM (SELECT id, row_number() OVER (ORDER BY position, id) AS place
          FROM sourcing_projectmember WHERE stage_id = %s) line
 WHERE m.id = line.id AND m.position IS DISTINCT FROM line.place
"""
_PLACE = """
UPDATE sourcing_projectmember m SET stage_id = %s, position = wanted.place
  FROM unnest(%s::bigint[], %s::float8[]) AS wanted (id, place) WHERE m.id = wanted.id
"""
# Who stands in the stage already stays where they are.
_TO_TOP = """
UPDATE sourcing_projectmember m SET stage_id = %(stage)s, position = top.place + line.place
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS line (candidate_id, place),
       (SELECT COALESCE(min(position), 0) - %(count)s - 1 AS place
          FROM sourcing_projectmember WHERE stage_id = %(stage)s) top
 WHERE m.project_id = %(project)s AND m.candidate_id = line.candidate_id AND m.stage_id <> %(stage)s
RETURNING m.candidate_id
"""


@dataclass(frozen=True)
class Moved:
    """What a move came to: ``moved`` changed stage or place; ``unknown`` are not in the project."""

    moved: int
    unknown: int


@transaction.atomic
def move_people(
    *,
    project: Project,
    actor: User,
    candidate_ids: Sequence[int],
    stage: Stage,
    after: int | None = None,
) -> Moved:
    """Put people into ``stage``, in the order given, directly below the person ``after`` (None: on top).

    When ``after`` has left the stage meanwhile, they go on top: the rest of the move is what was wanted. Raises
    Invalid for a stage of another project and above :data:`MAX_PLACED` people, ``projects.Archived``.
    """
    if stage.project_id != project.pk:
        raise Invalid("Choose a stage of this project.", fields={"stage": "Choose a stage of this project."})
    ids = list(dict.fromkeys(candidate_ids))
    if len(ids) > MAX_PLACED:
        raise Invalid(f"At most {MAX_PLACED} people at once.", fields={"candidate_ids": "Too many people."})
    projects.locked(project)
    rows = ProjectMember.objects.for_organisation(project.organisation_id).filter(project=project)
    known = {row.candidate_id: row for row in rows.filter(candidate_id__in=ids).select_related("stage")}
    members = [known[pk] for pk in ids if pk in known]
    if members:
        _place(stage, members, after)
        _told(project, actor, stage, members)
    return Moved(moved=len(members), unknown=len(ids) - len(members))


def to_top(*, project: Project, stage: Stage, candidate_ids: Sequence[int]) -> list[int]:
    """Put any number of people on top of a stage in their order; returns who changed stage. Nothing is told.

    Called in a transaction that holds the project's lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TO_TOP,
            {
                "project": project.pk,
                "stage": stage.pk,
                "ids": list(candidate_ids),
                "count": len(candidate_ids),
            },
        )
        return [candidate_id for (candidate_id,) in cursor.fetchall()]


def _place(stage: Stage, members: Sequence[ProjectMember], after: int | None) -> None:
    """Write the places; where the neighbours leave no room, the stage is numbered anew and asked again."""
    found = ordering.places(*_neighbours(stage, members, after), len(members))
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(_RENUMBER, [stage.pk])
        found = ordering.places(*_neighbours(stage, members, after), len(members))
    assert found is not None, "a stage numbered anew has room everywhere"
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [stage.pk, [member.pk for member in members], found])


def _neighbours(
    stage: Stage, members: Sequence[ProjectMember], after: int | None
) -> tuple[float | None, float | None]:
    """The places above and below the gap, among those who stay."""
    staying = (
        ProjectMember.objects.for_organisation(stage.organisation_id)
        .filter(stage=stage)
        .exclude(pk__in=[member.pk for member in members])
    )
    above = staying.filter(candidate_id=after).first() if after is not None else None
    below = staying.order_by("position", "pk")
    if above is not None:
        below = below.filter(position__gt=above.position)
    first = below.first()
    return (above.position if above else None), (first.position if first else None)


def _told(project: Project, actor: User, stage: Stage, members: Sequence[ProjectMember]) -> None:
    """Who changed stage is worth an entry; another place in the same stage is not."""
    moved = [member for member in members if member.stage_id != stage.pk]
    if not moved:
        return
    left = {member.stage.name for member in moved}
    activity.record(
        project,
        ActivityKind.MOVED,
        actor=actor,
        candidate_id=moved[0].candidate_id if len(moved) == 1 else None,
        count=len(moved),
        to=stage.name,
        **({"from": left.pop()} if len(left) == 1 else {}),
    )
    projects.tell("project.members_changed", project)
