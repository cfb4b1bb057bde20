"""The Activity tab of a project and comments on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, needs
from sourcing import activity as operations
from sourcing import selectors
from sourcing.views.projects import project_frame
from sourcing.views.requests import viewer_of


@require_GET
@needs(Right.PROJECT_VIEW)
def activity(request: HttpRequest, project_id: int) -> HttpResponse:
    """Everything that happened in the project, the newest first."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    context = project_frame(request, found, active="activity") | {
        "page": operations.entries(viewer=viewer, project=found, after=request.GET.get("after")),
    }
    return render(request, "sourcing/project_activity.html", context)


@require_POST
@needs(Right.PROJECT_VIEW)
def comment(request: HttpRequest, project_id: int) -> HttpResponse:
    """Say something about the project; whoever may open it may."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    operations.comment(project=found, actor=viewer, body=request.POST.get("body", ""))
    return redirect("sourcing:project_activity", found.pk)
