"""The Inbox: conversations with people we wrote to, what they mean, and the answer from the mailbox."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, can, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid
from outreach import lane_access, referring, replying
from outreach.forms import ReplyForm
from outreach.inbound import answering, reading, selectors
from outreach.inbound import unread as unread_mail
from outreach.models import InboundMessage
from outreach.states import Interest, Verdict
from outreach.views.outbox import back
from sourcing import slots

PER_PAGE = 50
_ORDER = ("-received_at", "-id")
_VIEWS = (
    {"id": "all", "label": "All", "icon": "inbox"},
    {"id": "unread", "label": "Unread", "icon": "mail"},
    {"id": "answer", "label": "Needs answer", "icon": "reply"},
    {"id": "interested", "label": "Interested", "icon": "thumbs-up"},
    {"id": "bounced", "label": "Bounced", "icon": "mail-x"},
    {"id": "away", "label": "Out of office", "icon": "calendar-off"},
)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest mail of every conversation; ``?show=`` is one of the filters."""
    viewer, now = viewer_of(request), timezone.now()
    show = request.GET.get("show", "all")
    if show not in unread_mail.LISTS:
        show = "all"
    rows = unread_mail.listed(viewer, show=show, now=now)
    page = keyset(rows, order=_ORDER, after=request.GET.get("after"), size=PER_PAGE)
    unread = unread_mail.among(viewer, page.rows, now=now)
    context = {
        "page": page,
        "show": show,
        "mails": selectors.mail_views(viewer, page.rows),
        "unread": unread,
        "may_read_all": bool(unread) or show == unread_mail.UNREAD,
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
    """One mail in its conversation, with the box to answer it; what it holds is read now."""
    viewer, now = viewer_of(request), timezone.now()
    row = selectors.mail(viewer, inbound_id)
    unread = unread_mail.among(viewer, [row], now=now).get(row.pk, [])
    reading.opened(actor=viewer, inbound_ids=[row.pk, *unread], now=now)
    return _conversation(request, row, ReplyForm())


def _conversation(
    request: HttpRequest, row: InboundMessage, form: ReplyForm, status: int = 200
) -> HttpResponse:
    viewer = viewer_of(request)
    (shown,) = selectors.mail_views(viewer, [row])
    may_change = lane_access.may_change(viewer, row.message.lane_id if row.message else None)
    may_start = may_change and can(viewer, Right.CAMPAIGN_START)
    context: dict[str, Any] = {
        "shown": shown,
        "row": row,
        "entries": selectors.thread(viewer, row),
        "referred": referring.suggestions(viewer, row),
        "may_add": may_change and can(viewer, Right.CANDIDATE_EDIT),
        "in_project": lane_access.project_of(row.message.lane_id if row.message else None) is not None,
        "form": form,
        "may_mark": may_change and can(viewer, Right.CAMPAIGN_EDIT) and row.verdict == Verdict.REPLY,
        "may_reply": may_start,
        "reply_problem": replying.problem_with(row, actor=viewer) if may_start else "",
        "interests": Interest.choices,
        "seen_by": [seen.user for seen in reading.seen_by(row) if seen.user_id != viewer.pk],
    }
    return render(request, "outreach/inbound.html", context, status=status)


@require_POST
@needs(Right.CAMPAIGN_START)
def reply(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """The answer, queued in the mailbox."""
    viewer = viewer_of(request)
    row = selectors.mail(viewer, inbound_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            replying.reply(row=row, body=form.cleaned_data["body"], actor=viewer, now=timezone.now())
        except (Invalid, Conflict) as problem:
            form.add_error("body", getattr(problem, "fields", {}).get("body") or problem.text)
        else:
            messages.success(request, "The answer is on its way.")
            return back(request, "outreach:inbound", row.pk)
    return _conversation(request, row, form, 422)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def interest(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """One press says what the answer means; an empty one takes the reading away."""
    viewer = viewer_of(request)
    row = selectors.mail(viewer, inbound_id)
    said = request.POST.get("as", "")
    answering.correct(row=row, interest=said, actor=viewer, now=timezone.now())
    messages.success(request, f"Marked as {Interest(said).label}." if said else "It says nothing now.")
    return back(request, "outreach:inbound", row.pk)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def referral(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """*Add as a person*: whom the answer names, into the campaign's project."""
    viewer = viewer_of(request)
    row = selectors.mail(viewer, inbound_id)
    try:
        added = referring.add(row=row, address=request.POST.get("address", ""), actor=viewer)
    except (Conflict, Invalid) as problem:
        messages.warning(request, problem.text)
    else:
        messages.success(request, f"{added.name} is added.")
    return back(request, "outreach:inbound", row.pk)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def done(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """*No answer needed*, and back."""
    viewer = viewer_of(request)
    row = selectors.mail(viewer, inbound_id)
    is_done = request.POST.get("done") == "yes"
    answering.set_done(row=row, done=is_done, actor=viewer, now=timezone.now())
    messages.success(request, "Set aside." if is_done else "It waits for an answer again.")
    return back(request, "outreach:inbound", row.pk)


@require_POST
@needs(Right.CAMPAIGN_VIEW)
def unread(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """*Mark as unread*, for who presses it alone; back to the list, because opening it would mean reading it."""
    viewer = viewer_of(request)
    reading.set_back(actor=viewer, row=selectors.mail(viewer, inbound_id), now=timezone.now())
    messages.success(request, "Marked as unread.")
    return redirect("outreach:inbox")


@require_POST
@needs(Right.CAMPAIGN_VIEW)
def read_all(request: HttpRequest) -> HttpResponse:
    """*Mark all as read*, for who presses it alone."""
    reading.read_all(actor=viewer_of(request), now=timezone.now())
    messages.success(request, "Everything is marked as read.")
    return redirect("outreach:inbox")
