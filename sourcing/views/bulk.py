"""Bulk actions: what to do with ticked people, or with everybody the list or the project shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.permissions import Right, needs
from foundation import runs
from foundation.models import Run, RunStatus
from foundation.problems import Invalid
from sourcing import board_selectors, bulk, owners, projects, selectors
from sourcing.bulk import Whom
from sourcing.forms.bulk import DeleteForm, MoveForm, OwnerForm, TagForm, ToProjectForm
from sourcing.models import Project, ProjectRole
from sourcing.search import query
from sourcing.search.question import Question
from sourcing.views.requests import numbers, viewer_of, wants_part


@dataclass(frozen=True)
class Chosen:
    """Whom a posted selection means and how many that are; ``again`` are the fields that post it once more."""

    whom: Whom
    count: str
    one: bool
    number: int
    again: list[tuple[str, str]]


def _chosen(request: HttpRequest, viewer: User, project: Project | None = None) -> Chosen:
    """The ticked people, everybody of the project, or everybody the list's question finds. Raises Invalid for none."""
    if request.POST.get("everything") == "1" and project is not None:
        total = selectors.project_members(viewer, project).count()
        found = Chosen(Whom(project_id=project.pk), f"{total:,}", total == 1, total, [("everything", "1")])
    elif request.POST.get("everything") == "1":
        question = Question.posted(request.POST)
        hits = query.people(viewer=viewer, question=question, size=1).total
        again = [("everything", "1"), ("question", question.as_query())]
        found = Chosen(Whom(question=question), str(hits), hits.count == 1, hits.count, again)
    else:
        ids = numbers(request.POST.getlist("candidate"))
        again = [("candidate", str(pk)) for pk in ids]
        found = Chosen(Whom(ids=tuple(ids)), f"{len(ids):,}", len(ids) == 1, len(ids), again)
    if not found.number:
        raise Invalid("Nobody is selected. Go back and tick the people you mean.")
    return found


def _ask_or_start(
    request: HttpRequest,
    *,
    action: str,
    title: str,
    button: str,
    chosen: Chosen,
    form: Form,
    values: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    back: str,
    then: Callable[[Mapping[str, Any]], str] | None = None,
    danger: bool = False,
    here: str = "",
) -> HttpResponse:
    """The page that asks what is still open; with the answer the run begins, and ``then`` (or ``back``) follows."""
    if "choose" in request.POST and form.is_valid():
        wanted = values(form.cleaned_data)
        run = bulk.start(actor=viewer_of(request), action=action, whom=chosen.whom, values=wanted)
        return _begun(request, run, chosen, then(wanted) if then else back)
    context = {
        "title": title,
        "button": button,
        "danger": danger,
        "chosen": chosen,
        "form": form,
        "back": back,
        "here": here,
    }
    return render(request, "sourcing/bulk_form.html", context, status=422 if form.errors else 200)


def _begun(request: HttpRequest, run: Run, chosen: Chosen, back: str) -> HttpResponse:
    """A small run is done before the answer, with *Undo* in the toast; a long one shows itself in the tray."""
    if chosen.number <= bulk.AT_ONCE:
        runs.work(run.pk)
        run.refresh_from_db()
    if run.status == RunStatus.FAILED:
        messages.error(request, run.problem_text)
    else:
        words = run.result["summary"] if run.status == RunStatus.DONE else "it goes on in the background"
        undo = reverse("sourcing:run_undo", args=[run.pk]) if bulk.undoable(run) else ""
        messages.success(request, f"{run.title}: {words}", extra_tags=undo)
    return redirect(back)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def tag(request: HttpRequest) -> HttpResponse:
    """Put a tag on people."""
    return _tags(request, "tag", "Tag", "Tag")


@require_POST
@needs(Right.CANDIDATE_EDIT)
def untag(request: HttpRequest) -> HttpResponse:
    """Take a tag off people."""
    return _tags(request, "untag", "Remove a tag", "Remove tag")


def _tags(request: HttpRequest, action: str, title: str, button: str) -> HttpResponse:
    return _ask_or_start(
        request,
        action=action,
        title=title,
        button=button,
        chosen=_chosen(request, viewer_of(request)),
        form=TagForm(request.POST if "choose" in request.POST else None),
        values=lambda cleaned: {"tag": cleaned["tag"]},
        back=reverse("sourcing:people"),
    )


