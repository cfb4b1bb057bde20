"""Steps of a campaign: the list, and writing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs, viewer_of
from campaigns import editing, selectors, senders, statistics
from campaigns.forms import StepForm
from campaigns.states import CampaignStatus, StepKind
from campaigns.views import builder, step_text
from campaigns.views.frame import campaign_frame
from foundation.problems import Invalid
from outreach.views import editor
from sourcing.models import ProjectRole


@needs(Right.CAMPAIGN_VIEW)
def steps(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """All steps in order."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    context = campaign_frame(request, campaign, "steps")
    lines = statistics.by_step(campaign)
    own = {step.pk: step.mailbox for step in senders.own_senders(campaign)}
    context["steps"] = [(line, editing.reach(line.step), own.get(line.step.pk)) for line in lines]
    return render(request, "campaigns/steps.html", context)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def add_step(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """An empty e-mail at the end of a draft, opened for writing; under way a step is written before it counts."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    if campaign.status != CampaignStatus.DRAFT:
        return redirect("campaigns:new_step", campaign.pk)
    step = editing.add_step(campaign=campaign, subject="", body="", days=3, actor=user)
    return redirect("campaigns:step", campaign.pk, step.pk)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Write one step; beside it what is wrong with it and how somebody would get it."""
    user = viewer_of(request)
    found = selectors.step_for(user, campaign_id, step_id, role=ProjectRole.EDITOR)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    if found.kind != StepKind.EMAIL:
        return builder.task_step(request, campaign, found)
    content = step_text.begun_with(request, found)
    initial = {
        **editor.initial_of(content),
        "days": found.days,
        "new_thread": "1" if found.new_thread else "",
        "mailbox": found.mailbox_id,
    }
    form = StepForm(request.POST or None, initial=initial, campaign=campaign, step=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            content = editor.content_from(request, before=content)
            reached = editing.edit_step(
                step=found,
                subject=content.subject,
                body=content.body,
                body_html=content.body_html,
                files=content.files,
                days=data.get("days") or 0,
                new_thread=bool(data.get("new_thread")),
                mailbox=data["mailbox"],
                actor=user,
            )
        except editing.AlreadyStarted as problem:
            form.add_error("mailbox", str(problem))
        except Invalid as problem:
            editor.tell(form, problem)
        else:
            messages.success(
                request, f"Saved. It applies to {reached:,} who have not had step {found.position} yet."
            )
            return redirect("campaigns:step", campaign.pk, found.pk)
    context = campaign_frame(request, campaign, "steps")
    context.update(form=form, step=found, **step_text.context_of(request, campaign, found, content))
    return render(request, "campaigns/step.html", context, status=422 if form.errors else 200)
