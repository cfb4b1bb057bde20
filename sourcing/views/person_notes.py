"""Notes about a person: writing, changing, taking away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.problems import Problem
from sourcing import notes, selectors
from sourcing.forms.person_notes import NoteForm
from sourcing.views.person import projects_of, timeline_context
from sourcing.views.problems import onto_form
from sourcing.views.requests import private, viewer_of, wants_part


@require_POST
@needs(Right.CANDIDATE_EDIT)
def write(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """A new note; htmx gets the timeline again."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    form: NoteForm | None = NoteForm(request.POST, projects=projects_of(viewer, found))
    assert form is not None
    if form.is_valid():
        try:
            notes.write(candidate=found, actor=viewer, **form.note())
        except Problem as problem:
            onto_form(problem, form)
        else:
            form = None
    if not wants_part(request, "timeline") and form is None:
        return redirect("sourcing:candidate", found.pk)
    context = timeline_context(viewer, found, form=form)
    part = wants_part(request, "timeline")
    template = "sourcing/_timeline.html" if part else "sourcing/person_note.html"
    return private(render(request, template, context, status=422 if form and form.errors else 200))


@require_GET
@needs(Right.CANDIDATE_EDIT)
def mentions(request: HttpRequest) -> HttpResponse:
    """Type-ahead of colleagues after ``@`` while a note is written."""
    found = notes.colleagues(viewer_of(request), request.GET.get("q", "")[:100])
    return private(render(request, "sourcing/_mentions.html", {"colleagues": found}))


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def edit(request: HttpRequest, note_id: int) -> HttpResponse:
    """The author changes a note, on a page of its own."""
    viewer = viewer_of(request)
    note = notes.note_for(viewer, note_id)
    projects = projects_of(viewer, note.candidate)
    initial = {"body": note.body, "readers": NoteForm.reader_of(note)}
    form = NoteForm(request.POST or None, projects=projects, note=note, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            notes.change(note=note, actor=viewer, **form.note())
        except Problem as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Saved")
            return redirect("sourcing:candidate", note.candidate_id)
    context = {"note_form": form, "note": note, "person": note.candidate}
    return private(render(request, "sourcing/person_note.html", context, status=422 if form.errors else 200))


@require_POST
@needs(Right.CANDIDATE_EDIT)
def remove(request: HttpRequest, note_id: int) -> HttpResponse:
    """Take a note away."""
    viewer = viewer_of(request)
    note = notes.note_for(viewer, note_id)
    notes.remove(note=note, actor=viewer)
    messages.success(request, "Note deleted")
    return redirect("sourcing:candidate", note.candidate_id)
