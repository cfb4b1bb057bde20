"""*Get Email* and *Get Phone* on the pages of people and projects; hidden until an administrator set a provider up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from foundation.models import Run
from sourcing.finding import finding, selectors, setup
from sourcing.models import Candidate, ContactKind, Project
from sourcing.slots import bulk_action, candidate_panel, project_action, run_page


class Button(NamedTuple):
    """One of the two buttons; ``plural`` is its word in the names of addresses."""

    kind: ContactKind
    words: str
    plural: str
    icon: str


BUTTONS = (
    Button(ContactKind.EMAIL, "Get Email", "emails", icon="mail-search"),
    Button(ContactKind.PHONE, "Get Phone", "phones", icon="phone"),
)


def register() -> None:
    """Called once from ``sourcing.page_slots.register``."""
    for place, (_kind, words, plural, icon) in enumerate(BUTTONS):
        project_action(
            id=f"find-{plural}",
            label=f"{words} for All",
            order=40 + place,
            right=Right.CANDIDATE_EDIT,
            url_name=f"sourcing:find_{plural}_of_project",
            icon=icon,
            offered=_buttons_in_project,
        )
        bulk_action(
            id=f"find-{plural}",
            label=words,
            order=40 + place,
            right=Right.CANDIDATE_EDIT,
            url_name=f"sourcing:find_{plural}_of_people",
            icon=icon,
            scope="people",
            offered=_buttons_offered,
        )
    candidate_panel(
        id="find-contacts",
        label="Contact data",
        order=5,
        right=Right.CANDIDATE_EDIT,
        template="sourcing/_find_contacts.html",
        context=_panel,
    )
    run_page(id=finding.KIND, label="Search for contact data", url=_page)


def _buttons_offered(viewer: User) -> list[str]:
    offered = setup.kinds_offered(viewer.tenant_id)
    return [f"find-{button.plural}" for button in BUTTONS if button.kind in offered]


def _buttons_in_project(project: Project, viewer: User) -> list[str]:
    return [] if project.archived_at is not None else _buttons_offered(viewer)


def _panel(candidate: Candidate, viewer: User) -> Mapping[str, object] | None:
    """The buttons for what the organisation does not have yet; None when there is nothing to offer."""
    offered = selectors.offered_kinds(viewer)
    if not offered:
        return None
    buttons = []
    for kind, words, _plural, icon in BUTTONS:
        if kind in offered:
            url = reverse("sourcing:find_of_person", args=[candidate.pk, kind])
            had = bool(finding.having(candidate.organisation_id, kind, [candidate.pk]))
            buttons.append({"words": words, "icon": icon, "url": url, "had": had, "kind": kind.label.lower()})
    return {"buttons": buttons}


def _page(run: Run) -> str:
    return reverse("sourcing:finding", args=[run.params["finding_id"]])
