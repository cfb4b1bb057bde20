"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right
from foundation.models import Run
from sourcing import duplicate_scan, merging_certain
from sourcing.models import Project, ProjectMember
from sourcing.slots import bulk_action, project_tab, run_page


def _people(project: Project, viewer: User) -> int:
    return ProjectMember.objects.for_organisation(viewer.organisation_id).filter(project=project).count()


def _import_page(run: Run) -> str:
    return reverse("sourcing:import", args=[run.params["import_run_id"]])


def _duplicates_page(_run: Run) -> str:
    return reverse("sourcing:duplicates")


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
    bulk_action(
        id="merge",
        label="Merge",
        order=80,
        right=Right.CANDIDATE_EDIT,
        url_name="sourcing:merge_ticked",
        icon="merge",
        scope="people",
    )
    run_page(id="import", url=_import_page)
    for kind in (duplicate_scan.SCAN, merging_certain.KIND):
        run_page(id=kind, url=_duplicates_page)
