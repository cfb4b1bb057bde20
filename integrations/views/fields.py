"""The Fields tab of a connection: mapping, update rules, what people may fill, and a try on a person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Right, can
from foundation.paging import keyset
from foundation.problems import Invalid
from integrations import field_decisions, field_table, selectors, trying
from integrations.base.records import UpdateRule
from integrations.base.variables import VariableKind, kind_of
from integrations.models import Connection, FieldRow
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import record_type_of, tabbed, type_switch
from sourcing.search import query
from sourcing.search.question import Question
from sourcing.selectors import candidate_for
from sourcing.views.requests import numbers

PER_PAGE = 50
#: People offered for a try.
OFFERED = 8
GROUPS = {
    VariableKind.STRING: "String Variables",
    VariableKind.LIST: "List Variables",
    VariableKind.SOCIAL: "Social URLs",
}
RULES = [
    (UpdateRule.ALWAYS.value, "Always update"),
    (UpdateRule.IF_BLANK.value, "Only update if Blank"),
    (UpdateRule.PROTECTED.value, "Protected"),
]


@require_GET
@integrations_page(Right.CONNECTION_VIEW)
def fields(request: Request, connection_id: int) -> HttpResponse:
    """One table per record type, searchable."""
    connection = selectors.connection_for(request.user, connection_id)
    record_type = record_type_of(request, connection)
    search = request.GET.get("q", "").strip()[:200]
    rows = field_decisions.fields_of(connection, record_type, search=search)
    total = field_decisions.fields_of(connection, record_type).count()
    page = keyset(rows, order=("position", "id"), after=request.GET.get("after"), size=PER_PAGE)
    context = (
        tabbed(request, connection, "fields")
        | _choices(request)
        | {
            "record_type": record_type,
            "types": type_switch(connection, record_type),
            "search": search,
            "total": total,
            "page": page,
            "may_try": can(request.user, Right.CANDIDATE_EXPORT),
        }
    )
    return render(request, "integrations/fields.html", context)


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def save(request: Request, connection_id: int, remote_field_id: int) -> HttpResponse:
    """The decisions about one field; htmx gets its row back."""
    connection = selectors.connection_for(request.user, connection_id)
    row = field_decisions.field_for(connection, remote_field_id)
    ticked = {name: name in request.POST for name in ("displayed", "mandatory", "filterable")}
    chosen = {name: request.POST[name] for name in ("rule", "variable") if name in request.POST}
    try:
        row = field_decisions.decide(actor=request.user, field=row, changes=ticked | chosen)
    except Invalid as problem:
        return _answer(request, connection, row, problem=problem)
    return _answer(request, connection, row)


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def reset(request: Request, connection_id: int, remote_field_id: int) -> HttpResponse:
    """*Reset to default* of one field."""
    connection = selectors.connection_for(request.user, connection_id)
    row = field_decisions.field_for(connection, remote_field_id)
    try:
        row = field_decisions.reset(actor=request.user, field=row)
    except Invalid as problem:
        return _answer(request, connection, row, problem=problem)
    return _answer(request, connection, row)


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def reset_all(request: Request, connection_id: int) -> HttpResponse:
    """*Reset to default* of every field of the record type."""
    connection = selectors.connection_for(request.user, connection_id)
    record_type = record_type_of(request, connection)
    count = field_decisions.reset_all(actor=request.user, connection=connection, record_type=record_type)
    messages.success(request, f"{count} field{'s' if count != 1 else ''} reset to default.")
    return redirect(_back(connection, record_type))


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def discover(request: Request, connection_id: int) -> HttpResponse:
    """*Ask X for its fields again.*"""
    connection = selectors.connection_for(request.user, connection_id)
    count = field_table.discover(connection)
    messages.success(request, f"{count} fields there now.")
    return redirect(_back(connection, record_type_of(request, connection)))


@require_GET
@integrations_page(Right.CANDIDATE_EXPORT)
def try_on(request: Request, connection_id: int) -> HttpResponse:
    """*Try on a person*: pick one, see what would be sent and what would become of each field."""
    connection = selectors.connection_for(request.user, connection_id)
    search = request.GET.get("q", "").strip()[:200]
    context: dict[str, Any] = tabbed(request, connection, "fields") | {"search": search}
    picked = numbers(request.GET.getlist("person"))[:1]
    if picked:
        person = candidate_for(request.user, picked[0])
        tried = trying.on(viewer=request.user, connection=connection, candidate=person)
        context |= {
            "person": person,
            "tried": tried,
            "lines": [{"line": line, "value": tried.shown.get(line.field, "")} for line in tried.lines],
        }
    elif search:
        context["people"] = query.some(viewer=request.user, question=Question(text=search), size=OFFERED)
    return render(request, "integrations/fields_try.html", context)


def _answer(
    request: Request, connection: Connection, row: FieldRow, *, problem: Invalid | None = None
) -> HttpResponse:
    if request.htmx:
        context = _choices(request) | {"connection": connection, "row": row, "may_edit": True}
        if problem is not None:
            context["wrong"] = str(problem)
        return render(request, "integrations/fields.html#row", context)
    if problem is not None:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"{row.label} saved.")
    return redirect(_back(connection, row.record_type))


def _choices(request: Request) -> dict[str, Any]:
    """What the two menus of a row offer; the variables by how many fields they may go to."""
    groups: dict[str, list[tuple[str, str]]] = {words: [] for words in GROUPS.values()}
    assert request.user.organisation_id is not None  # the gate lets nobody through without one
    for name, words in field_decisions.variables_of(request.user.organisation_id).items():
        groups[GROUPS[kind_of(name)]].append((name, words))
    return {"groups": groups.items(), "rules": RULES}


def _back(connection: Connection, record_type: str) -> str:
    return f"{reverse('integrations:fields', args=[connection.pk])}?type={record_type}"
