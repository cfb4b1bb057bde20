"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from foundation.models import Run
from sourcing import bulk, selectors
from sourcing.models import Project, ProjectMember
from sourcing.slots import bulk_action, contact_notice, project_tab, run_page

#: An e-mail this fresh is told before somebody else writes.
RECENTLY = datetime.timedelta(days=30)


def _people(project: Project, viewer: User) -> int:
    return ProjectMember.objects.for_organisation(viewer.organisation_id).filter(project=project).count()


def _import_page(run: Run) -> str:
    return reverse("sourcing:import", args=[run.params["import_run_id"]])


def _contacted(candidate_ids: Collection[int], viewer: User) -> Mapping[int, list[str]]:
    """Who was written to lately, in whatever way; the last 30 days."""
    rows = selectors.visible_candidates(viewer).filter(
        pk__in=candidate_ids, last_contacted_at__gt=timezone.now() - RECENTLY
    )
    zone = ZoneInfo(viewer.time_zone)
    return {
        pk: [f"Last e-mail {at.astimezone(zone):%-d %b}"]
        for pk, at in rows.values_list("pk", "last_contacted_at")
        if at is not None
    }


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
    project_tab(
        id="activity",
        label="Activity",
        order=90,
        right=Right.PROJECT_VIEW,
        url_name="sourcing:project_activity",
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
        id="tag",
        label="Tag",
        order=60,
        right=Right.CANDIDATE_EDIT,
        url_name="sourcing:people_tag",
        icon="tag",
        scope="people",
    )
    bulk_action(
        id="untag",
        label="Remove tag",
        order=61,
        right=Right.CANDIDATE_EDIT,
        url_name="sourcing:people_untag",
        icon="tags",
        scope="people",
    )
    bulk_action(
        id="delete",
        label="Delete",
        order=95,
        right=Right.CANDIDATE_EDIT,
        url_name="sourcing:people_delete",
        icon="trash-2",
        scope="people",
    )
    bulk_action(
        id="move-stage",
        label="Move to stage",
        order=10,
        right=Right.PROJECT_EDIT,
        url_name="sourcing:project_bulk_move",
        icon="columns-3",
        scope="project",
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
    contact_notice(
        id="contacted", label="Contacted", order=10, right=Right.CANDIDATE_VIEW, notices=_contacted
    )
    run_page(id="import", url=_import_page)
    run_page(id=bulk.KIND, url=lambda run: reverse("sourcing:run", args=[run.pk]))
