"""The export dialogue, an export's page, a project's Exports tab (seed 000, "Exporting from …")."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can
from foundation.paging import keyset
from foundation.problems import Invalid, Problem
from integrations import (
    company_choice,
    export_run,
    exporting,
    field_table,
    opening,
    registry,
    selectors,
    targets,
    undoing,
)
from integrations.forms import ExportForm
from integrations.mapping import not_held
from integrations.models import Connection, ConnectionStatus, Export, ItemStatus
from integrations.states import OPEN, RETRYABLE
from integrations.views.gate import Request, integrations_page
from sourcing.models import Project, RecordType
from sourcing.search.question import Question
from sourcing.selectors import project_candidate_ids, project_for
from sourcing.views.projects import project_frame
from sourcing.views.requests import numbers

ITEMS_PER_PAGE = 100


@dataclass(frozen=True)
class Chosen:
    """Whom the dialogue is about. ``ids`` None: everybody of the project. ``question``: everybody it finds."""

    ids: frozenset[int] | None
    question: str | None = None


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CANDIDATE_EXPORT)
def project_dialogue(request: Request, project_id: int, vendor: str) -> HttpResponse:
    """Everybody in a project, or those ticked there."""
    project = project_for(request.user, project_id)
    ids = _ticked(request)
    everybody = not ids or request.POST.get("everything") == "1"
    return _dialogue(request, vendor, project, Chosen(None if everybody else ids))


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CANDIDATE_EXPORT)
def people_dialogue(request: Request, vendor: str) -> HttpResponse:
    """People ticked in the list, everybody the list found, or one person from their own page."""
    if request.POST.get("everything") != "1":
        return _dialogue(request, vendor, None, Chosen(_ticked(request)))
    question = Question.posted(request.POST)
    found = exporting.found_by(request.user, question)
    return _dialogue(request, vendor, None, Chosen(found, question.as_query()))


def _ticked(request: Request) -> frozenset[int]:
    """Ids ticked. Ids of strangers fall away when the people are read."""
    return frozenset(numbers(request.POST.getlist("candidate") or request.GET.getlist("candidate")))


def _dialogue(request: Request, vendor: str, project: Project | None, chosen: Chosen) -> HttpResponse:
    """Show what would happen; ``start`` in a POST makes it happen."""
    found = registry.connector_class(vendor)
    accounts = list(selectors.export_connections(request.user).filter(vendor=vendor))
    connection = _account(request, accounts)
    if connection is None or connection.status != ConnectionStatus.CONNECTED:
        context = {
            "vendor": found,
            "connection": connection,
            "project": project,
            "may_edit": can(request.user, Right.CONNECTION_EDIT),
        }
        return render(request, "integrations/export_unavailable.html", context, status=409)
    starting = request.method == "POST" and "start" in request.POST
    # A choice changed in the dialogue is a POST without "start": shown again, nothing written.
    form = ExportForm(connection, request.POST if "request_key" in request.POST else None)
    if starting and form.is_valid():
        try:
            export = exporting.start(
                actor=request.user,
                connection=connection,
                mode=form.chosen_mode,
                target_id=form.cleaned_data["target"],
                request_key=form.cleaned_data["request_key"],
                project=project,
                candidate_ids=chosen.ids,
                include_exported=form.cleaned_data["include_exported"],
                dummy_addresses=form.cleaned_data["dummy_addresses"],
                dry_run=request.POST.get("start") == "dry",
            )
            return redirect("integrations:export", export.pk)
        except Invalid as problem:
            form.add_error(None, str(problem))
    ids = (
        chosen.ids
        if project is None or chosen.ids is not None
        else project_candidate_ids(request.user, project)
    )
    context = _choices(request, connection, form, ids or ()) | {
        "vendor": found,
        "connection": connection,
        "accounts": [row for row in accounts if row.status == ConnectionStatus.CONNECTED],
        "project": project,
        "chosen": chosen,
        "form": form,
    }
    name = "integrations/export_dialogue.html"
    refused = starting and bool(form.errors)
    part = request.htmx and not request.htmx.boosted and not starting
    return render(request, f"{name}#choices" if part else name, context, status=422 if refused else 200)


def _account(request: Request, accounts: Sequence[Connection]) -> Connection | None:
    """The one of the vendor's accounts that was chosen; before anybody chose, one that works. 404 for others'."""
    asked = request.POST.get("connection") or request.GET.get("connection")
    if not asked:
        return next(iter(accounts), None)
    found = next((row for row in accounts if str(row.pk) == asked), None)
    if found is None:
        raise selectors.ConnectionMissing("There is no such connection.")
    return found


def _choices(
    request: Request, connection: Connection, form: ExportForm, ids: Collection[int]
) -> dict[str, Any]:
    """Targets to pick from and what the ticks come to."""
    entered = form.data if form.is_bound else {}
    mode = form.chosen_mode
    search = str(entered.get("search", ""))[:200]
    found = opening.vendor_of(connection)
    kind = targets.KINDS[mode]
    preview = exporting.preview(
        viewer=request.user,
        connection=connection,
        candidate_ids=ids,
        include_exported=bool(entered.get("include_exported")),
    )
    context: dict[str, Any] = {
        "mode": mode,
        "word": found.target_words[kind],
        "note": found.target_notes.get(kind, ""),
        "not_held": not_held(field_table.rules(connection, RecordType.CANDIDATE)),
        "search": search,
        "picked": str(entered.get("target", "")),
        "preview": preview,
        "companies": company_choice.waiting(connection, preview.going)
        if can(request.user, Right.CANDIDATE_EDIT)
        else [],
        "dummies": bool(entered.get("dummy_addresses")),
        "acting_as": opening.acting_as(connection, request.user),
    }
    try:
        context["targets"] = targets.choices(
            viewer=request.user,
            connection=connection,
            mode=mode,
            search=search,
            fresh="refresh" in entered,
        )
    except Problem as problem:
        # The dialogue stays usable: the person sees why the list is empty and may ask again.
        context["trouble"] = str(problem)
    return context


@require_GET
@integrations_page(Right.PROJECT_VIEW)
def project_exports(request: Request, project_id: int) -> HttpResponse:
    """The Exports tab of a project."""
    project = project_for(request.user, project_id)
    page = keyset(
        selectors.exports(request.user, project=project),
        order=("-id",),
        after=request.GET.get("after"),
        size=50,
    )
    context = project_frame(request, project, active="exports") | {
        "page": page,
        "rows": [_summary(export) for export in page.rows],
    }
    return render(request, "integrations/project_exports.html", context)


@require_GET
@integrations_page(Right.PROJECT_VIEW)
def export_page(request: Request, export_id: int) -> HttpResponse:
    """Progress while it runs, then "Export Complete" and what became of each person."""
    export = selectors.export_for(request.user, export_id)
    page = keyset(
        selectors.export_items(request.user, export),
        order=("id",),
        after=request.GET.get("after"),
        size=ITEMS_PER_PAGE,
    )
    context = _summary(export) | {
        "page": page,
        "retryable": RETRYABLE,
        "may_export": can(request.user, Right.CANDIDATE_EXPORT),
        "undoable": undoing.undoable(export),
        "failed_for_sure": selectors.failed_for_sure(request.user, export).count(),
        "back": reverse("integrations:project_exports", args=[export.project_id])
        if export.project_id
        else "",
    }
    name = "integrations/export.html"
    part = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, f"{name}#progress" if part else name, context)
    if part and context["complete"] and "watch" in request.GET:
        # Whoever watched it end gets the pop-up of seed 000, once: the page stops asking with this answer.
        response["HX-Trigger"] = json.dumps({"toast": {"text": context["verdict"]}})
    return response


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def cancel(request: Request, export_id: int) -> HttpResponse:
    """Stop after the person under way."""
    exporting.cancel(actor=request.user, export=selectors.export_for(request.user, export_id))
    return redirect("integrations:export", export_id)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def undo(request: Request, export_id: int) -> HttpResponse:
    """Take back what the export wrote."""
    undoing.start(actor=request.user, export=selectors.export_for(request.user, export_id))
    return redirect("integrations:export", export_id)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def retry(request: Request, item_id: int) -> HttpResponse:
    """Send one person again."""
    export = exporting.retry(actor=request.user, item=selectors.item_for(request.user, item_id))
    return redirect("integrations:export", export.pk)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def retry_failed(request: Request, export_id: int) -> HttpResponse:
    """Send all who failed again."""
    exporting.retry_failed(actor=request.user, export=selectors.export_for(request.user, export_id))
    return redirect("integrations:export", export_id)


def _summary(export: Export) -> dict[str, Any]:
    """An export with its counts, for a row and for its page."""
    counts = selectors.counts(export)
    done = counts[ItemStatus.SENT] + counts[ItemStatus.UPDATED]
    waiting = sum(counts[status] for status in OPEN)
    failed = counts[ItemStatus.FAILED]
    cancelled = export.run is not None and export.run.status == "cancelled"
    return {
        "export": export,
        "vendor": opening.vendor_of(export.connection),
        "counts": counts,
        "done": done,
        "failed": failed,
        "skipped": counts[ItemStatus.SKIPPED],
        "waiting": waiting,
        "total": done + failed + waiting,
        "settled": done + failed,
        "working": bool(waiting) and export.run is not None and not export.run.ended,
        "complete": not waiting and not failed and not cancelled,
        "verdict": "Export cancelled" if cancelled else export_run.summary(export, failed),
    }
