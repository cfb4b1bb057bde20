"""Who may open a project: members and their roles, owner, visibility, links for hiring managers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, needs
from accounts.selectors import member_for
from accounts.selectors import members as colleagues
from foundation.problems import Invalid, Missing, Problem
from sourcing import collaborators, selectors, sharing
from sourcing.forms.projects import VISIBLE_TO
from sourcing.forms.sharing import CollaboratorForm, ShareForm
from sourcing.models import Collaborator, Project, ProjectRole, ProjectShare, Visibility
from sourcing.views.problems import onto_form
from sourcing.views.projects import project_frame
from sourcing.views.requests import number, viewer_of


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_VIEW)
def members(request: HttpRequest, project_id: int) -> HttpResponse:
    """Owner, members and visibility; POST gives a colleague a role."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    form = CollaboratorForm(request.POST or None, viewer=viewer, project=found)
    if request.method == "POST":
        found = _own(viewer, project_id)
        if form.is_valid():
            try:
                collaborators.set_role(
                    project=found,
                    actor=viewer,
                    user=form.cleaned_data["user"],
                    role=form.cleaned_data["role"],
                )
            except Problem as problem:
                onto_form(problem, form)
            else:
                return redirect("sourcing:project_members", found.pk)
    rows = Collaborator.objects.for_organisation(viewer.organisation_id).filter(project=found)
    context = project_frame(request, found, active="") | {
        "form": form,
        "collaborators": rows.select_related("user").order_by("user__name", "pk"),
        "visibilities": [
            {"value": value, "label": label, "help": VISIBLE_TO[value]} for value, label in Visibility.choices
        ],
        "heirs": colleagues(viewer).filter(is_active=True).exclude(pk=found.owner_id),
    }
    return render(request, "sourcing/project_members.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.PROJECT_EDIT)
def remove_member(request: HttpRequest, project_id: int, user_id: int) -> HttpResponse:
    """Take a colleague's role back."""
    viewer = viewer_of(request)
    found = _own(viewer, project_id)
    collaborators.remove(project=found, actor=viewer, user=member_for(viewer, user_id))
    return _still_open(viewer, found)


@require_POST
@needs(Right.PROJECT_EDIT)
def visibility(request: HttpRequest, project_id: int) -> HttpResponse:
    """Say who finds the project."""
    viewer = viewer_of(request)
    found = _own(viewer, project_id)
    collaborators.set_visibility(project=found, actor=viewer, visibility=request.POST.get("visibility", ""))
    messages.success(request, "Saved")
    return redirect("sourcing:project_members", found.pk)


@require_POST
@needs(Right.PROJECT_EDIT)
def owner(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give the project to a colleague."""
    viewer = viewer_of(request)
    found = _own(viewer, project_id)
    wanted = number(request.POST.get("owner"))
    if wanted is None:
        raise Invalid("Choose a colleague.", fields={"owner": "Choose a colleague."})
    heir = member_for(viewer, wanted)
    collaborators.change_owner(project=found, actor=viewer, user=heir)
    messages.success(request, f"{heir.name} owns the project now")
    return _still_open(viewer, found)


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def links(request: HttpRequest, project_id: int) -> HttpResponse:
    """The links of a project; POST makes one, which is shown in this answer and never again."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    form = ShareForm(request.POST or None)
    made = ""
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            _, secret = sharing.create(project=found, actor=viewer, now=timezone.now(), **values)
        except Problem as problem:
            onto_form(problem, form)
        else:
            made = request.build_absolute_uri(reverse("sourcing:shared", args=[secret]))
            form = ShareForm()
    context = project_frame(request, found, active="") | {
        "form": form,
        "made": made,
        "shares": sharing.shares(found),
        "now": timezone.now(),
    }
    response = render(request, "sourcing/project_share.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs(Right.PROJECT_EDIT)
def revoke(request: HttpRequest, project_id: int, share_id: int) -> HttpResponse:
    """Take a link back."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    sharing.revoke(share=_share(found, share_id), actor=viewer, now=timezone.now())
    messages.success(request, "The link does not work any more")
    return redirect("sourcing:project_share", found.pk)


def _own(viewer: User, project_id: int) -> Project:
    return selectors.project_for(viewer, project_id, role=ProjectRole.OWNER)


def _share(found: Project, share_id: int) -> ProjectShare:
    share = sharing.shares(found).filter(pk=share_id).first()
    if share is None:
        raise Missing("There is no such link.")
    return share


def _still_open(viewer: User, found: Project) -> HttpResponse:
    """Whoever gave away their own right to see the project goes to the list."""
    if selectors.openable_projects(viewer).filter(pk=found.pk).exists():
        return redirect("sourcing:project_members", found.pk)
    return redirect("sourcing:projects")
