"""Editing a person in place: one field, skills and tags, positions and schools, values that stood back.

Each form has an address of its own and works as a page; htmx puts it where the value stood.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.problems import Invalid, Missing, Problem
from sourcing import history, people, selectors, values
from sourcing import social_profiles as social
from sourcing.forms.person_edit import EducationForm, ExperienceForm, field_form
from sourcing.models import Candidate
from sourcing.views.person import head_context, profile_context, profiles_of
from sourcing.views.problems import onto_form
from sourcing.views.profile import Shown, one_field
from sourcing.views.requests import number, private, viewer_of, wants_part

FORMS = {"experience": ExperienceForm, "education": EducationForm}
WORDS = {"skills": "Skills", "tags": "Tags"}


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def field(request: HttpRequest, candidate_id: int, name: str) -> HttpResponse:
    """One field: its form, and the value once it is saved. When somebody else changed it meanwhile both values are
    shown (409), and *Save mine* saves over theirs, which is kept beside."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    shown = one_field(viewer, found, name)
    form = field_form(shown, request.POST or None)
    context: dict[str, Any] = {"person": found, "field": shown, "form": form, "seen": shown.seen}
    status = 200
    if request.method == "POST" and "cancel" not in request.POST:
        if form.is_valid():
            changes = _changes(name, form.cleaned_data["value"])
            seen = {name: request.POST.get("seen", "")}
            try:
                people.edit_candidate(candidate=found, actor=viewer, version=None, changes=changes, seen=seen)
            except people.Changed as conflict:
                both = conflict.extra["fields"]
                context |= {"conflict": one_field(viewer, found, name), "yours": both[name]["yours"]}
                status = 409
            except Problem as problem:
                told = problem.fields.get(name) if isinstance(problem, Invalid) else None
                form.add_error("value", told or str(problem))
            else:
                return _saved(request, found, name)
        status = 422 if form.errors else status
    elif wants_part(request, shown.part) and "cancel" in request.GET:
        return private(render(request, "sourcing/_field.html", context | {"may_edit": True}))
    part = wants_part(request, shown.part)
    template = "sourcing/_field_form.html" if part else "sourcing/person_field.html"
    response = private(render(request, template, context, status=status))
    if status == 409 and part:
        response["HX-Retarget"] = f"#{shown.part}"
    return response


