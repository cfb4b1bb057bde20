"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, can
from foundation.models import Run
from sourcing import archiving, erasing, privacy
from sourcing.models import Project, ProjectMember
from sourcing.slots import bulk_action, candidate_panel, project_tab, run_page


def _people(project: Project, viewer: User) -> int:
    return ProjectMember.objects.for_organisation(viewer.organisation_id).filter(project=project).count()


def _import_page(run: Run) -> str:
    return reverse("sourcing:import", args=[run.params["import_run_id"]])


def _archive_page(run: Run) -> str:
    return reverse("sourcing:privacy", args=[run.subject.partition(":")[2]])


def _receipts_page(run: Run) -> str:
    may = isinstance(run.actor, User) and can(run.actor, Right.AUDIT_VIEW)
    return reverse("sourcing:privacy_erasures") if may else ""


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
    run_page(id=archiving.KIND, url=_archive_page)
    run_page(id=erasing.KIND, url=_receipts_page)
    candidate_panel(
        id="privacy",
        label="Privacy",
        order=90,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_privacy_panel.html",
        context=privacy.panel,
    )
