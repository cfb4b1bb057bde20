"""Steps of a campaign: the list, and writing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs, viewer_of
from campaigns import editing, preview, selectors, statistics
from campaigns.forms import StepForm
from campaigns.views.frame import campaign_frame
from foundation.problems import Invalid
from sourcing.models import ProjectRole


@needs(Right.CAMPAIGN_VIEW)
def steps(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """All steps in order."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    context = campaign_frame(request, campaign, "steps")
    context["steps"] = statistics.by_step(campaign)
    return render(request, "campaigns/steps.html", context)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def add_step(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """An empty step at the end, opened for writing."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    step = editing.add_step(campaign=campaign, subject="", body="", days=3, actor=user)
    return redirect("campaigns:step", campaign.pk, step.pk)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Write one step; beside it what the first person of the campaign would get."""
    user = viewer_of(request)
    found = selectors.step_for(user, campaign_id, step_id, role=ProjectRole.EDITOR)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    initial = {
        "subject": found.subject,
        "body": found.body,
        "days": found.days,
        "new_thread": found.new_thread,
    }
    form = StepForm(request.POST or None, initial=initial, step=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            reached = editing.edit_step(
                step=found,
                subject=data["subject"],
                body=data["body"],
                days=data.get("days") or 0,
                new_thread=bool(data.get("new_thread")),
                actor=user,
            )
        except Invalid as problem:
            for name, text in problem.fields.items():
                form.add_error(name, text)
        else:
            messages.success(request, f"Saved. It reaches {reached} people.")
            return redirect("campaigns:step", campaign.pk, found.pk)
    context = campaign_frame(request, campaign, "steps")
    context.update(form=form, step=found, preview=preview.of_step(found), problems=preview.problems(found))
    return render(request, "campaigns/step.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def remove_step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Take a step of a draft away."""
    user = viewer_of(request)
    editing.remove_step(
        step=selectors.step_for(user, campaign_id, step_id, role=ProjectRole.EDITOR), actor=user
    )
    messages.success(request, "Step removed.")
    return redirect("campaigns:steps", campaign_id)
