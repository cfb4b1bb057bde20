"""The Inbox: what came back from people we wrote to, and the conversation around one mail."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Right, needs, viewer_of
from foundation.paging import keyset
from outreach.inbound import selectors
from sourcing import slots

PER_PAGE = 50
_ORDER = ("-received_at", "-id")
_VIEWS = (
    {"id": "all", "label": "All", "icon": "inbox"},
    {"id": "answer", "label": "Needs answer", "icon": "reply"},
    {"id": "bounced", "label": "Bounced", "icon": "mail-x"},
    {"id": "away", "label": "Out of office", "icon": "calendar-off"},
)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def inbox(request: HttpRequest) -> HttpResponse:
    """Matched mail, newest first; ``?show=`` is one of the filters."""
    viewer = viewer_of(request)
    show = request.GET.get("show", "all")
    if show not in selectors.FILTERS:
        show = "all"
    page = keyset(
        selectors.inbox(viewer, only=show), order=_ORDER, after=request.GET.get("after"), size=PER_PAGE
    )
    context = {
        "page": page,
        "show": show,
        "mails": selectors.mail_views(viewer, page.rows),
        "marks": slots.candidate_mark.visible(viewer),
        "views": [
            {
                **view,
                "url": "?" if view["id"] == "all" else f"?show={view['id']}",
                "active": view["id"] == show,
            }
            for view in _VIEWS
        ],
    }
    return render(request, "outreach/inbox.html", context)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def inbound(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """One mail in its conversation."""
    viewer = viewer_of(request)
    row = selectors.mail(viewer, inbound_id)
    (shown,) = selectors.mail_views(viewer, [row])
    context = {"shown": shown, "row": row, "entries": selectors.thread(viewer, row)}
    return render(request, "outreach/inbound.html", context)
