"""One person: the page, the content of the drawer, and the tabs both have."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.permissions import Right, can, needs
from sourcing import contact_points, notes, person_data, selectors, slots, suppression
from sourcing.forms.person_notes import NoteForm
from sourcing.models import Candidate, ContactKind, ContactPoint, Project
from sourcing.normalising import linkedin_key, shown_phone
from sourcing.slots import CandidateTab
from sourcing.views.profile import profile
from sourcing.views.requests import private, viewer_of, wants_part

#: How much of the timeline is shown at first, and on request.
MOMENTS = 50
ALL_MOMENTS = 1_000


@require_GET
@needs(Right.CANDIDATE_VIEW)
def person(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """One person on a page of their own; the same content as the drawer. ``tab`` opens one of the tabs."""
    viewer = viewer_of(request)
    found = selectors.candidate_for(viewer, candidate_id)
    chosen = request.GET.get("tab", "")
    if wants_part(request, "person-tabs"):
        context = tab_context(viewer, found, chosen, everything="all" in request.GET)
        context["own_page"] = (request.htmx.current_url_abs_path or "").startswith(found.url)  # type: ignore[attr-defined]  # django-htmx's middleware
        return private(render(request, "sourcing/_person_tabs.html", context))
    context = person_context(viewer, found, tab=chosen, everything="all" in request.GET)
    return private(render(request, "sourcing/person.html", context | {"own_page": True}))


def person_context(
    viewer: User, found: Candidate, *, tab: str = "", everything: bool = False
) -> dict[str, Any]:
    """What a person shows, in the drawer and on the page: head, contact points, panels, projects, the open tab."""
    panels = [
        {"slot": slot, "content": content}
        for slot in slots.candidate_panel.visible(viewer)
        if (content := slot.context(found, viewer)) is not None
    ]
    return (
        contacts_context(viewer, found)
        | head_context(found)
        | tab_context(viewer, found, tab, everything=everything)
        | {
            "panels": panels,
            "actions": [
                {"slot": slot, "url": reverse(slot.url_name, args=[found.pk])}
                for slot in slots.candidate_action.visible(viewer)
            ],
            "suppressed": found.pk in suppression.suppressed_people(found.organisation_id, [found.pk]),
            "links": list(found.social_profiles.all()),
            "projects": selectors.projects_of(viewer, found),
        }
    )


def head_context(found: Candidate) -> dict[str, Any]:
    """Name, position and place with the time it is there."""
    return {"person": found, "local_time": local_time(found.time_zone, timezone.now())}


def local_time(zone: str, now: datetime.datetime) -> str:
    """The clock at an IANA zone, "14:05"; empty for none or an unknown one."""
    if not zone:
        return ""
    try:
        return now.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%H:%M")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):  # a zone renamed since the gazetteer was built
        return ""


def tab_context(viewer: User, found: Candidate, chosen: str, *, everything: bool = False) -> dict[str, Any]:
    """The tabs and what the open one shows; an unknown one opens the first."""
    tabs = slots.candidate_tab.visible(viewer)
    opened = next((tab for tab in tabs if tab.id == chosen), tabs[0])
    own: dict[str, Any] = dict(opened.context(found, viewer))
    if opened.id == "timeline":
        own |= timeline_context(viewer, found, everything=everything)
    return {
        "person": found,
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "tabs": [_tab(tab, found, viewer, opened) for tab in tabs],
        "tab": opened,
        **own,
    }


def timeline_context(
    viewer: User, found: Candidate, *, form: NoteForm | None = None, everything: bool = False
) -> dict[str, Any]:
    """The form of a note and everything that happened; looking at it takes the marks of mentions away."""
    limit = ALL_MOMENTS if everything else MOMENTS
    moments = person_data.timeline(candidate=found, viewer=viewer, limit=limit + 1)
    if any(moment.new for moment in moments[:limit]):
        notes.seen(viewer=viewer, notes=notes.visible_notes(viewer, found)[:limit])
    return {
        "person": found,
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "timeline": moments[:limit],
        "more_moments": len(moments) > limit,
        "note_form": form or NoteForm(projects=projects_of(viewer, found)),
    }


def profile_context(found: Candidate, viewer: User) -> dict[str, Any]:
    """The Profile tab: every field with its source, skills, tags, positions, schools."""
    return {
        "person": found,
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "fields": profile(viewer, found),
        "experience": list(found.experience.all()),
        "education": list(found.education.all()),
        "profiles": profiles_of(found),
    }


def profiles_of(found: Candidate) -> list[dict[str, Any]]:
    """The person's pages elsewhere; the one people are matched on is edited as a field."""
    return [
        {
            "pk": profile.pk,
            "url": profile.url,
            "href": profile.url if "://" in profile.url else f"https://{profile.url}",
            "removable": not found.linkedin_key or linkedin_key(profile.url) != found.linkedin_key,
        }
        for profile in found.social_profiles.all()
    ]


def projects_of(viewer: User, found: Candidate) -> list[Project]:
    """The open projects the person is in and the viewer sees, by name."""
    open_ones = selectors.openable_projects(viewer).filter(archived_at__isnull=True)
    return list(open_ones.filter(members__candidate=found).order_by("name", "pk"))


def contacts_context(viewer: User, found: Candidate) -> dict[str, Any]:
    """Addresses and numbers the viewer may see; an own private row stands back behind an equal shared one."""
    points = list(selectors.contact_points(viewer=viewer, candidate=found))
    shared = {(point.kind, point.normalised) for point in points if point.shared}
    shown = [point for point in points if point.shared or (point.kind, point.normalised) not in shared]
    region = contact_points.region_of(found)
    phones = [point for point in shown if point.kind == ContactKind.PHONE]
    return {
        "person": found,
        "emails": [point for point in shown if point.kind == ContactKind.EMAIL],
        "phones": [(point, shown_phone(point.normalised, region=region)) for point in phones],
        "used_first": used_first(shown),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
    }


def used_first(points: list[ContactPoint]) -> int | None:
    """The pinned address that counts for the viewer: their own private one before a shared one."""
    pinned = [point for point in points if point.pinned_at is not None and point.kind == ContactKind.EMAIL]
    return next((point.pk for point in sorted(pinned, key=lambda point: point.shared)), None)


def _tab(tab: CandidateTab, found: Candidate, viewer: User, opened: CandidateTab) -> dict[str, Any]:
    return {
        "id": tab.id,
        "label": tab.label,
        "url": f"{reverse('sourcing:candidate', args=[found.pk])}?tab={tab.id}",
        "active": tab.id == opened.id,
        "count": tab.count(found, viewer) if tab.count else None,
    }
