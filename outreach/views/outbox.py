"""The Outbox: what is going to leave, with why not yet and until when, and what became of the rest."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid
from outreach import lane_access, previews, selectors
from outreach.forms import MessageTextForm, MomentForm
from outreach.outbox import by_hand, proofs, scheduled
from outreach.states import MessageStatus
from sourcing.views.requests import numbers

PER_PAGE = 50
_SETTLED = ("-settled_at", "-id")
_VIEWS = (
    {"id": "scheduled", "label": "Scheduled", "url": "?", "icon": "clock"},
    {"id": "uncertain", "label": "Uncertain", "url": "?show=uncertain", "icon": "circle-question-mark"},
    {"id": "sent", "label": "Recent", "url": "?show=sent", "icon": "mail-check"},
)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def outbox(request: HttpRequest) -> HttpResponse:
    """Everything scheduled; ``?show=uncertain`` what nobody knows to have been sent, ``?show=sent`` the recent ones."""
    viewer, after, now = viewer_of(request), request.GET.get("after"), timezone.now()
    show = request.GET.get("show", "")
    if show not in {"uncertain", "sent"}:
        show = "scheduled"
    context: dict[str, object] = {
        "show": show,
        "may_answer": can(viewer, Right.CAMPAIGN_START),
        "here": request.get_full_path(),
        "views": [view | {"active": view["id"] == show} for view in _VIEWS],
    }
    if show != "scheduled":
        rows = selectors.uncertain_messages if show == "uncertain" else selectors.settled_messages
        page = keyset(rows(viewer), order=_SETTLED, after=after, size=PER_PAGE)
        context["messages_shown"] = selectors.message_views(viewer, page.rows, now=now)
    else:
        context["lines"], page = scheduled.page(viewer, after=after, size=PER_PAGE, now=now)
    context["page"] = page
    return render(request, "outreach/outbox.html", context)


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: its text, why it waits, and every try with the server's words."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    may_change = lane_access.may_change(viewer, row.lane_id)
    context = {
        "shown": selectors.message_view(viewer, row, now=timezone.now()),
        "tries": [(each, selectors.text_for(viewer, row, each.text)) for each in row.send_tries.all()],
        "sent": previews.of_message(row, viewer=viewer),
        "acts": scheduled.acts_on(
            viewer,
            row,
            may_edit=may_change and can(viewer, Right.CAMPAIGN_EDIT),
            may_start=may_change and can(viewer, Right.CAMPAIGN_START),
        ),
        "may_answer": row.status == MessageStatus.UNCERTAIN
        and may_change
        and can(viewer, Right.CAMPAIGN_START),
        "opens": row.opens.order_by("-last_at"),
    }
    return render(request, "outreach/message.html", context)


@require_POST
@needs(Right.CAMPAIGN_EDIT)
def cancel(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take one message back; one that is already being handed over stays what it is."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    lane_access.require_change(viewer, row.lane_id)
    if by_hand.cancel(message_ids=[row.pk], actor=viewer, now=timezone.now()):
        messages.success(request, "The message was cancelled.")
    else:
        messages.warning(request, by_hand.TooLate.sentence)
    return back(request, "outreach:message", row.pk)


@require_POST
@needs(Right.CAMPAIGN_START)
def send_now(request: HttpRequest, message_id: int) -> HttpResponse:
    """*Send now*: first in its mailbox."""
    return act(
        request,
        "It goes first now, as soon as its mailbox may send.",
        lambda user: by_hand.send_now(message_id=message_id, actor=user, now=timezone.now()),
        ("outreach:message", message_id),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_START)
def not_before(request: HttpRequest, message_id: int) -> HttpResponse:
    """*Don't send before*: asks for the moment and keeps it."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    lane_access.require_change(viewer, row.lane_id)
    form = MomentForm(request.POST or None, initial={"moment": max(row.not_before, timezone.now())})
    return ask_moment(
        request,
        form,
        who=row.to_name or selectors.address_for(viewer, row),
        keep=lambda moment: by_hand.not_before(
            message_id=row.pk, moment=moment, actor=viewer, now=timezone.now()
        ),
        to=("outreach:message", row.pk),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.CAMPAIGN_EDIT)