@require_POST
@needs(Right.CANDIDATE_EDIT)
def use_value(request: HttpRequest, value_id: int) -> HttpResponse:
    """*Use this instead*."""
    viewer = viewer_of(request)
    other = selectors.other_value_for(viewer, value_id)
    people.use_value(other=other, actor=viewer)
    return _saved(request, other.candidate, other.field)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def words(request: HttpRequest, candidate_id: int, word_list: str) -> HttpResponse:
    """Add skills or tags (``add``, separated by commas) or take one away (``remove``)."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    if word_list not in WORDS:
        raise Missing("There is no such list.")
    if taken := request.POST.get("remove"):
        found = people.remove_word(candidate=found, actor=viewer, field=word_list, word=taken)
    else:
        added = request.POST.get("add", "").split(",")
        found = people.add_words(candidate=found, actor=viewer, field=word_list, words=added)
    if not wants_part(request, f"words-{word_list}"):
        return redirect(_profile_url(found))
    context = {"person": found, "may_edit": True, "name": word_list, "label": WORDS[word_list]}
    return private(render(request, "sourcing/_words.html", context | {"words": getattr(found, word_list)}))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def social_profiles(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """Add a page of the person elsewhere (``url``) or take one away (``remove``)."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    context: dict[str, Any] = {"person": found, "may_edit": True}
    if "remove" in request.POST:
        profile_id = number(request.POST["remove"]) or 0
        social.remove(candidate=found, actor=viewer, profile_id=profile_id)
    else:
        try:
            social.add(candidate=found, actor=viewer, url=request.POST.get("url", ""))
        except (Invalid, social.ProfileKnown) as problem:
            context |= {"problem": str(problem), "typed": request.POST.get("url", "")}
    part = wants_part(request, "social-profiles")
    if not part and "problem" not in context:
        return redirect(_profile_url(found))
    template = "sourcing/_social_profiles.html" if part else "sourcing/person_social_profiles.html"
    context["profiles"] = profiles_of(found)
    return private(render(request, template, context, status=422 if "problem" in context else 200))


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def history_row(
    request: HttpRequest, candidate_id: int, kind: str, row_id: int | None = None
) -> HttpResponse:
    """Add a position or school, or change one."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    if kind not in FORMS:
        raise Missing("There is no such list.")
    row = history.row_for(found, kind, row_id) if row_id is not None else None
    present = history.content(row) if row else {}
    form = FORMS[kind](request.POST or None, initial=present)
    context = {"form": form, "seen": values.mark(present), "editing": row_id or "new"}
    status = 200
    if request.method == "POST" and form.is_valid():
        entry = form.cleaned_data
        try:
            if row_id is None:
                history.add(candidate=found, actor=viewer, kind=kind, entry=entry)
            else:
                seen = request.POST.get("seen", "")
                history.change(
                    candidate=found, actor=viewer, kind=kind, row_id=row_id, entry=entry, seen=seen
                )
        except history.RowChanged as conflict:
            context |= {"conflict": conflict, "both": _both(form, conflict)}
            status = 409
        except Problem as problem:
            onto_form(problem, form)
        else:
            return _history(request, found, kind)
    status = 422 if form.errors else status
    return _history(request, found, kind, status=status, **context)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def history_move(request: HttpRequest, candidate_id: int, kind: str, row_id: int) -> HttpResponse:
    """One place up (``by=-1``) or down."""
    found = selectors.candidate_for(viewer_of(request), candidate_id)
    by = -1 if request.POST.get("by") == "-1" else 1
    history.move(candidate=found, actor=viewer_of(request), kind=kind, row_id=row_id, by=by)
    return _history(request, found, kind)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def history_remove(request: HttpRequest, candidate_id: int, kind: str, row_id: int) -> HttpResponse:
    """Take a position or school away."""
    found = selectors.candidate_for(viewer_of(request), candidate_id)
    history.remove(candidate=found, actor=viewer_of(request), kind=kind, row_id=row_id)
    return _history(request, found, kind)


def _changes(name: str, value: Any) -> dict[str, Any]:
    """The field of the page as ``people.edit_candidate`` takes it."""
    if name.startswith("custom."):
        return {"custom": {name.removeprefix("custom."): value}}
    if name == "owner_id":
        return {name: number(value)}
    return {"linkedin_url": value} if name == "linkedin_key" else {name: value}


def _profile_url(found: Candidate) -> str:
    return f"{reverse('sourcing:candidate', args=[found.pk])}?tab=profile"


def _saved(request: HttpRequest, found: Candidate, name: str) -> HttpResponse:
    """The field as it is now, with the head of the person beside it, which shows some of the fields too."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, found.pk)
    try:
        shown: Shown | None = one_field(viewer, found, name)
    except Missing:  # archived while somebody looked at its values
        shown = None
    if shown is None or not wants_part(request, shown.part):
        messages.success(request, "Saved")
        return redirect(_profile_url(found))
    context = {"field": shown, "may_edit": True, "refresh_head": True} | head_context(found)
    return private(render(request, "sourcing/_field.html", context))


def _history(
    request: HttpRequest, found: Candidate, kind: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    viewer = viewer_of(request)
    part = f"history-{kind}"
    if not wants_part(request, part):
        if "form" not in context:
            return redirect(_profile_url(found))
        context |= {"person": found, "kind": kind}
        return private(render(request, "sourcing/person_history.html", context, status=status))
    context |= profile_context(found, viewer) | {"kind": kind, "rows": history.rows_of(found, kind)}
    response = private(render(request, "sourcing/_history.html", context, status=status))
    if status == 409:
        response["HX-Retarget"] = f"#{part}"
    return response


def _both(form: Any, conflict: Problem) -> list[dict[str, str]]:
    """Both values of each field, by the label of the form."""
    fields = conflict.extra["fields"]
    return [{"label": str(form.fields[name].label), **both} for name, both in fields.items()]
