"""Pages of projects: the list, the frame every tab stands in, naming, archiving, copying."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing import project_roles, selectors, slots
from sourcing import projects as operations
from sourcing.forms.projects import DuplicateForm, ProjectForm
from sourcing.models import Project, ProjectRole
from sourcing.views.problems import onto_form
from sourcing.views.requests import viewer_of
from sourcing.views.rows import Action

PAGE = 50


def project_frame(request: HttpRequest, project: Project, *, active: str) -> dict[str, Any]:
    """What every tab of a project shows around its content, for templates that extend ``sourcing/project_base.html``.

    ``active`` is the id of the tab's slot. Upper apps add what their block ``project`` needs.
    """
    viewer = viewer_of(request)
    role = selectors.role_in(viewer, project)
    grouped: defaultdict[str, list[Action]] = defaultdict(list)
    for action in slots.offered(slots.project_action.visible(viewer), project, viewer):
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
        "may_edit_project": can(viewer, Right.PROJECT_EDIT)
        and project_roles.includes(role, ProjectRole.EDITOR),
        "may_own_project": can(viewer, Right.PROJECT_EDIT)
        and project_roles.includes(role, ProjectRole.OWNER),
    }


@require_GET
@needs(Right.PROJECT_VIEW)
def projects(request: HttpRequest) -> HttpResponse:
    """The projects the viewer may open, as a table or as cards; ``archived=1`` those put away."""
    archived = request.GET.get("archived") == "1"
    cards = request.GET.get("view") == "cards"
    viewer = viewer_of(request)
    found = selectors.visible_projects(viewer, archived=archived)
    page = keyset(found, order=("-created_at", "-id"), after=request.GET.get("after"), size=PAGE)
    figures = slots.project_figure.visible(viewer)
    context = {
        "page": page,
        "rows": _with_figures(viewer, page.rows, figures),
        "figures": figures,
        "archived": archived,
        "cards": cards,
        "views": _views(archived=archived, cards=cards),
        "may_edit": can(viewer, Right.PROJECT_EDIT),
        "may_set_stages": can(viewer, Right.ORGANISATION_EDIT),
    }
    return render(request, "sourcing/projects.html", context)


def _views(*, archived: bool, cards: bool) -> list[dict[str, object]]:
    """The two ways to look at the list; each keeps whether it is the archive."""
    rest = "&archived=1" if archived else ""
    return [
        {"label": "Table", "icon": "rows-3", "url": f"?view=table{rest}", "active": not cards},
        {"label": "Cards", "icon": "layout-grid", "url": f"?view=cards{rest}", "active": cards},
    ]


def _with_figures(
    viewer: User, found: list[Project], figures: list[slots.ProjectFigure]
) -> list[tuple[Project, list[tuple[str, int]]]]:
    """Each project with its labelled numbers; every slot is asked once for the page."""
    ids = [project.pk for project in found]
    numbers = [figure.figures(ids, viewer) for figure in figures]
    return [
        (
            project,
            [
                (figure.label, number.get(project.pk, 0))
                for figure, number in zip(figures, numbers, strict=True)
            ],
        )
        for project in found
    ]


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def new_project(request: HttpRequest) -> HttpResponse:
    """Name a project, say who sees it, and go to it."""
    viewer = viewer_of(request)
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert viewer.organisation is not None
        try:
            made = operations.create(
                organisation=viewer.organisation,
                actor=viewer,
                name=form.cleaned_data["name"],
                visibility=form.cleaned_data["visibility"],
            )
        except Problem as problem:
            onto_form(problem, form)
        else:
            return redirect(made.url)
    return render(request, "sourcing/project_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def rename(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give a project another name."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    form = ProjectForm(request.POST or None, initial={"name": found.name}, naming_only=True)
    if request.method == "POST" and form.is_valid():
        try:
            operations.rename(project=found, actor=viewer, name=form.cleaned_data["name"])
        except Problem as problem:
            onto_form(problem, form)
        else:
            return redirect(found.url)
    context = {"form": form, "project": found}
    return render(request, "sourcing/project_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def duplicate(request: HttpRequest, project_id: int) -> HttpResponse:
    """Copy a project's stages and members, with its people if wanted."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    form = DuplicateForm(request.POST or None, initial={"name": f"Copy of {found.name}"[:200]})
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.duplicate(
                project=found,
                actor=viewer,
                name=form.cleaned_data["name"],
                with_people=form.cleaned_data["with_people"],
            )
        except Problem as problem:
            onto_form(problem, form)
        else:
            return redirect(made.url)
    context = {"form": form, "project": found}
    return render(request, "sourcing/project_duplicate.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.PROJECT_EDIT)
def archive(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put a project away; the toast takes it back."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    operations.archive(project=found, actor=viewer)
    undo = reverse("sourcing:project_bring_back", args=[found.pk])
    messages.success(request, "Archived", extra_tags=undo)
    return redirect("sourcing:projects")


@require_POST
@needs(Right.PROJECT_EDIT)
def bring_back(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take a project out of the archive."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    operations.bring_back(project=found, actor=viewer)
    return redirect(found.url)
