"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

from django.urls import reverse

from accounts import settings_pages
from accounts.models import User
from accounts.permissions import Right
from foundation.models import Run
from sourcing.finding import page_slots as finding_slots
from sourcing.models import Project, ProjectMember
from sourcing.slots import bulk_action, project_tab, run_page


def _people(project: Project, viewer: User) -> int:
    return ProjectMember.objects.for_organisation(viewer.organisation_id).filter(project=project).count()


def _import_page(run: Run) -> str:
    return reverse("sourcing:import", args=[run.params["import_run_id"]])


def register() -> None:
    """Called once from ``SourcingConfig.ready``."""
    project_tab(
        id="candidates",
        label="Candidates",
        order=10,
        right=Right.PROJECT_VIEW,
        url_name="sourcing:project",
        count=_people,
    )
    bulk_action(
        id="add-to-project",
        label="Add to project",
        order=10,
        right=Right.PROJECT_EDIT,
        url_name="sourcing:people_to_project",
        icon="folder-plus",
        scope="people",
    )
    bulk_action(
        id="remove-from-project",
        label="Remove from project",
        order=90,
        right=Right.PROJECT_EDIT,
        url_name="sourcing:project_remove",
        icon="folder-minus",
        scope="project",
    )
    run_page(id="import", url=_import_page)
    finding_slots.register()
    settings_pages.register(
        label="Credits and providers",
        url_name="sourcing:credit_settings",
        right=Right.ORGANISATION_EDIT,
        order=27,
    )
