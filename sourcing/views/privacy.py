"""One person's privacy: unsubscribe, delete, delete and block; lawful basis; notice; everything as one file."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs
from foundation import file_answers
from foundation.problems import Problem
from sourcing import archiving, erasing, privacy, selectors, suppressing
from sourcing.forms.privacy import BasisForm, ErasureForm, ToldForm, UnsubscribeForm
from sourcing.models import Candidate, ErasureReason
from sourcing.views.problems import onto_form
from sourcing.views.requests import viewer_of


@require_GET
@needs(Right.CANDIDATE_VIEW)
def page(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The person's Privacy tab."""
    found = selectors.candidate_for(viewer_of(request), candidate_id)
    return _page(request, found, BasisForm(initial={"since": timezone.localdate()}))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def add_basis(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Write down a lawful basis with its proof."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form = BasisForm(request.POST)
    if form.is_valid():
        try:
            privacy.record_basis(
                candidate=found, actor=viewer, today=timezone.localdate(), **form.cleaned_data
            )
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Basis recorded")
            return redirect("sourcing:privacy", found.pk)
    return _page(request, found, form, status=422)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def withdraw_basis(request: HttpRequest, candidate_id: int, basis_id: int) -> HttpResponse:
    """It no longer holds; it stays on record."""
    found = selectors.candidate_for(viewer_of(request), candidate_id)
    privacy.withdraw_basis(candidate=found, basis_id=basis_id, now=timezone.now())
    messages.success(request, "Marked as withdrawn")
    return redirect("sourcing:privacy", found.pk)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def told(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """The person was told that we hold their data."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    privacy.told(actor=viewer, candidate_ids=[found.pk], way=request.POST.get("way", ""), at=timezone.now())
    messages.success(request, "Noted")
    return redirect("sourcing:privacy", found.pk)


@require_POST
@needs(Right.CANDIDATE_EXPORT)
def make_archive(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Start making the file of everything."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    archiving.request(candidate=found, actor=viewer)
    messages.success(request, "The archive is being made")
    return redirect("sourcing:privacy", found.pk)


@require_GET
@needs(Right.CANDIDATE_EXPORT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def archive(request: HttpRequest, archive_id: int) -> FileResponse:
    """Download it; only by whoever asked for it, for a week."""
    made = archiving.archive_for(viewer_of(request), archive_id, now=timezone.now())
    return file_answers.answered(made.file, name=archiving.file_name(made), kind="application/zip")


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def unsubscribe(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """*Unsubscribe*: stays, gets no more mail."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form = UnsubscribeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        suppressing.opt_out(candidate=found, actor=viewer, note=form.cleaned_data["note"])
        messages.success(request, "Unsubscribed. Nothing more is sent to this person.")
        return redirect("sourcing:privacy", found.pk)
    return _act(request, found, form, "unsubscribe")


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def delete(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """*Delete*: erased, and free to come back."""
    return _erase(request, candidate_id, block=False)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def delete_and_block(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """*Delete and block*: erased, and refused from now on."""
    return _erase(request, candidate_id, block=True)


def _erase(request: HttpRequest, candidate_id: int, *, block: bool) -> HttpResponse:
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = ErasureReason(form.cleaned_data["reason"])
        erasing.request(candidate=found, actor=viewer, reason=reason, block=block)
        messages.success(request, "The person is being erased.")
        return redirect("sourcing:people")
    return _act(request, found, form, "block" if block else "delete")


def _act(request: HttpRequest, found: Candidate, form: Form, act: str) -> HttpResponse:
    context = {
        "person": found,
        "form": form,
        "act": act,
        "rows": [] if act == "unsubscribe" else erasing.what_goes(found, viewer_of(request)),
        "recognisable": erasing.recognisable(found, viewer_of(request)),
        "elsewhere": [] if act == "unsubscribe" else erasing.what_stays_elsewhere(found),
    }
    return _private(render(request, "sourcing/privacy_act.html", context, status=422 if form.errors else 200))


def _page(request: HttpRequest, found: Candidate, form: BasisForm, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    now = timezone.now()
    context = privacy.standing(found, viewer) | {
        "person": found,
        "form": form,
        "bases": privacy.bases(found),
        "told_form": ToldForm(),
        "rules": privacy.rules_of(found.organisation_id),
        "archives": archiving.archives(viewer, found, now=now),
        "may_export": can(viewer, Right.CANDIDATE_EXPORT),
        "now": now,
    }
    return _private(render(request, "sourcing/privacy.html", context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
