"""The Candidates tab of a project: table and board, moving, adding and removing people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.permissions import Right, can, needs
from foundation.paging import cursor, keyset
from foundation.problems import Invalid
from sourcing import board as operations
from sourcing import board_selectors, selectors, slots
from sourcing import projects as project_operations
from sourcing.models import Project, ProjectMember, ProjectRole, Stage
from sourcing.search import query
from sourcing.views.projects import project_frame
from sourcing.views.requests import number, numbers, viewer_of, wants_part
from sourcing.views.rows import Action, bulk_actions, rows

PAGE = 50
#: People of one stage in the board's first answer, and with each *Show more*.
COLUMN = 20
VIEWS = ("table", "board")
_ORDER = ("position", "id")
#: Bulk actions that change the project itself, for those who may edit it.
PROJECT_CHANGES = ("project_remove", "project_bulk_move")


@require_GET
@needs(Right.PROJECT_VIEW)
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The people of the project, as a table or (``view=board``) by stage; the last choice is remembered."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id)
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else request.COOKIES.get("project_view", "table")
    context = project_frame(request, found, active="candidates") | {
        "columns": board_selectors.columns(viewer, found),
        "may_import": can(viewer, Right.CANDIDATE_IMPORT),
        "views": [
            {"label": "Table", "url": f"{found.url}?view=table", "active": view != "board", "icon": "rows-3"},
            {
                "label": "Board",
                "url": f"{found.url}?view=board",
                "active": view == "board",
                "icon": "columns-3",
            },
        ],
    }
    context["total"] = sum(column.people for column in context["columns"])
    actions = bulk_actions(viewer, found)
    context["bulk_actions"] = actions if context["may_edit_project"] else _of_upper_rooms(found, actions)
    answer = _board if view == "board" else _table
    response = answer(request, viewer, found, context)
    if asked in VIEWS:
        response.set_cookie("project_view", asked, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def _table(request: HttpRequest, viewer: User, found: Project, context: dict[str, Any]) -> HttpResponse:
    members = selectors.project_members(viewer, found)
    stage = _stage(viewer, found, request.GET.get("stage"))
    if stage is not None:
        members = members.filter(stage=stage)
    page = keyset(members, order=("-id",), after=request.GET.get("after"), size=PAGE)
    stage_mark = slots.CandidateMark(
        id="stage", label="Stage", order=0, right=Right.PROJECT_VIEW, marks=lambda _ids, _viewer: {}
    )
    shown = rows(viewer, [member.candidate for member in page.rows])
    for row, member in zip(shown, page.rows, strict=True):
        row.marks.insert(0, [slots.Mark(label=member.stage.name, plain=True)])
    context |= {
        "page": page,
        "rows": shown,
        "stage": stage,
        "shown_total": next((c.people for c in context["columns"] if stage and c.stage.pk == stage.pk), None)
        if stage
        else context["total"],
        "marks": [stage_mark, *slots.candidate_mark.visible(viewer)],
    }
    return render(request, "sourcing/project.html", context)


def _of_upper_rooms(found: Project, actions: list[Action]) -> list[Action]:
    """What somebody who may only comment can do with ticked people: what is no change of the project."""
    own = {reverse(f"sourcing:{name}", args=[found.pk]) for name in PROJECT_CHANGES}
    return [action for action in actions if action.url not in own]


def _board(request: HttpRequest, viewer: User, found: Project, context: dict[str, Any]) -> HttpResponse:
    stage = _stage(viewer, found, request.GET.get("column"))
    if stage is not None:
        return _column(request, viewer, found, stage, context)
    tops = board_selectors.shown(viewer, found, size=COLUMN)
    everybody = [member for top in tops.values() for member in top]
    cards = _cards(viewer, everybody)
    context["board"] = [
        {
            "stage": column.stage,
            "people": column.people,
            "cards": [cards[member.pk] for member in tops.get(column.stage.pk, [])],
            "next": _after(found, column.stage, tops.get(column.stage.pk, []), column.people),
        }
        for column in context["columns"]
    ]
    return render(request, "sourcing/project_board.html", context)


def _column(
    request: HttpRequest, viewer: User, found: Project, stage: Stage, context: dict[str, Any]
) -> HttpResponse:
    """More of one stage: its next cards for htmx, the board with this stage alone without script."""
    page = keyset(
        board_selectors.column(viewer, found, stage),
        order=_ORDER,
        after=request.GET.get("after"),
        size=COLUMN,
    )
    cards = _cards(viewer, page.rows)
    people = next(column.people for column in context["columns"] if column.stage.pk == stage.pk)
    more = f"{found.url}?view=board&column={stage.pk}&after={page.next}" if page.next else ""
    column = {"stage": stage, "people": people, "cards": list(cards.values()), "next": more}
    part = wants_part(request, f"more-{stage.pk}")
    template = "sourcing/project_board.html" + ("#cards" if part else "")
    return render(request, template, context | {"board": [column], "column": column, "alone": True})


def _after(found: Project, stage: Stage, top: Sequence[ProjectMember], people: int) -> str:
    """The address of a stage's cards behind those shown; "" when all are."""
    if people <= len(top) or not top:
        return ""
    return f"{found.url}?view=board&column={stage.pk}&after={cursor(top[-1], _ORDER)}"


