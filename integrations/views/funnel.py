"""Reports → Funnel: the table, its file, and the people behind each number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right, can, needs, viewer_of
from campaigns import csv_tables
from foundation.paging import keyset
from integrations import funnel
from integrations.funnel import DEFINITIONS, Scope, Stage
from sourcing.selectors import project_for
from sourcing.views.requests import numbers

#: Projects on the page; the file has all.
MOST_LINES = 200
PER_PAGE = 100


@require_GET
@needs(Right.CAMPAIGN_VIEW)
def report(request: HttpRequest) -> HttpResponse:
    """The funnel of all projects, and of each; ``?days=`` one of the periods, ``?owner=`` whose campaigns count."""
    viewer = viewer_of(request)
    scope = _scope(viewer, request.GET)
    found = funnel.report(viewer=viewer, now=timezone.now(), scope=scope)
    context = {
        "report": found,
        "funnel": found.stages,
        "periods": [
            {"label": label, "url": f"?{_query(scope, days=value)}", "active": value == scope.period}
            for value, label in funnel.PERIODS.items()
        ],
        "days": scope.period,
        "owners": funnel.owners(viewer),
        "owner": scope.owner,
        "query": _query(scope),
        "columns": DEFINITIONS.values(),
        "beside": DEFINITIONS[Stage.ALL_IN_ATS],
        "rows": [_row(line, scope) for line in found.lines[:MOST_LINES]],
        "more": max(0, len(found.lines) - MOST_LINES),
        "total": _row(found.total, scope),
        "may_export": can(viewer, Right.CANDIDATE_EXPORT),
    }
    return render(request, "integrations/funnel.html", context)


@require_GET
@needs(Right.CANDIDATE_EXPORT)  # type: ignore[arg-type]  # a streaming response is none of Django's HttpResponse
def report_csv(request: HttpRequest) -> HttpResponseBase:
    """The table as a file, all projects last."""
    viewer = viewer_of(request)
    found = funnel.report(viewer=viewer, now=timezone.now(), scope=_scope(viewer, request.GET))
    first = found.first.isoformat() if found.first else ""
    table = csv_tables.Table(
        ["From", "To", "Campaigns of", "Project", *map(csv_tables.head, DEFINITIONS.values())],
        [
            [first, found.last.isoformat(), str(found.owner or "Everybody"), line.name, *line.people]
            for line in [*found.lines, found.total]
        ],
    )
    return csv_tables.download(table, f"funnel-{first or 'all'}-{found.last}")


@require_GET
@needs(Right.CANDIDATE_VIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Those behind one number: ``?stage=``, and ``?project=`` unless it is of all projects."""
    viewer = viewer_of(request)
    scope = _scope(viewer, request.GET)
    asked = request.GET.get("stage", "")
    stage = Stage(asked) if asked in set(Stage) else Stage.PEOPLE
    project = project_for(viewer, scope.project_id) if scope.project_id is not None else None
    rows = funnel.people(viewer=viewer, now=timezone.now(), scope=scope, stage=stage)
    context = {
        "page": keyset(rows, order=("id",), after=request.GET.get("after"), size=PER_PAGE),
        "definition": DEFINITIONS[stage],
        "project": project,
        "period": "at any time" if scope.period == "all" else f"in the last {funnel.PERIODS[scope.period]}",
        "owner": scope.owner,
        "back": f"{reverse('integrations:funnel')}?{_query(scope)}",
    }
    return render(request, "integrations/funnel_people.html", context)


def _row(line: funnel.Line, scope: Scope) -> dict[str, object]:
    """A line with the address of the people behind each of its numbers."""
    cells = []
    for stage, count in zip(Stage, line.people, strict=True):
        query = _query(scope, stage=stage.value, project=line.project_id)
        cells.append({"people": count, "url": f"{reverse('integrations:funnel_people')}?{query}"})
    return {"line": line, "cells": cells}


def _scope(viewer: User, asked: QueryDict) -> Scope:
    """What was asked for; anything that is not there is as if it had not been said."""
    period = asked.get("days", "")
    owner = numbers(asked.getlist("owner")[:1])
    project = numbers(asked.getlist("project")[:1])
    return Scope(
        period=period if period in funnel.PERIODS else funnel.DEFAULT,
        owner=User.objects.filter(organisation_id=viewer.tenant_id, pk__in=owner).first(),
        project_id=project[0] if project else None,
    )


def _query(scope: Scope, **more: object) -> str:
    query = QueryDict(mutable=True)
    said = {"days": scope.period, "owner": scope.owner.pk if scope.owner else None, **more}
    query.update({name: str(value) for name, value in said.items() if value is not None})
    return query.urlencode()
