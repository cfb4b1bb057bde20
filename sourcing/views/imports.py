"""Pages of an import: upload, mapping with preview, progress, result, refused rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.paging import keyset
from foundation.problems import Invalid, Problem
from sourcing import selectors
from sourcing.forms import UploadForm
from sourcing.importing import refused, uploading
from sourcing.importing.columns import FIELDS
from sourcing.importing.reading import DELIMITERS, ENCODINGS
from sourcing.models import ImportNote, ImportRun, NoteKind
from sourcing.views.requests import number, viewer_of, wants_part

PAGE = 100


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_IMPORT)
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file; the same file twice gives the same import."""
    viewer = viewer_of(request)
    initial = {"project": number(request.GET.get("project"))}
    form = UploadForm(request.POST or None, request.FILES or None, viewer=viewer, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            found = uploading.upload(
                actor=viewer, file=form.cleaned_data["file"], project=form.cleaned_data["project"]
            )
        except Problem as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("sourcing:import", found.pk)
    context = {"form": form, "recent": selectors.recent_imports(viewer)}
    return render(request, "sourcing/import_upload.html", context, status=422 if form.errors else 200)


@require_GET
@needs(Right.CANDIDATE_IMPORT)
def page(request: HttpRequest, import_id: int) -> HttpResponse:
    """Before Import: mapping and preview. After it: progress and result, which a reload finds again."""
    viewer = viewer_of(request)
    found = selectors.import_for(viewer, import_id)
    if found.run is None:
        return _preview(request, found)
    kind = request.GET.get("kind", "")
    notes = ImportNote.objects.for_organisation(viewer.organisation_id).filter(import_run=found)
    if kind in NoteKind.values:
        notes = notes.filter(kind=kind)
    context = {
        "found": found,
        "run": found.run,
        "page": keyset(notes, order=("line",), after=request.GET.get("after"), size=PAGE),
        "kinds": _kinds(found, kind),
    }
    part = wants_part(request, "progress")
    return render(request, "sourcing/import_run.html" + ("#progress" if part else ""), context)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def reread(request: HttpRequest, import_id: int) -> HttpResponse:
    """Read the file with another encoding, delimiter or header; the mapping is guessed again."""
    found = selectors.import_for(viewer_of(request), import_id)
    try:
        uploading.describe_again(
            found,
            encoding=request.POST.get("encoding", ""),
            delimiter=request.POST.get("delimiter", ""),
            has_header="has_header" in request.POST,
        )
    except Invalid as problem:
        return _preview(request, found, problem)
    return redirect("sourcing:import", found.pk)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def map_columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """Store what each column is and show the preview again."""
    found = selectors.import_for(viewer_of(request), import_id)
    try:
        _store_mapping(request, found)
    except Invalid as problem:
        return _preview(request, found, problem)
    return redirect("sourcing:import", found.pk)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def start(request: HttpRequest, import_id: int) -> HttpResponse:
    """Import. A second click changes nothing and shows the same run."""
    viewer = viewer_of(request)
    found = selectors.import_for(viewer, import_id)
    try:
        _store_mapping(request, found)
        uploading.start(import_run=found, actor=viewer)
    except Invalid as problem:
        return _preview(request, found, problem)
    return redirect("sourcing:import", found.pk)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def discard(request: HttpRequest, import_id: int) -> HttpResponse:
    """Forget an upload that was not imported."""
    viewer = viewer_of(request)
    uploading.discard(import_run=selectors.import_for(viewer, import_id), actor=viewer)
    return redirect("sourcing:import_upload")


@require_GET
@needs(Right.CANDIDATE_IMPORT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def refused_rows(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The rows that made no person of their own, as CSV with line number and reason; streamed."""
    found = selectors.import_for(viewer_of(request), import_id)
    lines: Iterator[str] = refused.as_csv(found)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-rows-{found.pk}.csv"'
    return response


def _store_mapping(request: HttpRequest, found: ImportRun) -> None:
    project = number(request.POST.get("project"))
    uploading.map_columns(
        found,
        {
            int(name.removeprefix("column-")): value
            for name, value in request.POST.items()
            if name.startswith("column-")
            and name.removeprefix("column-").isdigit()
            and isinstance(value, str)
        },
        source=request.POST.get("source", ""),
        project=selectors.project_for(viewer_of(request), project) if project is not None else None,
    )


def _preview(request: HttpRequest, found: ImportRun, problem: Problem | None = None) -> HttpResponse:
    viewer = viewer_of(request)
    context: dict[str, Any] = {
        "found": found,
        "preview": uploading.preview(found),
        "fields": FIELDS.items(),
        "encodings": ({found.encoding: found.encoding} | ENCODINGS).items(),
        "delimiters": DELIMITERS.items(),
        "projects": selectors.visible_projects(viewer),
        "before": uploading.imported_before(found),
        "problem": problem,
    }
    return render(request, "sourcing/import_preview.html", context, status=422 if problem else 200)


def _kinds(found: ImportRun, active: str) -> list[dict[str, object]]:
    counts = selectors.import_note_counts(found)
    items = [
        ("", "All", sum(counts.values())),
        *((kind.value, kind.label, counts[kind]) for kind in NoteKind),
    ]
    return [
        {"label": f"{label} {count:,}", "url": f"?kind={kind}" if kind else "?", "active": kind == active}
        for kind, label, count in items
        if count or not kind
    ]
