"""What is done to a planned step: *Send now*, *Don't send before*, *Cancel*, *Edit this one message*."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs, viewer_of
from campaigns import preview, rescheduling, selectors, writing
from campaigns.forms import StepTextForm
from foundation.problems import Conflict, Invalid
from outreach.forms import MomentForm
from outreach.rendering import VARIABLES
from outreach.views.outbox import act, ask_moment, back
from sourcing.models import ProjectRole


@needs(Right.CAMPAIGN_START)
@require_POST
def send_now(request: HttpRequest, recipient_id: int, step_id: int) -> HttpResponse:
    """First in its mailbox, as soon as that may send."""
    selectors.recipient_for(viewer_of(request), recipient_id, role=ProjectRole.EDITOR)
    return act(
        request,
        "It goes first now, as soon as its mailbox may send.",
        lambda user: rescheduling.send_now(
            recipient_id=recipient_id, step_id=step_id, actor=user, now=timezone.now()
        ),
        ("campaigns:recipient", recipient_id),
    )


@needs(Right.CAMPAIGN_START)
@require_http_methods(["GET", "POST"])
def not_before(request: HttpRequest, recipient_id: int, step_id: int) -> HttpResponse:
    """Asks for the moment and keeps it."""
    user = viewer_of(request)
    found = selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    selectors.step_for(user, found.campaign_id, step_id)
    now = timezone.now()
    form = MomentForm(request.POST or None, initial={"moment": max(found.planned_at or now, now)})
    return ask_moment(
        request,
        form,
        who=found.candidate.name,
        keep=lambda moment: rescheduling.not_before(
            recipient_id=recipient_id, step_id=step_id, moment=moment, actor=user, now=timezone.now()
        ),
        to=("campaigns:recipient", recipient_id),
    )


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def cancel(request: HttpRequest, recipient_id: int, step_id: int) -> HttpResponse:
    """Leave this one step out."""
    selectors.recipient_for(viewer_of(request), recipient_id, role=ProjectRole.EDITOR)
    return act(
        request,
        "The step is left out for this person.",
        lambda user: rescheduling.cancel(
            recipient_id=recipient_id, step_id=step_id, actor=user, now=timezone.now()
        ),
        ("campaigns:recipient", recipient_id),
    )


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, recipient_id: int, step_id: int) -> HttpResponse:
    """The text of this one message, beside what the person will read; ``undo`` takes the step's own again."""
    user = viewer_of(request)
    found = selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    step = selectors.step_for(user, found.campaign_id, step_id)
    text = writing.own_text(found, step)
    form = StepTextForm(request.POST or None, initial={"subject": text.subject, "body": text.body})
    status = 200
    if request.method == "POST" and request.POST.get("undo"):
        return act(
            request,
            "The step's own text is used again.",
            lambda actor: rescheduling.undo_edit(recipient_id=recipient_id, step_id=step_id, actor=actor),
            ("campaigns:recipient", recipient_id),
        )
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                rescheduling.edit(recipient_id=recipient_id, step_id=step_id, actor=user, **form.cleaned_data)
            except (Invalid, Conflict) as problem:
                for name, text in getattr(problem, "fields", {"body": problem.text}).items():
                    form.add_error(name, text)
            else:
                messages.success(request, "This one message has a text of its own now.")
                return back(request, "campaigns:recipient", recipient_id)
    context = {
        "recipient": found,
        "step": step,
        "form": form,
        "edited": any(change.step_id == step.pk and change.edited for change in found.step_changes.all()),
        "preview": preview.for_recipient(step, found),
        "variables": VARIABLES,
    }
    return render(request, "campaigns/planned_edit.html", context, status=status)
