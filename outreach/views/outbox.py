"""The Outbox: what is written and waits, with why and until when, and what became of the rest."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from foundation.paging import keyset
from outreach import selectors
from outreach.outbox import proofs, queue
from outreach.states import STOPPABLE, MessageStatus, Reason

PER_PAGE = 50
#: The two lists: query, order of the page.
_WAITING = ("planned_at", "id")
_SETTLED = ("-settled_at", "-id")


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def outbox(request: HttpRequest) -> HttpResponse:
    """Waiting messages, or with ``?show=sent`` the recent ones."""
    viewer, after = viewer_of(request), request.GET.get("after")
    recent = request.GET.get("show") == "sent"
    if recent:
        page = keyset(selectors.settled_messages(viewer), order=_SETTLED, after=after, size=PER_PAGE)
    else:
        page = keyset(selectors.waiting_messages(viewer), order=_WAITING, after=after, size=PER_PAGE)
    context = {
        "page": page,
        "recent": recent,
        "messages_shown": selectors.message_views(viewer, page.rows, now=timezone.now()),
        "views": [
            {"label": "Waiting", "url": "?", "active": not recent, "icon": "clock"},
            {"label": "Recent", "url": "?show=sent", "active": recent, "icon": "mail-check"},
        ],
    }
    return render(request, "outreach/outbox.html", context)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: its text, why it waits, and every try with the server's words."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    context = {
        "shown": selectors.message_view(viewer, row, now=timezone.now()),
        "tries": row.send_tries.all(),
        "may_cancel": row.status in STOPPABLE and can(viewer, Right.CAMPAIGN_EDIT),
        "may_answer": row.status == MessageStatus.UNCERTAIN and can(viewer, Right.CAMPAIGN_START),
    }
    return render(request, "outreach/message.html", context)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def cancel(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take one message back; one that is already being handed over stays what it is."""
    row = selectors.message(viewer_of(request), message_id)
    if queue.cancel(message_ids=[row.pk], reason=Reason.CANCELLED_BY_HAND, now=timezone.now()):
        messages.success(request, "The message was cancelled.")
    else:
        messages.warning(request, "It was too late: the message is no longer waiting.")
    return redirect("outreach:message", message_id=row.pk)


@require_POST
@needs(Right.CAMPAIGN_START)
def answer(request: HttpRequest, message_id: int) -> HttpResponse:
    """A person says whether an uncertain message was sent."""
    row = selectors.message(viewer_of(request), message_id)
    was_sent = request.POST.get("was_sent") == "yes"
    if proofs.answer_uncertain(
        actor=viewer_of(request), message_ids=[row.pk], was_sent=was_sent, now=timezone.now()
    ):
        messages.success(request, "Noted as sent." if was_sent else "The message is queued again.")
    return redirect("outreach:message", message_id=row.pk)
