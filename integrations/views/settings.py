"""The Settings and Jobs tabs of a connection (seeds 001, 003, 004)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Right, can, require
from foundation.problems import Invalid, Problem
from integrations import connections, job_statuses, selectors, setting_changes, setting_rows
from integrations.base.records import Option
from integrations.forms import SettingsForm
from integrations.models import Connection
from integrations.setting_changes import TEAM, Place
from integrations.setting_forms import LevelForm
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import record_type_of, tabbed, type_switch


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_VIEW)
def settings(request: Request, connection_id: int) -> HttpResponse:
    """Defaults for the team and for oneself. POST saves the one named by ``level``."""
    connection = selectors.connection_for(request.user, connection_id)
    record_type = record_type_of(request, connection)
    posted = request.POST if request.method == "POST" else None
    saving = posted.get("level", "") if posted is not None else ""
    forms = _forms(request, connection, record_type, posted, saving)
    if posted is not None:
        place = TEAM if saving == "organisation" else Place(user=request.user)
        require(request.user, Right.CONNECTION_EDIT if place is TEAM else Right.CANDIDATE_EXPORT)
        form = forms[place.level.value]
        if form.is_valid():
            setting_changes.write(
                actor=request.user,
                connection=connection,
                record_type=record_type,
                place=place,
                values=form.values(),
            )
            messages.success(request, "Settings saved.")
            return redirect(_back(connection, record_type))
    return _page(request, connection, record_type, forms)


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def lock(request: Request, connection_id: int) -> HttpResponse:
    """The lock icon: the button pressed says which setting and which way."""
    connection = selectors.connection_for(request.user, connection_id)
    record_type = record_type_of(request, connection)
    setting_changes.lock(
        actor=request.user,
        connection=connection,
        record_type=record_type,
        name=request.POST.get("lock") or request.POST.get("unlock", ""),
        locked="lock" in request.POST,
    )
    return redirect(_back(connection, record_type))


@require_POST
@integrations_page(Right.CONNECTION_EDIT)
def save_source(request: Request, connection_id: int) -> HttpResponse:
    """What stands in the Source field of exported people."""
    connection = selectors.connection_for(request.user, connection_id)
    record_type = record_type_of(request, connection)
    form = SettingsForm(request.POST)
    if not form.is_valid():
        forms = _forms(request, connection, record_type, None, "")
        return _page(request, connection, record_type, forms, source_form=form)
    connections.set_source(actor=request.user, connection=connection, label=form.cleaned_data["source_label"])
    messages.success(request, "Settings saved.")
    return redirect(_back(connection, record_type))


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CONNECTION_VIEW)
def jobs(request: Request, connection_id: int) -> HttpResponse:
    """Job status whitelist: which jobs are offered."""
    connection = selectors.connection_for(request.user, connection_id)
    trouble = ""
    known: tuple[tuple[Option, bool], ...] = ()
    try:
        if request.method == "POST":
            require(request.user, Right.CONNECTION_EDIT)
            job_statuses.choose(
                actor=request.user, connection=connection, statuses=request.POST.getlist("statuses")
            )
            messages.success(request, "Only jobs under the selected job statuses are displayed.")
            return redirect("integrations:jobs", connection.pk)
        known = job_statuses.listed(connection, fresh="refresh" in request.GET)
    except Invalid as problem:
        trouble, known = str(problem), job_statuses.listed(connection)
    except Problem as problem:
        if problem.status == 403:
            raise
        trouble = str(problem)
    context = tabbed(request, connection, "jobs") | {
        "statuses": [
            {"option": option, "chosen": option.id in connection.job_statuses, "gone": not there}
            for option, there in known
        ],
        "trouble": trouble,
    }
    status = 422 if trouble and request.method == "POST" else 200
    return render(request, "integrations/jobs.html", context, status=status)


def _forms(
    request: Request, connection: Connection, record_type: str, posted: Any, saving: str
) -> dict[str, LevelForm]:
    stored = setting_rows.held(connection, record_type, user=request.user)
    rights = {"organisation": Right.CONNECTION_EDIT, "user": Right.CANDIDATE_EXPORT}
    return {
        place.level.value: LevelForm(
            posted if saving == place.level.value else None,
            actor=request.user,
            connection=connection,
            place=place,
            stored=stored,
            may_edit=can(request.user, rights[place.level.value]),
        )
        for place in (TEAM, Place(user=request.user))
    }


def _page(
    request: Request,
    connection: Connection,
    record_type: str,
    forms: dict[str, LevelForm],
    *,
    source_form: SettingsForm | None = None,
) -> HttpResponse:
    context = tabbed(request, connection, "settings") | {
        "record_type": record_type,
        "types": type_switch(connection, record_type),
        "team": forms["organisation"],
        "mine": forms["user"],
        "may_set_own": can(request.user, Right.CANDIDATE_EXPORT)
        and any(line.editable for line in forms["user"].lines()),
        "source_form": source_form or SettingsForm(initial={"source_label": connection.source_label}),
    }
    wrong = source_form is not None or any(form.errors for form in forms.values())
    return render(request, "integrations/settings.html", context, status=422 if wrong else 200)


def _back(connection: Connection, record_type: str) -> str:
    return f"{reverse('integrations:settings', args=[connection.pk])}?type={record_type}"
