"""The dialogue of one recipient: steps with *why not yet*, addresses, fields for this campaign only, marks, Pause."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Right, needs, viewer_of
from campaigns import (
    answers,
    enrolment,
    intervening,
    marking,
    placeholders,
    selectors,
)
from campaigns.forms import AddressForm, FieldsForm, MarkForm
from campaigns.models import Recipient
from campaigns.states import GOING, Hold, Progress
from campaigns.views.frame import campaign_frame
from foundation.problems import Conflict, Problem
from outreach.states import Interest
from outreach.views.outbox import back
from sourcing.models import ProjectRole
from sourcing.views.requests import private

#: The marks of the dialogue's buttons, in this order; the others stand in its menu.
FIRST_MARKS = (Interest.INTERESTED, Interest.MEETING, Interest.NOT_INTERESTED)


@needs(Right.CAMPAIGN_VIEW)
def recipient(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """The dialogue on a page of its own."""
    return _page(request, selectors.recipient_for(viewer_of(request), recipient_id))


def dialogue_context(request: HttpRequest, found: Recipient, **forms: object) -> dict[str, object]:
    """What the dialogue shows, in the drawer and on the page."""
    user = viewer_of(request)
    campaign = selectors.campaign_for(user, found.campaign_id)
    frame = campaign_frame(request, campaign, "recipients")
    may_edit, may_start = bool(frame["may_edit"]), bool(frame["may_start"])
    return {
        "recipient": found,
        "campaign": campaign,
        "may_edit": may_edit,
        "may_start": may_start,
        "word": selectors.word_of(found),
        "lines": selectors.timeline(
            found, viewer=user, now=timezone.now(), may_edit=may_edit, may_start=may_start
        ),
        "addresses": selectors.addresses(found, viewer=user),
        "override": selectors.override_line(found, viewer=user),
        "placeholders": placeholders.of_recipient(found),
        "form": AddressForm(),
        "fields_form": FieldsForm(profile=selectors.profile_words(found), initial=found.overrides),
        "mark_form": MarkForm(initial={"interest": found.interest, "reason": found.interest_reason}),
        "marks": [(mark.value, mark.label) for mark in FIRST_MARKS],
        "reasons": sorted({text for texts in marking.REASONS.values() for text in texts}),
        "may_pause": found.progress in GOING and not intervening.may_go_on(found) and may_start,
        "may_go_on": intervening.may_go_on(found) and found.hold != Hold.POSSIBLE_REPLY and may_start,
        "may_stop": found.progress in GOING and may_start,
        "may_decide": found.progress in GOING and found.hold == Hold.POSSIBLE_REPLY and may_start,
        "may_take_back": found.progress == Progress.REPLIED and may_start,
        "may_start_again": found.progress == Progress.STOPPED and found.merged_into_id is None and may_start,
        "may_try_again": found.progress == Progress.BOUNCED and may_start,
        "inbox_url": selectors.inbox_url(found, viewer=user),
        "here": request.get_full_path(),
        **forms,
    }


def _page(request: HttpRequest, found: Recipient, status: int = 200, **forms: object) -> HttpResponse:
    campaign = selectors.campaign_for(viewer_of(request), found.campaign_id)
    context = campaign_frame(request, campaign, "recipients") | dialogue_context(request, found, **forms)
    context["here"] = reverse("campaigns:recipient", args=[found.pk])
    return private(render(request, "campaigns/recipient.html", context, status=status))


@needs(Right.CAMPAIGN_START)
@require_POST
def pause(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """*Pause Campaign* for this person."""
    return _done(
        request,
        recipient_id,
        "Paused for this person.",
        lambda user: intervening.pause(recipient_id=recipient_id, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_START)
@require_POST
def go_on(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Release the hold."""
    return _done(
        request,
        recipient_id,
        "Goes on.",
        lambda user: intervening.go_on(recipient_id=recipient_id, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_START)
@require_POST
def stop(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """End the campaign for this person."""
    return _done(
        request,
        recipient_id,
        "Stopped for this person.",
        lambda user: enrolment.stop(
            recipient_id=recipient_id,
            organisation_id=user.organisation_id or 0,
            actor=user,
            now=timezone.now(),
        ),
    )


@needs(Right.CAMPAIGN_START)
@require_POST
def start_again(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """A person who was stopped by hand goes on."""
    return _done(
        request,
        recipient_id,
        "Goes on where they stood.",
        lambda user: answers.start_again(recipient_id=recipient_id, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_START)
@require_POST
def not_a_reply(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """*Not a reply*."""
    return _done(
        request,
        recipient_id,
        "It does not count as a reply. The campaign goes on for this person.",
        lambda user: answers.not_a_reply(recipient_id=recipient_id, actor=user, now=timezone.now()),
    )


@needs(Right.CAMPAIGN_START)
@require_POST
def answer_doubt(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Whether a possible reply is one."""
    is_reply = request.POST.get("is_reply") == "yes"
    return _done(
        request,
        recipient_id,
        "Noted as a reply." if is_reply else "Not a reply: the campaign goes on for this person.",
        lambda user: answers.answer_doubt(
            recipient_id=recipient_id, is_reply=is_reply, actor=user, now=timezone.now()
        ),
    )


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def mark(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Interested, Meeting, Not interested …, with a reason; an empty mark takes it back. ``as``: one press."""
    user = viewer_of(request)
    found = selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    form = MarkForm(
        request.POST.dict() | {"interest": request.POST.get("as") or request.POST.get("interest", "")}
    )
    if not form.is_valid():
        return _page(request, found, 422, mark_form=form)
    marking.mark(recipient=found, actor=user, now=timezone.now(), **form.cleaned_data)
    word = form.cleaned_data["interest"]
    messages.success(request, f"Marked as {Interest(word).label}." if word else "The mark is taken back.")
    return back(request, "campaigns:recipient", recipient_id)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def fields(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Name, company, title … for this campaign only."""
    user = viewer_of(request)
    found = selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    form = FieldsForm(request.POST, profile=selectors.profile_words(found))
    if not form.is_valid():
        return _page(request, found, 422, fields_form=form)
    intervening.override_fields(recipient_id=recipient_id, values=form.cleaned_data, actor=user)
    messages.success(request, "Saved for this campaign; the profile is as it was.")
    return back(request, "campaigns:recipient", recipient_id)


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def address(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """Another address for this campaign, or *try again* with it after a bounce; ``rules`` forgets the one set."""
    user = viewer_of(request)
    found = selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    if request.POST.get("rules"):
        intervening.use_the_rules(recipient_id=recipient_id, actor=user)
        messages.success(request, "The campaign chooses the address again.")
        return back(request, "campaigns:recipient", recipient_id)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, form=form)
    text = form.cleaned_data["address"]
    try:
        again = intervening.write_to(recipient_id=recipient_id, address=text, actor=user, now=timezone.now())
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        told = getattr(problem, "fields", {})
        form.add_error("address", told.get("address") or str(problem))
        return _page(request, found, 422, form=form)
    messages.success(
        request,
        "The step is tried again with this address."
        if again
        else "This campaign writes to that address now.",
    )
    return back(request, "campaigns:recipient", recipient_id)


def _done(request: HttpRequest, recipient_id: int, text: str, act: Callable[[User], object]) -> HttpResponse:
    user = viewer_of(request)
    selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    try:
        act(user)
    except Conflict as problem:
        messages.warning(request, problem.text)
    else:
        messages.success(request, text)
    return back(request, "campaigns:recipient", recipient_id)
