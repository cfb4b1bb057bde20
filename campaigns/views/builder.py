"""The builder: adding, ordering and taking out steps, manual tasks, and the whole sequence for one person."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, needs, viewer_of
from campaigns import editing, preview, selectors
from campaigns.forms import NewStepForm, TaskStepForm
from campaigns.models import Campaign, Step
from campaigns.states import CampaignStatus, Progress, StepKind
from campaigns.views.frame import campaign_frame
from foundation.problems import Invalid
from sourcing.models import ProjectRole
from sourcing.views.problems import onto_form
from sourcing.views.requests import number

#: People offered in the preview's list; any other one by ``?recipient=``.
OFFERED = 50


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def new_step(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A step of ``?kind=``, written before it counts: people of a campaign under way may reach it at once."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    kind = request.GET.get("kind", "")
    kind = kind if kind in StepKind.values else StepKind.EMAIL.value
    completed = selectors.recipients(campaign, word=Progress.COMPLETED).count()
    form = NewStepForm(request.POST or None, campaign=campaign, kind=kind, completed=completed)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            step = editing.add_step(
                campaign=campaign,
                subject=data["subject"],
                body=data["body"],
                days=data["days"],
                kind=kind,
                revive=data.get("revive", False),
                mailbox=data.get("mailbox"),
                actor=user,
                now=timezone.now(),
            )
        except Invalid as problem:
            onto_form(problem, form)
        else:
            messages.success(request, f"Step {step.position} added. {_applies(editing.reach(step))}")
            return redirect("campaigns:steps", campaign.pk)
    context = campaign_frame(request, campaign, "steps")
    context.update(form=form, kind=StepKind(kind), under_way=campaign.status != CampaignStatus.DRAFT)
    return render(request, "campaigns/step_new.html", context, status=422 if form.errors else 200)


def _applies(people: int) -> str:
    return f"It applies to {people:,} {'person' if people == 1 else 'people'} who have not had it yet."


def task_step(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """The page of one manual task; called by ``steps.step``, which has checked the right."""
    initial = {"days": step.days, "subject": step.subject, "body": step.body}
    form = TaskStepForm(request.POST or None, initial=initial, first=step.position == 1)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        reached = editing.edit_step(
            step=step,
            subject=data["subject"],
            body=data["body"],
            days=data.get("days") or 0,
            new_thread=False,
            actor=viewer_of(request),
            now=timezone.now(),
        )
        messages.success(request, f"Saved. {_applies(reached)}")
        return redirect("campaigns:step", campaign.pk, step.pk)
    context = campaign_frame(request, campaign, "steps")
    context.update(
        form=form,
        step=step,
        reach=editing.reach(step),
        preview=preview.of_step(step, viewer=viewer_of(request)),
    )
    return render(request, "campaigns/step_task.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def move_step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Put a step at place ``to``."""
    step = selectors.step_for(viewer_of(request), campaign_id, step_id, role=ProjectRole.EDITOR)
    to = number(request.POST.get("to"))
    if to is None:
        raise Invalid("Say to which place.", fields={"to": "A number from 1."})
    editing.move_step(step=step, to=to, actor=viewer_of(request), now=timezone.now())
    return redirect(f"{reverse('campaigns:steps', args=[campaign_id])}#step-{step_id}")


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def remove_step(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Take a step out; GET says first whom that affects."""
    user = viewer_of(request)
    step = selectors.step_for(user, campaign_id, step_id, role=ProjectRole.EDITOR)
    if request.method == "POST":
        editing.remove_step(step=step, actor=user, now=timezone.now())
        messages.success(request, "Step removed.")
        return redirect("campaigns:steps", campaign_id)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    context = campaign_frame(request, campaign, "steps")
    context.update(step=step, reach=editing.reach(step))
    return render(request, "campaigns/step_remove.html", context)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def whole(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Every step as one person would get it, with its minute; ``?recipient=`` chooses whom."""
    campaign = selectors.campaign_for(viewer_of(request), campaign_id)
    everybody = selectors.recipients(campaign)
    wanted = number(request.GET.get("recipient"))
    recipient = (everybody.filter(pk=wanted) if wanted is not None else everybody).first()
    context = campaign_frame(request, campaign, "steps")
    context.update(
        people=everybody[:OFFERED],
        recipient=recipient,
        parts=preview.of_sequence(campaign, recipient, now=timezone.now()) if recipient else [],
    )
    return render(request, "campaigns/preview.html", context)
