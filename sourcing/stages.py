"""The stages of a project's board and the organisation's default ones: adding, naming, ordering, removing."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import Organisation, User
from accounts.permissions import Right, require
from foundation.problems import Invalid
from sourcing import activity, board, in_turn, projects
from sourcing.models import ActivityKind, DefaultStage, Project, ProjectMember, Stage
from sourcing.models.project import FIRST_STAGES
from sourcing.normalising import clean_text

#: More columns than this is not a board any more.
MAX_STAGES = 30
MAX_NAME = 60


def defaults(organisation: Organisation) -> list[str]:
    """The names that new projects begin with, from left to right."""
    rows = DefaultStage.objects.for_organisation(organisation).order_by("position", "pk")
    return list(rows.values_list("name", flat=True)) or list(FIRST_STAGES)


@transaction.atomic
def set_defaults(*, actor: User, names: Sequence[str]) -> list[str]:
    """Replace the organisation's default stages; projects that exist keep theirs. No names: the product's own again.

    Raises NotAllowed for whoever may not edit the organisation, Invalid for a name twice or too many.
    """
    require(actor, Right.ORGANISATION_EDIT)
    assert actor.organisation is not None
    wanted = [name for name in (_cleaned(name) for name in names) if name]
    _distinct(wanted)
    in_turn.of(actor.organisation.pk).get()
    DefaultStage.objects.for_organisation(actor.organisation).delete()
    DefaultStage.objects.bulk_create(
        DefaultStage(organisation=actor.organisation, name=name, position=place, created_by=actor)
        for place, name in enumerate(wanted, start=1)
    )
    return defaults(actor.organisation)


@transaction.atomic
def add(*, project: Project, actor: User, name: str) -> Stage:
    """A new stage at the right end. Raises Invalid for an empty or repeated name and above :data:`MAX_STAGES`."""
    found = _locked(project)
    name = _fresh(name, found)
    if len(found) >= MAX_STAGES:
        raise Invalid(f"A project has at most {MAX_STAGES} stages.", fields={"name": "Too many stages."})
    last = max(stage.position for stage in found) if found else 0
    made = Stage.objects.create(
        organisation_id=project.organisation_id, project=project, name=name, position=last + 1
    )
    _changed(project, actor, f"added the stage {name}")
    return made


@transaction.atomic
def rename(*, stage: Stage, actor: User, name: str) -> Stage:
    """Give a stage another name. Raises Invalid for an empty or repeated one."""
    found = _locked(stage.project)
    before = stage.name
    stage.name = _fresh(name, [other for other in found if other.pk != stage.pk])
    if stage.name != before:
        stage.save(update_fields=["name"])
        _changed(stage.project, actor, f"renamed the stage {before} to {stage.name}")
    return stage


@transaction.atomic
def reorder(*, project: Project, actor: User, stage_ids: Sequence[int]) -> list[Stage]:
    """Put the stages into this order. Raises Invalid unless each of the project's stages is named exactly once."""
    found = {stage.pk: stage for stage in _locked(project)}
    if sorted(stage_ids) != sorted(found):
        raise Invalid("Name every stage of the project once.", fields={"stages": "Name every stage once."})
    ordered = [found[pk] for pk in stage_ids]
    for place, stage in enumerate(ordered, start=1):
        stage.position = place
    Stage.objects.for_organisation(project.organisation_id).bulk_update(ordered, ["position"])
    _changed(project, actor, "put the stages into another order")
    return ordered


@transaction.atomic
def remove(*, stage: Stage, actor: User, move_to: Stage | None) -> int:
    """Delete a stage; its people go on top of ``move_to`` in their order. Returns how many moved.

    Raises Invalid for the last stage, for a target of another project, and when people stand in it and none is named.
    """
    found = {other.pk for other in _locked(stage.project)}
    if len(found) == 1:
        raise Invalid("A project keeps at least one stage.")
    inside = ProjectMember.objects.for_organisation(stage.organisation_id).filter(stage=stage)
    if move_to is not None and (move_to.pk not in found or move_to.pk == stage.pk):
        raise Invalid("Choose another stage of this project.", fields={"move_to": "Choose another stage."})
    moved = 0
    if inside.exists():
        if move_to is None:
            raise Invalid("Say where its people go.", fields={"move_to": "Say where its people go."})
        ids = list(inside.order_by("position", "pk").values_list("candidate_id", flat=True))
        moved = len(board.to_top(project=stage.project, stage=move_to, candidate_ids=ids))
    stage.delete()
    to = f", {moved:,} people to {move_to.name}" if moved and move_to else ""
    _changed(stage.project, actor, f"removed the stage {stage.name}{to}")
    return moved


def _locked(project: Project) -> list[Stage]:
    projects.locked(project)
    rows = Stage.objects.for_organisation(project.organisation_id).filter(project=project)
    return list(rows.order_by("position", "pk"))


def _changed(project: Project, actor: User, text: str) -> None:
    activity.record(project, ActivityKind.STAGE, actor=actor, text=text)
    projects.tell("project.updated", project)


def _cleaned(name: str) -> str:
    return clean_text(name, limit=MAX_NAME)


def _fresh(name: str, others: Sequence[Stage]) -> str:
    name = _cleaned(name)
    if not name:
        raise Invalid("Give the stage a name.", fields={"name": "Give the stage a name."})
    if name.lower() in {other.name.lower() for other in others}:
        raise Invalid("There is a stage of this name.", fields={"name": "There is a stage of this name."})
    return name


def _distinct(names: Sequence[str]) -> None:
    if len(names) > MAX_STAGES:
        raise Invalid(f"At most {MAX_STAGES} stages.", fields={"names": f"At most {MAX_STAGES} stages."})
    if len({name.lower() for name in names}) < len(names):
        raise Invalid("A name stands there twice.", fields={"names": "A name stands there twice."})
