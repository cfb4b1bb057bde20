"""The project's *Outreach Settings* tab: which addresses its campaigns prefer (seed 002)."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right, can, needs, require, viewer_of
from campaigns import recipient_email, selectors
from campaigns.addressing import Prefer
from sourcing import selectors as sourcing_selectors
from sourcing.models import ProjectRole
from sourcing.views.projects import project_frame


@needs(Right.CAMPAIGN_VIEW)
@require_http_methods(["GET", "POST"])
def outreach_settings(request: HttpRequest, project_id: int) -> HttpResponse:
    """*Prefer* and the strict box of each campaign, and of new ones."""
    viewer = viewer_of(request)
    if request.method == "POST":
        return _save(request, project_id)
    project = sourcing_selectors.project_for(viewer, project_id)
    context = project_frame(request, project, active="outreach_settings")
    context.update(
        campaigns=selectors.campaigns(viewer).filter(project=project),
        defaults=recipient_email.defaults_of(project),
        choices=Prefer.choices,
        may_edit=bool(context["may_edit_project"]) and can(viewer, Right.CAMPAIGN_EDIT),
    )
    return render(request, "campaigns/project_settings.html", context)


@transaction.atomic
def _save(request: HttpRequest, project_id: int) -> HttpResponse:
    """Everything of the form together: ``prefer-<id>`` and ``strict-<id>``, with ``new`` for new campaigns."""
    user = viewer_of(request)
    require(user, Right.CAMPAIGN_EDIT)
    project = sourcing_selectors.project_for(user, project_id, role=ProjectRole.EDITOR)
    for campaign in selectors.campaigns(user).filter(project=project):
        if (prefer := request.POST.get(f"prefer-{campaign.pk}")) is not None:
            strict = bool(request.POST.get(f"strict-{campaign.pk}"))
            recipient_email.choose(campaign=campaign, prefer=prefer, strict_type=strict, actor=user)
    if (prefer := request.POST.get("prefer-new")) is not None:
        strict = bool(request.POST.get("strict-new"))
        recipient_email.choose_default(project=project, prefer=prefer, strict_type=strict, actor=user)
    messages.success(request, "Outreach Settings saved.")
    return redirect("campaigns:project_settings", project.pk)
