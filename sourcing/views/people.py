"""Pages about people: the list with its drawer, adding and editing a person, adding people to a project."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import duplicates, matching, selectors, values
from sourcing import people as operations
from sourcing.forms.people import NewPersonForm, PersonForm
from sourcing.models import Candidate, Origin
from sourcing.normalising import normalise_email
from sourcing.views.problems import onto_form
from sourcing.views.requests import viewer_of


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def new_person(request: HttpRequest) -> HttpResponse:
    """Make a person by hand."""
    viewer = viewer_of(request)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        address = (values.pop("email"), values.pop("email_type"))
        values.pop("version")
        assert viewer.organisation is not None
        try:
            possible = _there_already(
                viewer, values, address[0], create_anyway="create_anyway" in request.POST
            )
            if possible:
                context = {"form": form, "possible": possible}
                return render(request, "sourcing/person_form.html", context, status=409)
            made = operations.create_candidate(
                organisation=viewer.organisation,
                actor=viewer,
                origin=Origin.ADDED,
                source="Added by hand",
                emails=[address] if address[0] else [],
                **values,
            )
        except Problem as problem:
            onto_form(problem, form, "email")
        else:
            return redirect("sourcing:candidate", made.pk)
    return render(request, "sourcing/person_form.html", {"form": form}, status=422 if form.errors else 200)


def _there_already(
    viewer: User, values: dict[str, Any], email: str, *, create_anyway: bool
) -> list[duplicates.Found]:
    """Who may be the person about to be made; empty when the viewer says *Create anyway*.

    Raises PossibleDuplicate where the organisation refuses a second record.
    """
    person = matching.Person(
        first_name=values["first_name"],
        last_name=values["last_name"],
        emails=[normalise_email(email)] if email else [],
        profiles=[values["linkedin_url"]],
        title=values["title"],
        company=values["company"],
        place=values["location"],
    )
    found = duplicates.check_new(
        organisation_id=viewer.tenant_id, person=person, viewer=viewer, create_anyway=True
    )
    return [] if create_anyway else found


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def edit_person(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Everything on one form. A field that somebody else changed meanwhile is shown with both values; saving again
    then saves the editor's."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    initial = _initial(found)
    form = PersonForm(request.POST or None, initial=initial)
    both: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        changes = {name: value for name, value in form.cleaned_data.items() if name in request.POST}
        version = changes.pop("version", None) or 0
        seen = {name: request.POST.get(f"seen_{name}", "") for name in _MARKED}
        try:
            operations.edit_candidate(
                candidate=found, actor=viewer, version=version, changes=changes, seen=seen
            )
        except operations.Changed as conflict:
            both = _both(form, conflict)
            form.add_error(None, str(conflict))
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved")
            return redirect("sourcing:candidate", found.pk)
    # What is saved next time was compared with what is shown now.
    now = selectors.candidate_for(viewer, candidate_id)
    marks = (
        {f"seen_{name}": values.mark(getattr(now, name)) for name in _MARKED}
        if both or not form.is_bound
        else {f"seen_{name}": request.POST.get(f"seen_{name}", "") for name in _MARKED}
    )
    context = {"form": form, "person": now, "both": both, "marks": marks}
    return render(request, "sourcing/person_form.html", context, status=422 if form.errors else 200)


#: Fields of the form whose seen value travels along.
_MARKED = ("first_name", "last_name", "title", "company", "location", "summary", "skills", "linkedin_key")


def _both(form: PersonForm, conflict: Problem) -> list[dict[str, str]]:
    """Both values of each field in conflict, by the label of the form."""
    labels = {"linkedin_key": "linkedin_url"}
    return [
        {
            "label": str(form.fields[labels.get(name, name)].label),
            **{
                whose: ", ".join(value) if isinstance(value, list) else str(value)
                for whose, value in pair.items()
            },
        }
        for name, pair in conflict.extra["fields"].items()
    ]


def _initial(found: Candidate) -> dict[str, Any]:
    return {
        **{
            name: getattr(found, name) for name in ("first_name", "last_name", "title", "company", "location")
        },
        "summary": found.summary,
        "skills": ", ".join(found.skills),
        "linkedin_url": f"https://{found.linkedin_key}" if found.linkedin_key else "",
        "version": found.version,
    }