@require_POST
@needs(Right.CANDIDATE_EDIT)
def change_owner(request: HttpRequest) -> HttpResponse:
    """Give people to a colleague, or to nobody."""
    viewer = viewer_of(request)
    return _ask_or_start(
        request,
        action="change_owner",
        title="Change owner",
        button="Change owner",
        chosen=_chosen(request, viewer),
        form=OwnerForm(
            request.POST if "choose" in request.POST else None, colleagues=owners.possible(viewer.tenant_id)
        ),
        values=lambda cleaned: {"owner_id": cleaned["owner"]},
        back=reverse("sourcing:people"),
    )


@require_POST
@needs(Right.CANDIDATE_EDIT)
def delete(request: HttpRequest) -> HttpResponse:
    """Delete people for good, after their number was typed."""
    chosen = _chosen(request, viewer_of(request))
    return _ask_or_start(
        request,
        action="delete",
        title="Delete",
        button="Delete",
        danger=True,
        chosen=chosen,
        form=DeleteForm(request.POST if "choose" in request.POST else None, count=chosen.number),
        values=lambda cleaned: {"confirmed": cleaned["confirmed"]},
        back=reverse("sourcing:people"),
    )


@require_POST
@needs(Right.PROJECT_EDIT)
def to_project(request: HttpRequest) -> HttpResponse:
    """Put people into a project: first choose it, or name a new one, then do it."""
    viewer = viewer_of(request)
    chosen = _chosen(request, viewer)
    form = ToProjectForm(request.POST if "choose" in request.POST else None, viewer=viewer)

    def values(cleaned: Mapping[str, Any]) -> Mapping[str, Any]:
        assert viewer.organisation is not None
        project = cleaned["project"] or projects.create(
            organisation=viewer.organisation, actor=viewer, name=cleaned["name"]
        )
        return {"project_id": project.pk}

    return _ask_or_start(
        request,
        action="add_to_project",
        title="Add to project",
        button="Add to project",
        chosen=chosen,
        form=form,
        values=values,
        back=reverse("sourcing:people"),
        then=lambda wanted: reverse("sourcing:project", args=[wanted["project_id"]]),
    )


@require_POST
@needs(Right.PROJECT_EDIT)
def move(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put people of a project into another stage."""
    viewer = viewer_of(request)
    project = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    return _ask_or_start(
        request,
        action="move_stage",
        title="Move to stage",
        button="Move",
        chosen=_chosen(request, viewer, project),
        form=MoveForm(
            request.POST if "choose" in request.POST else None,
            stages=board_selectors.stages(viewer, project),
        ),
        values=lambda cleaned: {"project_id": project.pk, "stage_id": cleaned["stage"]},
        back=project.url,
        here=project.name,
    )


@require_POST
@needs(Right.PROJECT_EDIT)
def remove(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take people out of a project; they stay in the CRM, and the toast brings them back."""
    viewer = viewer_of(request)
    project = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    chosen = _chosen(request, viewer, project)
    run = bulk.start(
        actor=viewer,
        action="remove_from_project",
        whom=chosen.whom,
        values={"project_id": project.pk},
    )
    return _begun(request, run, chosen, project.url)


@require_GET
@needs(Right.CANDIDATE_VIEW)
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Progress and result of one bulk run of the viewer's."""
    run = bulk.run_for(viewer_of(request), run_id)
    context = {"run": run, "outcome": bulk.outcome(run), "undoable": bulk.undoable(run)}
    part = wants_part(request, "progress")
    return render(request, "sourcing/bulk_run.html" + ("#progress" if part else ""), context)


@require_POST
@needs(Right.CANDIDATE_VIEW)
def undo(request: HttpRequest, run_id: int) -> HttpResponse:
    """Take a bulk run of the viewer's back."""
    viewer = viewer_of(request)
    original = bulk.run_for(viewer, run_id)
    made = bulk.undo(actor=viewer, run_id=run_id)
    if original.ended and original.total <= bulk.AT_ONCE:
        runs.work(made.pk)
    return redirect("sourcing:run", made.pk)
