"""The text of a step: the editor with its check while typing, preview with anybody, *Send me a test*, placeholders."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from campaigns import preview, readiness, selectors, senders, step_checking, texts, variants
from campaigns.models import Campaign, Step
from campaigns.step_checking import Draft
from foundation.problems import Invalid
from outreach import checking, templates
from outreach.contents import Content
from outreach.models import Mailbox
from outreach.views import editor
from sourcing.models import ProjectRole
from sourcing.views.requests import number

#: Names of the fields of a recipient's placeholders begin with it; the label follows.
FIELD = "placeholder:"


def begun_with(request: HttpRequest, step: Step) -> Content:
    """The step's text, or with ``?template=`` that template's: nothing is stored before Save."""
    chosen = request.GET.get("template", "")
    if request.method == "GET" and chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        return templates.content_of(templates.template_for(viewer_of(request), int(chosen)))
    return texts.content_of(step)


def context_of(request: HttpRequest, campaign: Campaign, step: Step, content: Content) -> dict[str, Any]:
    """What the page of a step shows beside the form's fields."""
    viewer = viewer_of(request)
    check_url = reverse("campaigns:step_check", args=[campaign.pk, step.pk])
    context = {
        "editor": editor.editor(viewer, editor.shown(request, content), check_url=check_url),
        "templates": templates.visible(viewer),
        "people": preview.choices(campaign),
        "test_url": reverse("campaigns:step_test", args=[campaign.pk, step.pk]),
        "texts": texts.all_of(step),
        "may_add_variant": step.variants.count() < len(variants.LETTERS),
        "subject_hint": ""
        if step.position == 1
        else "Only a new thread has its own; in the same thread it is the first message’s, with Re: before it.",
    }
    return context | _checked(viewer, step, editor.as_posted(request, content))


def _checked(viewer: User, step: Step, data: QueryDict) -> dict[str, Any]:
    """What ``outreach/_check.html`` shows of the text as it stands in the form."""
    content = editor.draft_of(viewer, data)
    if isinstance(content, str):
        return editor.drawn(checking.refused(content))
    candidate_id, found = editor.person_asked(viewer, data)
    said = step_checking.checked(_draft(step, content, data), viewer=viewer, candidate_id=candidate_id)
    return editor.drawn(said, found)


def _draft(step: Step, content: Content, data: QueryDict) -> Draft:
    return Draft(
        step,
        content,
        new_thread=data.get("new_thread", "1" if step.new_thread else "") == "1",
        mailbox=_sender(step, data),
    )


def _sender(step: Step, data: QueryDict) -> Mailbox | None:
    """What the form says, if the campaign may be sent from it; without a form what is stored."""
    if "mailbox" not in data:
        return step.mailbox
    wanted = number(str(data["mailbox"])) or 0
    return senders.choices(step.campaign, also=step.mailbox_id).filter(pk=wanted).first()


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def check(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """The part beside the editor, for the text as it stands."""
    viewer = viewer_of(request)
    step = selectors.step_for(viewer, campaign_id, step_id, role=ProjectRole.EDITOR)
    return render(request, "outreach/_check.html", _checked(viewer, step, request.POST))


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def test(request: HttpRequest, campaign_id: int, step_id: int) -> HttpResponse:
    """*Send me a test*: the text as it stands, for the person of the preview, from the step's mailbox."""
    viewer = viewer_of(request)
    step = selectors.step_for(viewer, campaign_id, step_id, role=ProjectRole.EDITOR)
    content = editor.draft_of(viewer, request.POST)
    if isinstance(content, str):
        raise Invalid(content)
    candidate_id, _found = editor.person_asked(viewer, request.POST)
    draft = _draft(step, content, request.POST)
    step_checking.send_test(draft, actor=viewer, candidate_id=candidate_id, now=timezone.now())
    return editor.told(f"A test is on its way to {viewer.email}.")


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def fill_in(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Store what stands in place of the placeholders for one recipient."""
    viewer = viewer_of(request)
    selectors.recipient_for(viewer, recipient_id, role=ProjectRole.EDITOR)
    said = {name.removeprefix(FIELD): text for name, text in request.POST.items() if name.startswith(FIELD)}
    try:
        readiness.fill_in(
            recipient_id=recipient_id,
            texts={label: str(text) for label, text in said.items()},
            actor=viewer,
            now=timezone.now(),
        )
    except Invalid as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "Saved for this person.")
    return redirect("campaigns:recipient", recipient_id)
