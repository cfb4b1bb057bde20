"""Reads of a project's board. The project comes from ``selectors.project_for``, which checks the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, QuerySet

from accounts.models import User
from foundation.problems import Missing
from sourcing.models import Project, ProjectMember, Stage


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
