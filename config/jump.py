"""*Ctrl K*: jump to a person, a project, a campaign, a page or an action by a few letters of its name."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import settings_pages
from accounts.permissions import Right, can, needs, viewer_of
from campaigns import selectors as campaigns
from config.frame import Frame, frame
from sourcing import selectors
from sourcing.search import suggesting

#: How many of a kind are shown.
SHOWN = 5


@dataclass(frozen=True)
class Place:
    """One thing to jump to; ``note`` tells two of the same name apart."""

    label: str
    url: str
    icon: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one kind."""

    label: str
    places: list[Place]


#: What one goes somewhere to do, and the right it takes.
ACTIONS = (
    (Right.CANDIDATE_EDIT, "sourcing:person_new", Place("New person", "", icon="user-plus")),
    (Right.CANDIDATE_IMPORT, "sourcing:import_upload", Place("Import people", "", icon="upload")),
    (Right.CANDIDATE_IMPORT, "sourcing:resumes", Place("Import résumés", "", icon="file-text")),
    (Right.PROJECT_EDIT, "sourcing:project_new", Place("New project", "", icon="folder-plus")),
    (Right.CANDIDATE_EDIT, "sourcing:duplicates", Place("Duplicates", "", icon="copy")),
    (Right.CAMPAIGN_VIEW, "outreach:outbox", Place("Outbox", "", icon="mails")),
    (Right.MAILBOX_LINK, "outreach:mailbox_new", Place("Link an email account", "", icon="mail-plus")),
    (Right.CANDIDATE_VIEW, "outreach:suppression", Place("Suppression list", "", icon="ban")),
)


@require_GET
@needs(Right.PROFILE_EDIT)
def jump(request: HttpRequest) -> HttpResponse:
    """The list for what was typed; htmx gets the list alone, everybody else a page."""
    text = request.GET.get("q", "").strip()[:100]
    context = {"q": text, "groups": found(request, text) if text else pages(request, "")}
    part = request.headers.get("HX-Request") == "true"
    response = render(request, "ui/jump.html" if part else "jump.html", context)
    response["Cache-Control"] = "no-store"
    return response


def found(request: HttpRequest, text: str) -> list[Group]:
    """Everything whose name fits, people first."""
    viewer = viewer_of(request)
    groups = []
    if can(viewer, Right.CANDIDATE_VIEW):
        people = suggesting.people(viewer=viewer, text=text, most=SHOWN)
        groups.append(
            Group("People", [Place(p.name, p.url, icon="user", note=p.company or p.title) for p in people])
        )
    if can(viewer, Right.PROJECT_VIEW):
        projects = (
            selectors.openable_projects(viewer)
            .filter(name__icontains=text)
            .order_by("archived_at", "-created_at", "-pk")
        )
        groups.append(
            Group(
                "Projects",
                [
                    Place(p.name, p.url, icon="folder", note="archived" if p.archived_at else "")
                    for p in projects[:SHOWN]
                ],
            )
        )
    if can(viewer, Right.CAMPAIGN_VIEW):
        groups.append(
            Group(
                "Campaigns",
                [
                    Place(c.name, f"/campaigns/{c.pk}/", icon="send", note=c.project.name)
                    for c in campaigns.named(viewer, text)[:SHOWN]
                ],
            )
        )
    return [group for group in [*groups, *pages(request, text)] if group.places]


def pages(request: HttpRequest, text: str) -> list[Group]:
    """Pages and actions of the viewer's role whose words hold ``text``."""
    viewer = viewer_of(request)
    around = frame(request)["frame"]
    assert isinstance(around, Frame)
    items = [*around.nav, *[around.outreach_settings] * bool(around.outreach_settings), *around.menu]
    places = [Place(item.label, item.url, icon=item.icon) for item in items if item]
    places += [
        Place(str(tab["label"]), str(tab["url"]), icon="settings", note="Settings")
        for tab in settings_pages.tabs(viewer, active="")
    ]
    actions = [
        Place(place.label, reverse(name), icon=place.icon)
        for right, name, place in ACTIONS
        if can(viewer, right)
    ]
    wanted = text.casefold()
    return [
        Group(label, [place for place in known if wanted in place.label.casefold()])
        for label, known in (("Pages", places), ("Actions", actions))
    ]
