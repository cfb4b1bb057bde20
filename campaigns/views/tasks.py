"""The Tasks page: what has to be done by hand, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.permissions import Right, can, needs, viewer_of
from campaigns import manual_tasks, selectors
from campaigns import task_list as lists
from campaigns.models import Recipient
from campaigns.states import StepKind, TaskOutcome
from campaigns.task_list import When
from foundation.paging import keyset
from foundation.problems import Problem
from sourcing import selectors as people
from sourcing.models import ContactKind, ContactPoint, ProjectRole, SocialProfile
from sourcing.views.requests import number

PAGE = 50
_KINDS = [(kind.value, kind.label) for kind in StepKind if kind is not StepKind.EMAIL]


@dataclass(frozen=True)
class Current:
    """The task being worked on: its text, the ways to reach the person, its note, and the one after it."""

    recipient: Recipient
    text: lists.Text
    points: list[ContactPoint]
    links: list[SocialProfile]
    note: str
    following: int | None


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def task_list(request: HttpRequest) -> HttpResponse:
    """Due, later or over, narrowed to a kind and to one's own campaigns; ``?task=`` is the one being worked on."""
    viewer, now = viewer_of(request), timezone.now()
    when = When(request.GET["when"]) if request.GET.get("when") in list(When) else When.DUE
    kind = request.GET.get("kind", "")
    kind = kind if kind in dict(_KINDS) else ""
    mine = request.GET.get("whose") != "all"
    counts = lists.due_counts(viewer, now=now, kind=kind, mine=mine)
    context: dict[str, Any] = {
        "when": when.value,
        "kind": kind,
        "mine": mine,
        "kinds": [(value, label, _with(request, kind=value)) for value, label in _KINDS],
        "counts": counts,
        "tabs": _tabs(request, when, counts),
        "whose": [
            {"label": "Mine", "url": _with(request, whose=""), "active": mine},
            {"label": "Everybody's", "url": _with(request, whose="all"), "active": not mine},
        ],
        "all_kinds": _with(request, kind=""),
        "frozen": lists.frozen(viewer),
        "now": now,
        "today": lists.start_of_today(viewer, now),
        "links": _with(request, when=when.value),
    }
    if when is When.OVER:
        page = keyset(
            lists.finished(viewer, kind=kind, mine=mine),
            order=("-done_at", "-pk"),
            after=request.GET.get("after"),
            size=PAGE,
        )
        return render(request, "campaigns/tasks.html", {**context, "page": page, "over": page.rows})
    rows = keyset(
        lists.tasks(viewer, now=now, when=when, kind=kind, mine=mine),
        order=("planned_at", "pk"),
        after=request.GET.get("after"),
        size=PAGE,
    )
    titled = [(row, lists.text_of(row).title) for row in rows.rows]
    context.update(page=rows, rows=titled, current=_current(request, viewer, rows.rows))
    context["may_do"] = _may_do(viewer, context["current"])
    return render(request, "campaigns/tasks.html", context)


def _current(request: HttpRequest, viewer: User, rows: list[Recipient]) -> Current | None:
    wanted = number(request.GET.get("task"))
    places = {row.pk: place for place, row in enumerate(rows)}
    if not rows:
        return None
    place = places.get(wanted, 0) if wanted is not None else 0
    recipient = rows[place]
    following = rows[place + 1].pk if place + 1 < len(rows) else None
    points = people.contact_points(viewer=viewer, candidate=recipient.candidate)
    return Current(
        recipient=recipient,
        text=lists.text_of(recipient),
        points=[point for point in points if point.kind in {ContactKind.PHONE, ContactKind.EMAIL}],
        links=list(recipient.candidate.social_profiles.all()),
        note=lists.notes_of(viewer.tenant_id, [recipient]).get(recipient.pk, ""),
        following=following,
    )


def _may_do(viewer: User, current: Current | None) -> bool:
    if current is None or not can(viewer, Right.CAMPAIGN_EDIT):
        return False
    return people.role_in(viewer, current.recipient.campaign.project) in {
        ProjectRole.EDITOR,
        ProjectRole.OWNER,
    }


def _tabs(request: HttpRequest, when: When, counts: dict[str, int]) -> list[dict[str, object]]:
    words = (
        (When.DUE, "Due", counts["overdue"] + counts["today"]),
        (When.LATER, "Later", counts["later"]),
        (When.OVER, "Done and skipped", None),
    )
    return [
        {"label": label, "url": _with(request, when=value), "active": value is when, "count": count}
        for value, label, count in words
    ]


def _with(request: HttpRequest, **changes: str) -> str:
    """This list with other filters, from its first page on."""
    query = QueryDict(mutable=True)
    for name in ("when", "kind", "whose"):
        value = changes.get(name, request.GET.get(name, ""))
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


@needs(Right.CAMPAIGN_EDIT)
@require_POST
def act(request: HttpRequest, recipient_id: int, step_id: int) -> HttpResponse:
    """``do``: done, skip or note; afterwards the next task of the list."""
    user = viewer_of(request)
    selectors.recipient_for(user, recipient_id, role=ProjectRole.EDITOR)
    asked, note = request.POST.get("do", ""), request.POST.get("note", "")
    try:
        if asked == "note":
            manual_tasks.write_note(recipient_id=recipient_id, step_id=step_id, note=note, actor=user)
            messages.success(request, "Note kept.")
        else:
            outcome = TaskOutcome.SKIPPED if asked == "skip" else TaskOutcome.DONE
            manual_tasks.finish(
                recipient_id=recipient_id,
                step_id=step_id,
                outcome=outcome,
                note=note,
                actor=user,
                now=timezone.now(),
            )
            messages.success(request, "Skipped." if asked == "skip" else "Done.")
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        messages.error(request, str(problem))
    return redirect(_back(request, recipient_id if asked == "note" else None))


def _back(request: HttpRequest, stay_at: int | None) -> str:
    """The list with its filters, at the next task or at the same one."""
    query = QueryDict(mutable=True)
    for name in ("when", "kind", "whose"):
        if value := request.POST.get(name):
            query[name] = value
    at = stay_at or number(request.POST.get("following"))
    if at:
        query["task"] = str(at)
    return f"{reverse('campaigns:tasks')}?{query.urlencode()}"
