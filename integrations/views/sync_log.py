"""The Sync log of a connection: what waits and until when, what needs somebody, what was done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, can
from foundation.paging import keyset
from integrations import selectors, syncing
from integrations.states import SYNC_OPEN, SyncStatus
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import tabbed
from sourcing.views.requests import numbers

PER_PAGE = 100
#: Name in the address → words and the statuses it shows; none means all.
VIEWS = {
    "all": ("All", frozenset[SyncStatus]()),
    "waiting": ("Waiting", SYNC_OPEN),
    "attention": ("Needs attention", frozenset({SyncStatus.ATTENTION})),
}


@require_GET
@integrations_page(Right.CONNECTION_VIEW)
def sync_log(request: Request, connection_id: int) -> HttpResponse:
    """Tasks of a connection, the newest first."""
    connection = selectors.connection_for(request.user, connection_id)
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in VIEWS else "all"
    rows = selectors.sync_tasks(request.user, connection)
    if VIEWS[chosen][1]:
        rows = rows.filter(status__in=VIEWS[chosen][1])
    page = keyset(rows, order=("-id",), after=request.GET.get("after"), size=PER_PAGE)
    context = tabbed(request, connection, "sync_log") | {
        "may_retry": can(request.user, Right.CANDIDATE_EXPORT),
        "needs_attention": any(task.status == SyncStatus.ATTENTION for task in page.rows),
        "page": page,
        "chosen": chosen,
        "views": [
            {"label": words, "url": f"?show={name}", "active": name == chosen}
            for name, (words, _) in VIEWS.items()
        ],
    }
    return render(request, "integrations/sync_log.html", context)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def retry(request: Request, connection_id: int) -> HttpResponse:
    """Try the task named in ``task`` again, or everything that needs attention when none is named."""
    connection = selectors.connection_for(request.user, connection_id)
    named = numbers(request.POST.getlist("task")[:1])
    for task_id in named:
        syncing.retry(actor=request.user, task=selectors.sync_task(request.user, connection, task_id))
    if not named:
        syncing.retry_all(actor=request.user, connection=connection)
    return redirect("integrations:sync_log", connection.pk)


@require_POST
@integrations_page(Right.CANDIDATE_EXPORT)
def cancel(request: Request, connection_id: int) -> HttpResponse:
    """Give up the task named in ``task``."""
    connection = selectors.connection_for(request.user, connection_id)
    for task_id in numbers(request.POST.getlist("task")[:1]):
        syncing.cancel(actor=request.user, task=selectors.sync_task(request.user, connection, task_id))
    return redirect("integrations:sync_log", connection.pk)
