"""Sync choices of one campaign or one person, and *Sync as* (seed 001: campaign settings, advanced options)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Right
from campaigns.selectors import campaign_for
from foundation.problems import Invalid, Problem
from integrations import opening, selectors, targets
from integrations.base.records import Capability, Option
from integrations.choice_forms import choices
from integrations.models import Connection, ExportMode
from integrations.setting_changes import Place
from integrations.views.gate import Request, integrations_page
from integrations.views.tabs import record_type_of, type_switch
from sourcing import people
from sourcing.models import ProjectRole, RecordType
from sourcing.selectors import candidate_for

#: A menu of jobs holds at most this many.
MOST_JOBS = 500


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CAMPAIGN_EDIT)
def of_campaign(request: Request, connection_id: int, campaign_id: int) -> HttpResponse:
    """When and how people of this campaign go to the other system, and values of its fields for all of them."""
    connection = selectors.connection_for(request.user, connection_id)
    campaign = campaign_for(request.user, campaign_id, role=ProjectRole.EDITOR)
    record_type = record_type_of(request, connection)
    return _choices(
        request,
        connection,
        record_type,
        Place(campaign=campaign),
        about=campaign.name,
        back=reverse("campaigns:settings", args=[campaign.pk]),
        types=type_switch(connection, record_type),
    )


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CANDIDATE_EDIT)
def of_person(request: Request, connection_id: int, candidate_id: int) -> HttpResponse:
    """The advanced options behind the grey arrow: what counts for this person only."""
    connection = selectors.connection_for(request.user, connection_id)
    person = candidate_for(request.user, candidate_id)
    system = opening.vendor_of(connection)
    if person.record_type not in system.record_types:
        messages.error(request, f"{system.display_name} has no {person.get_record_type_display().lower()}s.")
        return redirect(person.url)
    return _choices(
        request,
        connection,
        person.record_type,
        Place(candidate=person),
        about=person.name,
        back=person.url,
    )


@require_http_methods(["GET", "POST"])
@integrations_page(Right.CANDIDATE_EDIT)
def sync_as(request: Request, candidate_id: int) -> HttpResponse:
    """Candidate ⇄ contact: says first that there will be a second record; POST changes it."""
    person = candidate_for(request.user, candidate_id)
    other = RecordType.CONTACT if person.record_type == RecordType.CANDIDATE else RecordType.CANDIDATE
    if request.method == "POST":
        people.edit_candidate(
            candidate=person, actor=request.user, version=person.version, changes={"record_type": other}
        )
        messages.success(request, f"Synced as {other.label.lower()} from now on.")
        return redirect(person.url)
    systems = [
        {"name": row.label, "takes": other in opening.vendor_of(row).record_types}
        for row in selectors.syncing_connections(request.user)
    ]
    linked = [
        {"name": link.connection.label, "type": link.get_record_type_display()}
        for link in selectors.links(request.user, [person.pk]).exclude(remote_id="")
    ]
    context = {"person": person, "other": other, "systems": systems, "linked": linked}
    return render(request, "integrations/sync_as.html", context)


def _choices(
    request: Request,
    connection: Connection,
    record_type: str,
    place: Place,
    *,
    about: str,
    back: str,
    types: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    jobs, trouble = _jobs(request, connection)
    chosen = choices(
        posted, actor=request.user, connection=connection, record_type=record_type, place=place, jobs=jobs
    )
    if posted is not None and chosen.is_valid():
        try:
            chosen.save()
        except Invalid as problem:
            chosen.entries.refuse(problem.fields)
        else:
            messages.success(request, f"Saved for {about}.")
            return redirect(back)
    context = {
        "connection": connection,
        "vendor": opening.vendor_of(connection),
        "form": chosen.form,
        "entries": chosen.entries,
        "record_type": record_type,
        "types": types or [],
        "about": about,
        "back": back,
        "of_campaign": place.campaign is not None,
        "trouble": trouble,
    }
    return render(request, "integrations/sync_choices.html", context, status=422 if chosen.wrong else 200)


def _jobs(request: Request, connection: Connection) -> tuple[list[Option], str]:
    """The jobs the whitelist lets through; when the vendor does not answer, none and why."""
    if not opening.vendor_of(connection).supports(Capability.LIST_JOBS):
        return [], ""
    try:
        found = targets.choices(viewer=request.user, connection=connection, mode=ExportMode.CANDIDATES)
    except Problem as problem:
        return [], str(problem)
    return [Option(id=job.external_id, label=job.name) for job in found[:MOST_JOBS]], ""
