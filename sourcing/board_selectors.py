"""Reads of a project's board. The project comes from ``selectors.project_for``, which checks the right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection
from django.db.models import Count, QuerySet

from accounts.models import User
from foundation.problems import Missing
from sourcing.models import Project, ProjectMember, Stage

_TOPS = """
SELECT top.id FROM sourcing_stage s
 CROSS JOIN LATERAL (
     SELECT m.id FROM sourcing_projectmember m WHERE m.stage_id = s.id ORDER BY m.position, m.id LIMIT %s) top
 WHERE s.project_id = %s
"""


class StageMissing(Missing):
    """The project has no such stage."""

    code: ClassVar[str] = "stage_missing"


@dataclass(frozen=True)
class Column:
    """One stage of a board with how many people stand in it."""

    stage: Stage
    people: int


def columns(viewer: User, project: Project) -> list[Column]:
    """The stages of a project from left to right, with counts."""
    counts = dict(
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(project=project)
        .order_by()
        .values_list("stage")
        .annotate(count=Count("pk"))
    )
    return [Column(stage, counts.get(stage.pk, 0)) for stage in stages(viewer, project)]


def stages(viewer: User, project: Project) -> list[Stage]:
    """The stages of a project from left to right."""
    rows = Stage.objects.for_organisation(viewer.organisation_id).filter(project=project)
    return list(rows.order_by("position", "pk"))


def stage_for(viewer: User, project: Project, stage_id: int) -> Stage:
    """One stage of the project; raises :class:`StageMissing`."""
    found = next((stage for stage in stages(viewer, project) if stage.pk == stage_id), None)
    if found is None:
        raise StageMissing("There is no such stage in this project.")
    return found


def column(viewer: User, project: Project, stage: Stage) -> QuerySet[ProjectMember]:
    """Who stands in a stage, from the top on; paged by ``("position", "id")``."""
    return (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(project=project, stage=stage)
        .select_related("candidate")
        .order_by("position", "pk")
    )


def shown(viewer: User, project: Project, *, size: int) -> dict[int, list[ProjectMember]]:
    """The top of every stage, at most ``size`` people each, by stage id. Two queries for any number of stages.

    Each stage is read from its own place in the index, so ten thousand people in one cost what twenty do.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOPS, [size, project.pk])
        ids = [member_id for (member_id,) in cursor.fetchall()]
    rows = (
        ProjectMember.objects.for_organisation(viewer.organisation_id)
        .filter(pk__in=ids)
        .select_related("candidate")
        .order_by("position", "pk")
    )
    tops: defaultdict[int, list[ProjectMember]] = defaultdict(list)
    for member in rows:
        tops[member.stage_id].append(member)
    return tops
