"""Pages of an import: upload, mapping with live preview, count of the whole file, progress, result, undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, needs
from foundation.paging import keyset
from foundation.problems import Invalid, Problem
from sourcing import selectors
from sourcing.forms.imports import UploadForm
from sourcing.importing import checking, policies, previewing, refused, undoing, uploading
from sourcing.importing.columns import FIELD_GROUPS
from sourcing.importing.reading import DELIMITERS, ENCODINGS
from sourcing.models import ImportRun, NoteKind
from sourcing.views.requests import number, viewer_of, wants_part

PAGE = 100
#: Of what could not be taken back; the rest is counted.
_KEPT_SHOWN = 100


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
    now = timezone.now()
    context = {
        "found": found,
        "run": found.run,
        "undo": found.undo_run,
        "cannot_undo": undoing.can_undo(found, now=now),
        "undo_until": found.run.ended_at + undoing.KEPT_FOR if found.run.ended_at else None,
        "kept": _kept(found),
        "page": keyset(
            selectors.import_notes(found, kind=kind),
            order=("line",),
            after=request.GET.get("after"),
            size=PAGE,
        ),
        "kinds": _kinds(found, kind),
    }
    part = wants_part(request, "progress")
    return render(request, "sourcing/import_run.html" + ("#progress" if part else ""), context)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def reread(request: HttpRequest, import_id: int) -> HttpResponse:
    """Read the file with another encoding, delimiter, sheet or header; the mapping is guessed again."""
    viewer = viewer_of(request)
    found = selectors.import_for(viewer, import_id)
    try:
        uploading.describe_again(
            found,
            actor=viewer,
            encoding=request.POST.get("encoding", ""),
            delimiter=request.POST.get("delimiter", ""),
            sheet=request.POST.get("sheet", ""),
            has_header="has_header" in request.POST,
        )
    except Invalid as problem:
        return _preview(request, found, problem)
    return _again(request, found)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def map_columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """Store what each column is and what happens to values that are there, and show the preview again."""
    found = selectors.import_for(viewer_of(request), import_id)
    try:
        _settle(request, found)
    except Invalid as problem:
        return _preview(request, found, problem)
    return _again(request, found)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def check(request: HttpRequest, import_id: int) -> HttpResponse:
    """Count the whole file, in the background."""
    viewer = viewer_of(request)
    found = selectors.import_for(viewer, import_id)
    try:
        _settle(request, found)
        checking.start(import_run=found, actor=viewer)
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
        if found.run_id is None:
            _settle(request, found)
        uploading.start(import_run=found, actor=viewer)
    except Invalid as problem:
        return _preview(request, found, problem)
    return redirect("sourcing:import", found.pk)


@require_POST
@needs(Right.CANDIDATE_IMPORT)
def undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take the whole import back, in the background."""
    viewer = viewer_of(request)
    found = selectors.import_for(viewer, import_id)
    undoing.start(import_run=found, actor=viewer, now=timezone.now())
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
    return refused_file(selectors.import_for(viewer_of(request), import_id))


def refused_file(found: ImportRun) -> StreamingHttpResponse:
    """The rows that made no person of their own, as an attachment."""
    lines: Iterator[str] = refused.as_csv(found)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-rows-{found.pk}.csv"'
    return response


def _settle(request: HttpRequest, found: ImportRun) -> None:
    viewer, project = viewer_of(request), number(request.POST.get("project"))
    columns = _named(request, "column-")
    uploading.settle(
        found,
        {int(index): field for index, field in columns.items() if index.isascii() and index.isdigit()},
        actor=viewer,
        source_name=request.POST.get("source", ""),
        project=selectors.project_for(viewer, project) if project is not None else None,
        chosen=_named(request, "policy-"),
        tags=request.POST.get("tags", "").split(","),
    )


def _named(request: HttpRequest, prefix: str) -> dict[str, str]:
    """Posted values by what follows ``prefix`` in their names."""
    return {
        name.removeprefix(prefix): value
        for name, value in request.POST.items()
        if name.startswith(prefix) and isinstance(value, str)
    }


def _again(request: HttpRequest, found: ImportRun) -> HttpResponse:
    """The preview after a change: the part for htmx, the page for everybody else."""
    if wants_part(request, "preview"):
        return _preview(request, found)
    return redirect("sourcing:import", found.pk)


def _preview(request: HttpRequest, found: ImportRun, problem: Problem | None = None) -> HttpResponse:
    viewer = viewer_of(request)
    counting = found.check_run is not None and not found.check_run.ended
    if wants_part(request, "counted"):
        return render(request, "sourcing/import_preview.html#counted", _counted(found, counting=counting))
    preview, customs = previewing.preview(found), uploading.custom_labels(found.organisation_id)
    fields = dict(FIELD_GROUPS)
    if customs:
        fields["Your fields"] = {f"custom:{key}": label for key, label in customs.items()}
    context: dict[str, Any] = {
        **_counted(found, counting=counting),
        "preview": preview,
        "examples": [(example, _clashes(example.clashes, customs)) for example in preview.examples],
        "fields": [(group, list(choices.items())) for group, choices in fields.items()],
        "policies": _policies(found, customs),
        "encodings": ({found.encoding: found.encoding} | ENCODINGS).items(),
        "delimiters": DELIMITERS.items(),
        "projects": selectors.visible_projects(viewer),
        "before": uploading.imported_before(found),
        "problem": problem,
    }
    part = "#preview" if wants_part(request, "preview") else ""
    return render(request, f"sourcing/import_preview.html{part}", context, status=422 if problem else 200)


def _counted(found: ImportRun, *, counting: bool) -> dict[str, Any]:
    """What the count of the whole file came to, or where it stands."""
    done = found.check_run is not None and found.check_run.ended and bool(found.checked)
    notes = selectors.import_note_counts(found) if done else {}
    return {
        "found": found,
        "check": found.check_run,
        "counting": counting,
        "counted": found.checked if done else None,
        "refused_rows": notes.get(NoteKind.REFUSED, 0),
        "joined_rows": notes.get(NoteKind.JOINED, 0),
    }


def _clashes(clashes: list[list[Any]], customs: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "label": policies.label(field, customs),
            "present": _shown(present),
            "wanted": _shown(wanted),
            "wins": wins,
        }
        for field, present, wanted, wins in clashes
    ]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _policies(found: ImportRun, customs: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "field": field,
            "label": policies.label(field, customs),
            "choices": [(policy.value, policy.label) for policy in policies.choices(field)],
            "chosen": policies.policy_of(found.policies, field).value,
        }
        for field in policies.governed(found.mapping.values())
    ]


#: Why something could not be taken back, for people; a field of the person stands for itself.
_KEPT_WORDS = {
    "used": "The person was changed or used since",
    "address": "An address or number was used since",
    "profile": "A profile link is in use",
    "positions": "A position is in use",
    "schools": "A school is in use",
    "project": "Something in the project hangs on the person",
}


def _kept(found: ImportRun) -> list[dict[str, Any]]:
    """Whom *Undo* left as they are, and why."""
    customs = uploading.custom_labels(found.organisation_id)
    rows = undoing.left_as_they_are(found).select_related("candidate")
    return [
        {
            "person": row.candidate,
            "reasons": [
                _KEPT_WORDS.get(word) or f"{policies.label(word, customs)} was changed since"
                for word in row.kept
            ],
        }
        for row in rows.order_by("slice", "candidate_id")[:_KEPT_SHOWN]
    ]


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
