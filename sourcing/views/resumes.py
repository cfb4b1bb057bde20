"""Import → Résumés: many files at once, their progress, and the review of each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import files, selectors
from sourcing.forms.person_edit import EducationForm, ExperienceForm
from sourcing.models import Decision, FileState, PersonFile
from sourcing.resumes import intake
from sourcing.resumes.intake import Confirmed
from sourcing.resumes.proposing import Proposal, from_json
from sourcing.views.problems import onto_form
from sourcing.views.requests import numbers, private, viewer_of, wants_part

#: Files listed on one page.
SHOWN = 500
_COLUMNS = ("first_name", "last_name", "title", "company", "location")


class ResumeForm(forms.Form):
    """What a résumé says about its person, ready to be corrected."""

    first_name = forms.CharField(label="First name", max_length=300, required=False)
    last_name = forms.CharField(label="Last name", max_length=300, required=False)
    title = forms.CharField(label="Title", max_length=300, required=False)
    company = forms.CharField(label="Company", max_length=300, required=False)
    location = forms.CharField(label="Place", max_length=300, required=False)
    emails = forms.CharField(
        label="E-mail addresses",
        required=False,
        help_text="One per line.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    phones = forms.CharField(
        label="Phones", required=False, help_text="One per line.", widget=forms.Textarea(attrs={"rows": 2})
    )
    linkedin_url = forms.CharField(label="LinkedIn profile", max_length=500, required=False)
    skills = forms.CharField(
        label="Skills",
        required=False,
        help_text="Separated by commas.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


_Positions = formset_factory(ExperienceForm, extra=0, max_num=60)
_Schools = formset_factory(EducationForm, extra=0, max_num=60)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_IMPORT)
def resumes(request: HttpRequest) -> HttpResponse:
    """Choose files, and what still waits for somebody."""
    viewer = viewer_of(request)
    problem = ""
    if request.method == "POST":
        try:
            run = intake.upload(actor=viewer, uploads=request.FILES.getlist("files"))
        except Problem as found:
            problem = found.text
        else:
            return redirect("sourcing:resume_batch", run.pk)
    context = {"problem": problem, "files": _rows(intake.waiting_for(viewer)[:SHOWN])}
    return render(request, "sourcing/resumes.html", context, status=422 if problem else 200)


@require_GET
@needs(Right.CANDIDATE_IMPORT)
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One upload: progress, then its files."""
    viewer = viewer_of(request)
    run = intake.batch_for(viewer, batch_id)
    context = {"run": run, "files": _rows(intake.files_of(run)[:SHOWN])}
    template = "sourcing/_resume_batch.html" if wants_part(request, "batch") else "sourcing/resume_batch.html"
    return private(render(request, template, context))


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def confirm(request: HttpRequest) -> HttpResponse:
    """Add a person from each ticked résumé that is sure and of nobody known."""
    viewer = viewer_of(request)
    chosen = intake.waiting_for(viewer).filter(pk__in=numbers(request.POST.getlist("file")))
    added, left = intake.confirm_sure(actor=viewer, chosen=chosen)
    if added:
        messages.success(request, "1 person added" if added == 1 else f"{added} people added")
    if left:
        messages.info(request, f"{len(left)} to look at: not sure, or of somebody you have.")
    return redirect("sourcing:resumes")


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_IMPORT)
def review(request: HttpRequest, file_id: int) -> HttpResponse:
    """The proposal beside the text: correct it, then *Add person*, *Add to* somebody, or *Keep file only*."""
    viewer = viewer_of(request)
    file = files.file_for(viewer, file_id)
    if request.method == "POST" and request.POST.get("do") == "keep":
        intake.keep_only(file=file, actor=viewer)
        messages.success(request, "The file is kept")
        return redirect("sourcing:resumes")
    form, positions, schools = _forms(file, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and positions.is_valid() and schools.is_valid():
        try:
            return _decide(request, viewer, file, _confirmed(form, positions, schools))
        except Problem as problem:
            onto_form(problem, form)
    found = from_json(file.proposal)
    context = {
        "file": file,
        "form": form,
        "positions": positions,
        "schools": schools,
        "matches": intake.matches_of(viewer=viewer, file=file),
        "lines": _marked(file, found),
        "open": file.decision in (Decision.OPEN, Decision.KEPT),
    }
    failed = request.method == "POST"
    return private(render(request, "sourcing/resume_review.html", context, status=422 if failed else 200))


def _decide(request: HttpRequest, viewer: User, file: PersonFile, confirmed: Confirmed) -> HttpResponse:
    target = next(iter(numbers([request.POST.get("candidate", "")])), None)
    if target is None:
        person = intake.add_person(file=file, actor=viewer, confirmed=confirmed)
    else:
        known = selectors.candidate_for(viewer, target)
        person = intake.add_to(file=file, actor=viewer, candidate=known, confirmed=confirmed)
    messages.success(request, "Person added" if target is None else "Added to this person")
    return redirect(person.url)


def _forms(file: PersonFile, data: Any) -> tuple[ResumeForm, BaseFormSet[Any], BaseFormSet[Any]]:
    said = intake.proposed(file)
    initial = {
        **said.columns,
        "emails": "\n".join(said.emails),
        "phones": "\n".join(said.phones),
        "linkedin_url": said.linkedin_url,
        "skills": ", ".join(said.skills),
    }
    return (
        ResumeForm(data, initial=initial),
        _Positions(data, prefix="experience", initial=list(said.experience)),
        _Schools(data, prefix="education", initial=list(said.education)),
    )


def _confirmed(form: ResumeForm, positions: BaseFormSet[Any], schools: BaseFormSet[Any]) -> Confirmed:
    given = form.cleaned_data

    def listed(text: str, separator: str) -> list[str]:
        return [part.strip() for part in text.split(separator) if part.strip()]

    return Confirmed(
        columns={name: given[name] for name in _COLUMNS},
        emails=listed(given["emails"], "\n"),
        phones=listed(given["phones"], "\n"),
        linkedin_url=given["linkedin_url"],
        skills=listed(given["skills"], ","),
        experience=[row for one in positions if any((row := one.cleaned_data).values())],
        education=[row for one in schools if any((row := one.cleaned_data).values())],
    )


def _marked(file: PersonFile, found: Proposal) -> list[tuple[str, bool]]:
    """The text line by line, and whether something was proposed from it."""
    single = [one for one in (found.name, found.location) if one]
    many = [*found.emails, *found.phones, *found.links, *found.skills]
    used = {one.line for one in [*single, *many]} | {
        one.line for one in [*found.experience, *found.education]
    }
    return [(line, number in used) for number, line in enumerate(file.text.split("\n")[:3_000])]


def _rows(found: Any) -> list[dict[str, Any]]:
    rows = []
    for file in found:
        proposal = from_json(file.proposal)
        rows.append(
            {
                "file": file,
                "name": proposal.name.value if proposal.name else "",
                "email": proposal.emails[0].value if proposal.emails else "",
                "sure": proposal.sure and file.decision == Decision.OPEN,
                "read": file.state == FileState.READ,
            }
        )
    return rows
