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
from campaigns import preview, readiness, selectors, senders, texts, variants
from campaigns.models import Campaign, Recipient, Step, StepVariant
from campaigns.states import GOING
from foundation.problems import Invalid
from outreach import files, filling, linting, single, templates, templating
from outreach.contents import Content
from outreach.models import Mailbox
from outreach.views import editor
from sourcing.models import ProjectRole
from sourcing.views.requests import number

#: Names of the fields of a recipient's placeholders begin with it; the label follows.
FIELD = "placeholder:"


def content_of(step: Step, variant: StepVariant | None = None) -> Content:
    """The step's own text, or one of its variants, with its files."""
    letter = variant.letter if variant is not None else ""
    found = texts.all_of(step)
    text = next((each for each in found if each.letter == letter), found[0])
    return Content(text.subject, text.body, text.html, texts.files_of(step, text))


def begun_with(request: HttpRequest, step: Step) -> Content:
    """The step's text, or with ``?template=`` that template's: nothing is stored before Save."""
    chosen = request.GET.get("template", "")
    if request.method == "GET" and chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        return templates.content_of(templates.template_for(viewer_of(request), int(chosen)))
    return content_of(step)


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
    """Findings with counts of the campaign's people, and the preview for whoever was chosen."""
    content = editor.draft_of(viewer, data)
    if isinstance(content, str):
        return {"findings": [linting.Finding(linting.Level.ERROR, "refused", "Text", content)]}
    draft = _as_step(step, content, data)
    candidate_id, found = editor.person_asked(viewer, data)
    return {
        "findings": _findings(viewer, draft, content),
        "preview": preview.of_step(draft, viewer=viewer, candidate_id=candidate_id),
        "found": found,
    }


def _findings(viewer: User, draft: Step, content: Content) -> list[linting.Finding]:
    known = filling.variables_of(draft.organisation_id)
    needs = [
        *templating.analyse(content.subject, own=known).needs,
        *templating.analyse(content.text, own=known, rich=content.rich).needs,
    ]
    people = Recipient.objects.for_organisation(draft.organisation_id).filter(
        campaign_id=draft.campaign_id, progress__in=[p.value for p in GOING]
    )
    count = people.count()
    return linting.lint(
        content,
        known,
        answers_thread=draft.position > 1 and not draft.new_thread,
        lacking=readiness.lacking_counts(draft.campaign, needs) if count else None,
        people=count,
        carried=sum(file.size for file in files.readable(viewer, content.files)),
    )


def _as_step(step: Step, content: Content, data: QueryDict) -> Step:
    """The step as it would be, from what the form says; never saved."""
    return Step(
        pk=step.pk,
        organisation_id=step.organisation_id,
        campaign=step.campaign,
        position=step.position,
        days=step.days,
        new_thread=data.get("new_thread", "1" if step.new_thread else "") == "1",
        mailbox=_sender(step, data),
        subject=content.subject,
        body=content.body,
        body_html=content.body_html,
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
    campaign = selectors.campaign_for(viewer, campaign_id, role=ProjectRole.EDITOR)
    candidate_id, _found = editor.person_asked(viewer, request.POST)
    draft = _as_step(step, content, request.POST)
    shown = preview.of_step(draft, viewer=viewer, candidate_id=candidate_id)
    mailbox = senders.of_step(campaign, draft)
    if shown is None or mailbox is None:
        single.send_test(content=content, candidate=None, actor=viewer, mailbox=mailbox)
    elif shown.text is None:
        raise Invalid(f"For {shown.person}: {shown.problem}")
    else:
        single.write_test(shown.text, files=content.files, actor=viewer, mailbox=mailbox, now=timezone.now())
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
