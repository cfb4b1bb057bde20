"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from accounts import settings_pages
from accounts.models import User
from accounts.permissions import Right, can
from foundation.models import Run
from sourcing import (
    archiving,
    bulk,
    duplicate_scan,
    erasing,
    merging_certain,
    privacy,
    selectors,
    suppression,
)
from sourcing.finding import page_slots as finding_slots
from sourcing.models import Candidate, Project, ProjectMember
from sourcing.slots import bulk_action, candidate_panel, candidate_tab, contact_notice, project_tab, run_page
from sourcing.views import files
from sourcing.views.person import profile_context

#: An e-mail this fresh is told before somebody else writes.
RECENTLY = datetime.timedelta(days=30)


def _people(project: Project, viewer: User) -> int:
    return ProjectMember.objects.for_organisation(viewer.organisation_id).filter(project=project).count()


def _import_page(run: Run) -> str:
    return reverse("sourcing:import", args=[run.params["import_run_id"]])


def _archive_page(run: Run) -> str:
    return reverse("sourcing:privacy", args=[run.subject.partition(":")[2]])


def _receipts_page(run: Run) -> str:
    may = isinstance(run.actor, User) and can(run.actor, Right.AUDIT_VIEW)
    return reverse("sourcing:privacy_erasures") if may else ""


def _in_the_way(candidate: Candidate, viewer: User) -> dict[str, object] | None:
    """What somebody has to know before writing to the person; nothing to say, no panel."""
    found = privacy.panel(candidate, viewer)
    return found if found["warnings"] or found["notice"] else None


def _duplicates_page(_run: Run) -> str:
    return reverse("sourcing:duplicates")


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


def _do_not_contact(candidate_ids: Collection[int], viewer: User) -> Mapping[int, list[str]]:
    """Who may not be written to, and whom the organisation wanted to be warned of."""
    assert viewer.organisation_id is not None
    return suppression.obstacles(viewer.organisation_id, candidate_ids)


def _resumes_page(run: Run) -> str:
    if run.params.get("candidate_id"):
        return f"{reverse('sourcing:candidate', args=[run.params['candidate_id']])}?tab=files"
    return reverse("sourcing:resume_batch", args=[run.pk])


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
    # What the timeline shows depends on how much of it was asked for: views.person gives it.
    candidate_tab(
        id="timeline",
        label="Timeline",
        order=10,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_timeline.html",
        context=lambda _candidate, _viewer: {},
    )
    candidate_tab(
        id="profile",
        label="Profile",
        order=20,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_profile.html",
        context=profile_context,
    )
    candidate_tab(
        id="files",
        label="Files",
        order=30,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_files.html",
        context=files.tab_context,
        count=files.how_many,
    )
    settings_pages.register(
        label="Custom fields", url_name="sourcing:custom_fields", right=Right.ORGANISATION_EDIT, order=25
    )
    settings_pages.register(
        label="Synonyms", url_name="sourcing:synonyms", right=Right.ORGANISATION_EDIT, order=26
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
    bulk_action(
        id="merge",
        label="Merge",
        order=80,
        right=Right.CANDIDATE_EDIT,
        url_name="sourcing:merge_ticked",
        icon="merge",
        scope="people",
    )
    for kind in ("import", "import_check", "import_undo"):
        run_page(id=kind, url=_import_page)
    run_page(id=archiving.KIND, url=_archive_page)
    run_page(id=erasing.KIND, url=_receipts_page)
    candidate_panel(
        id="privacy",
        label="Privacy",
        order=90,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_privacy_panel.html",
        context=_in_the_way,
    )
    candidate_tab(
        id="privacy",
        label="Privacy",
        order=50,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_privacy_panel.html",
        context=lambda candidate, viewer: {"content": privacy.panel(candidate, viewer)},
    )
    settings_pages.register(
        label="Privacy", url_name="sourcing:privacy_retention", right=Right.CANDIDATE_EDIT, order=60
    )
    for kind in (duplicate_scan.SCAN, merging_certain.KIND):
        run_page(id=kind, url=_duplicates_page)
    contact_notice(
        id="do-not-contact",
        label="Do not contact",
        order=5,
        right=Right.CANDIDATE_VIEW,
        notices=_do_not_contact,
    )
    contact_notice(
        id="contacted", label="Contacted", order=10, right=Right.CANDIDATE_VIEW, notices=_contacted
    )
    run_page(id=bulk.KIND, url=lambda run: reverse("sourcing:run", args=[run.pk]))
    finding_slots.register()
    settings_pages.register(
        label="Credits and providers",
        url_name="sourcing:credit_settings",
        right=Right.ORGANISATION_EDIT,
        order=27,
    )
    run_page(id="resumes", url=_resumes_page)