def edit(request: HttpRequest, message_id: int) -> HttpResponse:
    """*Edit this one message*."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    by_hand.require_text(viewer, row)
    form = MessageTextForm(request.POST or None, initial={"subject": row.subject, "body": row.body_text})
    if request.method == "POST" and form.is_valid():
        try:
            by_hand.edit(message_id=row.pk, actor=viewer, now=timezone.now(), **form.cleaned_data)
        except (Invalid, Conflict) as problem:
            add_errors(form, problem)
        else:
            messages.success(request, "The message is changed.")
            return back(request, "outreach:message", row.pk)
    context = {"form": form, "row": row, "who": row.to_name or selectors.address_for(viewer, row)}
    return render(request, "outreach/message_edit.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.CAMPAIGN_START)
def answer(request: HttpRequest, message_id: int) -> HttpResponse:
    """A person says whether an uncertain message was sent."""
    viewer = viewer_of(request)
    row = selectors.message(viewer, message_id)
    lane_access.require_change(viewer, row.lane_id)
    _answer(request, [row.pk])
    return back(request, "outreach:message", row.pk)


@require_POST
@needs(Right.CAMPAIGN_START)
def answer_many(request: HttpRequest) -> HttpResponse:
    """The same for the ticked ones."""
    _answer(request, selectors.changeable(viewer_of(request), numbers(request.POST.getlist("message"))))
    return back(request, "outreach:outbox")


def _answer(request: HttpRequest, ids: list[int]) -> None:
    was_sent = request.POST.get("was_sent") == "yes"
    answered = len(
        proofs.answer_uncertain(
            actor=viewer_of(request), message_ids=ids, was_sent=was_sent, now=timezone.now()
        )
    )
    if not answered:
        messages.warning(request, "Nothing of that is uncertain any more.")
        return
    noun = "message" if answered == 1 else "messages"
    text = "noted as sent" if was_sent else "queued again"
    messages.success(request, f"{answered:,} {noun} {text}.")


def act(
    request: HttpRequest, text: str, change: Callable[[User], object], to: tuple[str, int]
) -> HttpResponse:
    """One press: do it, say it, go back; what came too late is said instead."""
    try:
        change(viewer_of(request))
    except Conflict as problem:
        messages.warning(request, problem.text)
    else:
        messages.success(request, text)
    return back(request, *to)


def ask_moment(
    request: HttpRequest,
    form: MomentForm,
    *,
    who: str,
    keep: Callable[..., object],
    to: tuple[str, int],
) -> HttpResponse:
    """The page of *Don't send before*, for written messages and planned steps alike."""
    if request.method == "POST" and form.is_valid():
        try:
            keep(form.cleaned_data["moment"])
        except (Invalid, Conflict) as problem:
            add_errors(form, problem)
        else:
            messages.success(request, "It waits until then.")
            return back(request, *to)
    context = {"form": form, "who": who, "back": _wanted(request)}
    return render(request, "outreach/not_before.html", context, status=422 if form.errors else 200)


def add_errors(form: MomentForm | MessageTextForm, problem: Invalid | Conflict) -> None:
    """What an operation refused, beside the field it concerns."""
    for name, text in getattr(problem, "fields", {}).items():
        form.add_error(name if name in form.fields else None, text)
    if not form.errors:
        form.add_error(None, problem.text)


def back(request: HttpRequest, name: str, *args: int) -> HttpResponse:
    """To the page the button stood on (``next``, ours only), else to ``name``."""
    return redirect(_wanted(request) or name, *([] if _wanted(request) else args))


def _wanted(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=set()) else ""
