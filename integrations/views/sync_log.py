"""The Sync log of a connection: what waits and until when, what needs somebody, what was done."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from foundation.paging import keyset
from integrations import selectors
from integrations.states import SYNC_OPEN, SyncStatus
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import tabbed

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
        "page": page,
        "chosen": chosen,
        "views": [
            {"label": words, "url": f"?show={name}", "active": name == chosen}
            for name, (words, _) in VIEWS.items()
        ],
    }
    return render(request, "integrations/sync_log.html", context)
