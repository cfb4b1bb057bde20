"""The Companies tab of a connection, and choosing the company of one person there (seed 003)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right, can, require
from foundation.problems import Problem
from integrations import companies, company_choice, company_fields, links, opening, selectors
from integrations.base.records import Option
from integrations.models import Connection
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import tabbed
from sourcing.models import Candidate
from sourcing.selectors import candidate_for


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_VIEW)
def fields(request: Request, connection_id: int) -> HttpResponse:
    """Displayed Company info, Displayed Company Warning."""
    connection = selectors.connection_for(request.user, connection_id)
    trouble, status = "", 200
    known: tuple[Option, ...] = ()
    try:
        if request.method == "POST":
            require(request.user, Right.CONNECTION_EDIT)
            company_fields.choose(
                actor=request.user,
                connection=connection,
                info=request.POST.get("info", ""),
                warning=request.POST.get("warning", ""),
            )
            messages.success(request, "Saved: shown wherever a company is chosen.")
            return redirect("integrations:companies", connection.pk)
        known = company_fields.offered(connection, fresh="refresh" in request.GET)
    except Problem as problem:
        if problem.status == 403:
            raise
        trouble, status = str(problem), 422 if request.method == "POST" else 200
    context = tabbed(request, connection, "companies") | {
        "choices": [
            _choice(
                "info",
                "Displayed Company info",
                "Select the option to give further information regarding a company.",
                "All there is",
                connection.company_info,
                known,
            ),
            _choice(
                "warning",
                "Displayed Company Warning",
                "Select the option you would like displayed to help identify the correct company for a contact when "
                "there may be possible company duplicates or similarly named companies in "
                f"{opening.vendor_of(connection).display_name}.",
                "None",
                connection.company_warning,
                known,
            ),
        ],
        "trouble": trouble,
    }
    return render(request, "integrations/companies.html", context, status=status)


def _choice(
    name: str, label: str, help_text: str, none: str, now: str, known: tuple[Option, ...]
) -> dict[str, Any]:
    options = [("", none), *((option.id, option.label) for option in known)]
    gone = now and now not in dict(options)
    return {
        "name": name,
        "label": label,
        "help": help_text,
        "options": [*options, *([(now, f"{now} (no longer there)")] if gone else [])],
        "now": now,
    }


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CANDIDATE_EDIT)
def of_person(request: Request, connection_id: int, candidate_id: int) -> HttpResponse:
    """Companies like the person's, what is known of them, which one it is, or a new one."""
    connection = selectors.connection_for(request.user, connection_id)
    person = candidate_for(request.user, candidate_id)
    system = opening.vendor_of(connection)
    if not company_choice.has_companies(connection, person.record_type):
        messages.error(request, f"A {person.record_type} has no company of its own in {system.display_name}.")
        return redirect(person.url)
    trouble, status = "", 200
    if request.method == "POST":
        try:
            messages.success(request, _decide(request, connection, person))
            return redirect(_back(request, person))
        except Problem as problem:
            if problem.status == 403:
                raise
            trouble, status = str(problem), 422
    search = (request.POST.get("search") or request.GET.get("search", ""))[:200]
    seen: list[company_choice.Seen] = []
    try:
        fresh = "refresh" in request.GET
        seen = company_choice.look(connection, person, search=search, fresh=fresh)
    except Problem as problem:
        trouble = trouble or str(problem)
    context = {
        "connection": connection,
        "vendor": system,
        "person": person,
        "search": search,
        "seen": seen,
        "match": companies.chosen(connection, person, person.company),
        "owners": company_choice.owners(connection, person.record_type),
        "acting_as": opening.acting_as(connection, request.user),
        "may_make": can(request.user, Right.CANDIDATE_EXPORT),
        "linked": links.sure(connection, person) is not None,
        "trouble": trouble,
        "back": _back(request, person),
    }
    return render(request, "integrations/person_company.html", context, status=status)


def _decide(request: Request, connection: Connection, person: Candidate) -> str:
    """Carry out the button pressed; what to say about it."""
    everybody = "everybody" in request.POST
    if "forget" in request.POST:
        company_choice.forget(actor=request.user, connection=connection, candidate=person)
        return "No company is chosen any more."
    if "make" in request.POST:
        require(request.user, Right.CANDIDATE_EXPORT)
        made = company_choice.make(
            actor=request.user,
            connection=connection,
            candidate=person,
            owner_id=request.POST.get("owner", "")[:200],
            everybody=everybody,
        )
        return f"{made.remote_name} was made in {opening.vendor_of(connection).display_name}."
    chosen = company_choice.choose(
        actor=request.user,
        connection=connection,
        candidate=person,
        company_id=request.POST.get("company", "")[:200],
        search=request.POST.get("search", "")[:200],
        everybody=everybody,
    )
    return f"{chosen.remote_name} is the company."


def _back(request: Request, person: Candidate) -> str:
    """Where the person came from, if that is a page of ours."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours else person.url
