"""Pages of projects: the list, the frame every tab stands in, and the Candidates tab."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs
from foundation.paging import keyset
from sourcing import projects as operations
from sourcing import selectors, slots
from sourcing.forms import ProjectForm
from sourcing.models import Project
from sourcing.search import query
from sourcing.views.requests import numbers, viewer_of
from sourcing.views.rows import Action, bulk_actions, rows

PAGE = 50


def project_frame(request: HttpRequest, project: Project, *, active: str) -> dict[str, Any]:
    """What every tab of a project shows around its content, for templates that extend ``sourcing/project_base.html``.

    ``active`` is the id of the tab's slot. Upper apps add what their block ``project`` needs.
    """
    viewer = viewer_of(request)
    may_edit = can(viewer, Right.PROJECT_EDIT)
    grouped: defaultdict[str, list[Action]] = defaultdict(list)
    for action in slots.project_action.visible(viewer):
        if action.shown is None or action.shown(project, viewer):
            url = reverse(action.url_name, args=[project.pk])
            grouped[action.menu].append(Action(action.label, action.icon, url))
    return {
        "project": project,
        "tabs": [
            {
                "label": tab.label,
                "url": reverse(tab.url_name, args=[project.pk]),
                "active": tab.id == active,
                "count": tab.count(project, viewer) if tab.count else None,
            }
            for tab in slots.project_tab.visible(viewer)
        ],
        "project_actions": grouped.pop("", []),
        "project_menus": [
            {"id": f"menu-{place}", "label": label, "actions": actions}
            for place, (label, actions) in enumerate(grouped.items())
        ],
        "may_edit_project": may_edit,
    }


@require_GET
@needs(Right.PROJECT_VIEW)
def projects(request: HttpRequest) -> HttpResponse:
    """The organisation's projects; ``archived=1`` those put away."""
    archived = request.GET.get("archived") == "1"
    viewer = viewer_of(request)
    found = selectors.visible_projects(viewer, archived=archived)
    page = keyset(found, order=("-created_at", "-id"), after=request.GET.get("after"), size=PAGE)
    context = {"page": page, "archived": archived, "may_edit": can(viewer, Right.PROJECT_EDIT)}
    return render(request, "sourcing/projects.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def new_project(request: HttpRequest) -> HttpResponse:
    """Name a project and go to it."""
    viewer = viewer_of(request)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert viewer.organisation is not None
        made = operations.create(
            organisation=viewer.organisation, actor=viewer, name=form.cleaned_data["name"]
        )
        return redirect(made.url)
    return render(request, "sourcing/project_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def rename(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give a project another name."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    form = ProjectForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        operations.rename(project=found, actor=viewer, name=form.cleaned_data["name"])
        return redirect(found.url)
    context = {"form": form, "project": found}
    return render(request, "sourcing/project_form.html", context, status=422 if form.errors else 200)


@require_GET
@needs(Right.PROJECT_VIEW)
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The Candidates tab: a table of the people in the project."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    members = selectors.project_members(viewer, found)
    page = keyset(members, order=("-id",), after=request.GET.get("after"), size=PAGE)
    context = project_frame(request, found, active="candidates") | {
        "page": page,
        "rows": rows(viewer, [member.candidate for member in page.rows]),
        "marks": slots.candidate_mark.visible(viewer),
        "bulk_actions": bulk_actions(viewer, found),
        "total": members.count(),
        "may_import": can(viewer, Right.CANDIDATE_IMPORT),
    }
    return render(request, "sourcing/project.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def add_people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Find people by words and put the ticked ones into the project."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    if request.method == "POST":
        ids = numbers(request.POST.getlist("candidate"))
        done = operations.add_people(project=found, actor=viewer, candidate_ids=ids)
        messages.success(
            request, f"{done.added:,} added" + (f", {done.already:,} already there" * bool(done.already))
        )
        return redirect(found.url)
    text = request.GET.get("q", "")
    page = query.people(viewer=viewer, text=text, after=request.GET.get("after"))
    inside = set(
        selectors.project_members(viewer, found)
        .filter(candidate__in=page.people)
        .values_list("candidate_id", flat=True)
    )
    context = {"project": found, "q": text, "page": page, "rows": rows(viewer, page.people), "inside": inside}
    return render(request, "sourcing/project_add.html", context)


@require_POST
@needs(Right.PROJECT_EDIT)
def remove_people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take ticked people out of the project; they stay in the CRM."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    everything = request.POST.get("everything") == "1"
    ids = (
        selectors.project_candidate_ids(viewer, found)
        if everything
        else numbers(request.POST.getlist("candidate"))
    )
    removed = operations.remove_people(project=found, actor=viewer, candidate_ids=ids)
    messages.success(request, f"{removed:,} removed from the project")
    return redirect(found.url)


@require_POST
@needs(Right.PROJECT_EDIT)
def archive(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put a project away."""
    viewer = viewer_of(request)
    operations.archive(project=selectors.project_for(viewer, project_id), actor=viewer)
    messages.success(request, "Archived")
    return redirect("sourcing:projects")


@require_POST
@needs(Right.PROJECT_EDIT)
def bring_back(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take a project out of the archive."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    operations.bring_back(project=found, actor=viewer)
    return redirect(found.url)