def _cards(viewer: User, members: Sequence[ProjectMember]) -> dict[int, dict[str, Any]]:
    shown = rows(viewer, [member.candidate for member in members])
    return {
        member.pk: {
            "person": row.person,
            "reach": row.reach,
            "marks": [mark for kind in row.marks for mark in kind],
        }
        for member, row in zip(members, shown, strict=True)
    }


def _stage(viewer: User, found: Project, asked: str | None) -> Stage | None:
    wanted = number(asked)
    return board_selectors.stage_for(viewer, found, wanted) if wanted is not None else None


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def move(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put people into a stage below somebody (``after``) or on top; without a stage, the page that asks for one.

    A script gets 204 with the stages' counts (event "board-moved"); a form is sent back to the board.
    """
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    posted = request.POST if request.method == "POST" else request.GET
    ids = numbers([*posted.getlist("candidate"), *posted.getlist("one")])
    wanted = number(posted.get("stage"))
    if request.method == "GET" or wanted is None:
        context = {
            "project": found,
            "people": list(selectors.visible_candidates(viewer).filter(pk__in=ids)),
            "stages": board_selectors.stages(viewer, found),
        }
        return render(request, "sourcing/project_move.html", context)
    if not ids:
        raise Invalid("Nobody is selected. Go back and tick the people you mean.")
    stage = board_selectors.stage_for(viewer, found, wanted)
    done = operations.move_people(
        project=found,
        actor=viewer,
        candidate_ids=ids,
        stage=stage,
        after=number(posted.get("after")),
    )
    if request.htmx:  # type: ignore[attr-defined]  # django_htmx adds it
        counts = {column.stage.pk: column.people for column in board_selectors.columns(viewer, found)}
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"board-moved": {"counts": counts}})
        return response
    people_word = "person" if done.moved == 1 else "people"
    messages.success(request, f"{done.moved:,} {people_word} moved to {stage.name}")
    return redirect(f"{found.url}?view=board")


@require_http_methods(["GET", "POST"])
@needs(Right.PROJECT_EDIT)
def add_people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Find people by words, see who is writing to them already, and put the ticked ones into the project."""
    viewer = viewer_of(request)
    found = selectors.project_for(viewer, project_id, role=ProjectRole.EDITOR)
    if request.method == "POST":
        ids = numbers(request.POST.getlist("candidate"))
        done = project_operations.add_people(project=found, actor=viewer, candidate_ids=ids)
        messages.success(
            request, f"{done.added:,} added" + (f", {done.already:,} already there" * bool(done.already))
        )
        return redirect(found.url)
    text = request.GET.get("q", "")
    page = query.people(viewer=viewer, text=text, after=request.GET.get("after"))
    inside = set(
        selectors.project_members(viewer, found)
        .filter(candidate__in=page.people)
        .values_list("candidate_id", flat=True)
    )
    told = slots.notices_of(viewer, [person.pk for person in page.people])
    context = {
        "project": found,
        "q": text,
        "page": page,
        "rows": [{"person": row.person, "notices": told[row.person.pk]} for row in rows(viewer, page.people)],
        "inside": inside,
    }
    return render(request, "sourcing/project_add.html", context)
