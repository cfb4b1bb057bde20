"""Pages of a project's stages and of the organisation's default ones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import board_selectors, selectors
from sourcing import stages as operations
from sourcing.forms.stages import DefaultStagesForm, StageForm
from sourcing.models import Project, ProjectRole
from sourcing.views.problems import onto_form
from sourcing.views.requests import number, viewer_of


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def stages(request: HttpRequest, project_id: int) -> HttpResponse:
    """The stages of a project with what can be done to each; POST adds one at the end."""
    viewer = viewer_of(request)
    found = _project(request, project_id)
    form = StageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.add(project=found, actor=viewer, name=form.cleaned_data["name"])
        except Problem as problem:
            onto_form(problem, form)
        else:
            return redirect("sourcing:project_stages", found.pk)
    return _page(request, found, form)


@require_POST
@needs(Right.PROJECT_EDIT)
def rename(request: HttpRequest, project_id: int, stage_id: int) -> HttpResponse:
    """Give a stage another name."""
    viewer = viewer_of(request)
    found = _project(request, project_id)
    stage = board_selectors.stage_for(viewer, found, stage_id)
    operations.rename(stage=stage, actor=viewer, name=request.POST.get("name", ""))
    return redirect("sourcing:project_stages", found.pk)


@require_POST
@needs(Right.PROJECT_EDIT)
def shift(request: HttpRequest, project_id: int, stage_id: int) -> HttpResponse:
    """Move a stage one place to the left (``to=left``) or to the right."""
    viewer = viewer_of(request)
    found = _project(request, project_id)
    board_selectors.stage_for(viewer, found, stage_id)
    ids = [stage.pk for stage in board_selectors.stages(viewer, found)]
    here = ids.index(stage_id)
    there = max(0, min(len(ids) - 1, here + (-1 if request.POST.get("to") == "left" else 1)))
    ids.insert(there, ids.pop(here))
    operations.reorder(project=found, actor=viewer, stage_ids=ids)
    return redirect("sourcing:project_stages", found.pk)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def remove(request: HttpRequest, project_id: int, stage_id: int) -> HttpResponse:
    """Delete a stage after saying where its people go."""
    viewer = viewer_of(request)
    found = _project(request, project_id)
    stage = board_selectors.stage_for(viewer, found, stage_id)
    if request.method == "POST":
        wanted = number(request.POST.get("move_to"))
        move_to = board_selectors.stage_for(viewer, found, wanted) if wanted is not None else None
        moved = operations.remove(stage=stage, actor=viewer, move_to=move_to)
        gone = f"; {moved:,} moved to {move_to.name}" if moved and move_to else ""
        messages.success(request, f"{stage.name} removed{gone}")
        return redirect("sourcing:project_stages", found.pk)
    columns = board_selectors.columns(viewer, found)
    context = {
        "project": found,
        "stage": stage,
        "people": next(column.people for column in columns if column.stage.pk == stage.pk),
        "others": [column.stage for column in columns if column.stage.pk != stage.pk],
    }
    return render(request, "sourcing/stage_remove.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def defaults(request: HttpRequest) -> HttpResponse:
    """The stages that new projects of the organisation begin with."""
    viewer = viewer_of(request)
    assert viewer.organisation is not None
    names = "\n".join(operations.defaults(viewer.organisation))
    form = DefaultStagesForm(request.POST or None, initial={"names": names})
    if request.method == "POST" and form.is_valid():
        try:
            operations.set_defaults(actor=viewer, names=form.cleaned_data["names"].splitlines())
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved. New projects begin with these stages.")
            return redirect("sourcing:projects")
    status = 422 if form.errors else 200
    return render(request, "sourcing/stages_default.html", {"form": form}, status=status)


def _project(request: HttpRequest, project_id: int) -> Project:
    return selectors.project_for(viewer_of(request), project_id, role=ProjectRole.EDITOR)


def _page(request: HttpRequest, found: Project, form: StageForm) -> HttpResponse:
    columns = board_selectors.columns(viewer_of(request), found)
    context = {"project": found, "columns": columns, "form": form}
    return render(request, "sourcing/stages.html", context, status=422 if form.errors else 200)
