"""*Get Email* and *Get Phone*: the confirmation that says what it costs at most, and the page of a request."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Right, can, needs
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid, Missing, Problem
from sourcing import selectors
from sourcing.finding import finding, running, setup
from sourcing.finding import selectors as credit_selectors
from sourcing.finding.providers import display_name
from sourcing.models import Candidate, ContactKind, FindingStatus, Project
from sourcing.search.question import Question
from sourcing.views.requests import numbers, viewer_of, wants_part

PAGE = 50
WORDS = {ContactKind.EMAIL: "Get Email", ContactKind.PHONE: "Get Phone"}


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def of_person(request: HttpRequest, candidate_id: int, kind: str) -> HttpResponse:
    """*Get Email* or *Get Phone* on one person."""
    if kind not in ContactKind.values:
        raise Missing("There is no such kind of contact data.")
    person = selectors.candidate_for(viewer_of(request), candidate_id)
    return _confirm(request, ContactKind(kind), [person.pk], person=person)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def emails_of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """*Get Email for All*."""
    return _of_project(request, project_id, ContactKind.EMAIL)


@require_http_methods(["GET", "POST"])
@needs(Right.CANDIDATE_EDIT)
def phones_of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """*Get Phone for All*."""
    return _of_project(request, project_id, ContactKind.PHONE)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def emails_of_people(request: HttpRequest) -> HttpResponse:
    """*Get Email* for ticked people, or everybody the list found."""
    return _confirm(request, ContactKind.EMAIL, _ticked(request), start="start" in request.POST)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def phones_of_people(request: HttpRequest) -> HttpResponse:
    """*Get Phone* for ticked people, or everybody the list found."""
    return _confirm(request, ContactKind.PHONE, _ticked(request), start="start" in request.POST)


@require_GET
@needs(Right.CANDIDATE_VIEW)
def result(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Progress of a request, then how each person ended; a reload finds it again."""
    viewer = viewer_of(request)
    found = credit_selectors.finding_for(viewer, finding_id)
    status = request.GET.get("status", "")
    items = credit_selectors.items(viewer, found)
    if status in FindingStatus.values:
        items = items.filter(status=status)
    counts = running.counts(found)
    context = {
        "found": found,
        "title": WORDS[ContactKind(found.kind)],
        "run": found.run,
        "page": keyset(items, order=("id",), after=request.GET.get("after"), size=PAGE),
        "counts": counts,
        "statuses": _statuses(counts, status),
        "may_cancel": can(viewer, Right.CANDIDATE_EDIT),
    }
    part = wants_part(request, "progress")
    return render(request, "sourcing/finding.html" + ("#progress" if part else ""), context)


@require_POST
@needs(Right.CANDIDATE_EDIT)
def cancel(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Stop a request; what is still held comes back. One that has ended stays as it is."""
    viewer = viewer_of(request)
    found = credit_selectors.finding_for(viewer, finding_id)
    # It may have ended between the page and the press; the page shows how.
    with suppress(Conflict):
        finding.cancel(actor=viewer, finding=found)
    return redirect("sourcing:finding", found.pk)


def _of_project(request: HttpRequest, project_id: int, kind: ContactKind) -> HttpResponse:
    viewer = viewer_of(request)
    project = selectors.project_for(viewer, project_id)
    return _confirm(request, kind, selectors.project_candidate_ids(viewer, project), project=project)


def _confirm(
    request: HttpRequest,
    kind: ContactKind,
    ids: Collection[int],
    *,
    project: Project | None = None,
    person: Candidate | None = None,
    start: bool | None = None,
) -> HttpResponse:
    """What it costs at most and what is left; on the second press the request itself."""
    viewer = viewer_of(request)
    problem: Problem | None = None
    if request.method == "POST" if start is None else start:
        try:
            made = finding.start(
                actor=viewer,
                kind=kind,
                candidate_ids=ids,
                request_key=_key(request.POST.get("request_key", "")),
                project=project,
            )
            return redirect("sourcing:finding", made.pk)
        except (Conflict, Invalid) as refused:
            problem = refused
    context = {
        "title": WORDS[kind] + (" for All" if project else ""),
        "kind": kind.label.lower(),
        "plan": finding.preview(viewer=viewer, kind=kind, candidate_ids=ids),
        "providers": [display_name(row.slug) for row in setup.usable(viewer.tenant_id, kind)],
        "project": project,
        "person": person,
        "back_url": project.url if project else person.url if person else "",
        "ticked": request.POST.getlist("candidate"),
        "everything": request.POST.get("everything", ""),
        "question": Question.posted(request.POST).as_query(),
        "request_key": uuid.uuid4(),
        "may_set_up": can(viewer, Right.ORGANISATION_EDIT),
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "sourcing/find_contacts.html", context, status=status)


def _key(text: str) -> uuid.UUID:
    """The dialogue's own key; a request without one is its own."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _ticked(request: HttpRequest) -> list[int]:
    """The posted ids, or those of everybody the list's question finds."""
    if request.POST.get("everything") != "1":
        return numbers(request.POST.getlist("candidate"))
    return credit_selectors.found_by(viewer_of(request), Question.posted(request.POST))


def _statuses(counts: dict[str, int], active: str) -> list[dict[str, object]]:
    """The filter over the people of a request; statuses without anybody are left out."""
    choices = [("", "All", sum(counts.values()))]
    choices += [(str(status), str(status.label), counts[status]) for status in FindingStatus]
    return [
        {
            "label": f"{label} {count:,}",
            "url": f"?status={status}" if status else "?",
            "active": status == active,
        }
        for status, label, count in choices
        if count or not status
    ]
