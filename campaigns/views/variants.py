"""Several texts of one step: adding one, writing it, their shares, deciding for one, taking one away."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from campaigns import selectors, texts, variants
from campaigns.models import Step
from campaigns.views import step_text
from campaigns.views.frame import campaign_frame
from foundation.problems import Invalid
from outreach.forms import ContentForm
from outreach.views import editor
from sourcing.models import ProjectRole
from sourcing.views.requests import number


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def add(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Another text, opened for writing."""
    step = _step(request, campaign_id, step_id)
    row = variants.add(step=step, actor=viewer_of(request))
    if not row.share:
        messages.info(
            request, f"Variant {row.letter} has no share yet: nobody gets it before you give it one."
        )
    return redirect("campaigns:variant", campaign_id, step_id, row.letter)


@needs(Right.CAMPAIGN_EDIT)
@require_http_methods(["GET", "POST"])
def variant(request: HttpRequest, campaign_id: int, step_id: int, letter: str) -> HttpResponse:
    """Write one of the other texts; beside it what is wrong with it and how somebody would get it."""
    user = viewer_of(request)
    step = _step(request, campaign_id, step_id)
    campaign = selectors.campaign_for(user, campaign_id, role=ProjectRole.EDITOR)
    content = texts.content_of(step, variants.variant_of(step, letter).letter)
    form = ContentForm(request.POST or None, initial=editor.initial_of(content))
    if request.method == "POST" and form.is_valid():
        try:
            content = editor.content_from(request, before=content)
            reached = variants.edit(
                step=step,
                letter=letter,
                subject=content.subject,
                body=content.body,
                body_html=content.body_html,
                files=content.files,
                actor=user,
                now=timezone.now(),
            )
        except Invalid as problem:
            editor.tell(form, problem)
        else:
            messages.success(
                request,
                f"Saved. It applies to its share of the {reached:,} who have not had step {step.position} yet.",
            )
            return redirect("campaigns:variant", campaign.pk, step.pk, letter)
    context = campaign_frame(request, campaign, "steps")
    context.update(
        form=form, step=step, letter=letter, **step_text.context_of(request, campaign, step, content)
    )
    return render(request, "campaigns/variant.html", context, status=422 if form.errors else 200)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def shares(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """Store ``share_A``, ``share_B`` …: whole per cent."""
    wanted = {
        name.removeprefix("share_"): value if (value := number(str(text))) is not None else -1
        for name, text in request.POST.items()
        if name.startswith("share_")
    }
    return _done(
        request,
        campaign_id,
        step_id,
        "Shares saved. They count for whoever has not had the step yet.",
        lambda step, user: variants.share(step=step, shares=wanted, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def use(request: HttpRequest, campaign_id: int, step_id: int, letter: str) -> HttpResponse:
    """*Use this one from now on*."""
    return _done(
        request,
        campaign_id,
        step_id,
        f"From now on everybody gets {letter}.",
        lambda step, user: variants.use(step=step, letter=letter, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def remove(request: HttpRequest, campaign_id: int, step_id: int, letter: str) -> HttpResponse:
    """Take a text away that nobody has had."""
    return _done(
        request,
        campaign_id,
        step_id,
        f"Variant {letter} is gone; its share went to A.",
        lambda step, user: variants.remove(step=step, letter=letter, actor=user),
    )


def _done(
    request: HttpRequest,
    campaign_id: int,
    step_id: int,
    said: str,
    act: Callable[[Step, User], None],
) -> HttpResponse:
    """Do it and say so, or say why not, on the page of the step."""
    step = _step(request, campaign_id, step_id)
    try:
        act(step, viewer_of(request))
    except (Invalid, variants.VariantInUse) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return redirect("campaigns:step", campaign_id, step_id)


def _step(request: HttpRequest, campaign_id: int, step_id: int) -> Step:
    return selectors.step_for(viewer_of(request), campaign_id, step_id, role=ProjectRole.EDITOR)
