"""The slots that sourcing fills itself: the Candidates tab and what is done with selected people."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
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
from sourcing.slots import (
    DO_NOT_CONTACT,
    bulk_action,
    candidate_panel,
    candidate_tab,
    contact_notice,
    project_tab,
    run_page,
)
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


_SETTINGS = (
    ("Custom fields", "custom_fields", Right.ORGANISATION_EDIT, 25),
    ("Synonyms", "synonyms", Right.ORGANISATION_EDIT, 26),
    ("Credits and providers", "credit_settings", Right.ORGANISATION_EDIT, 27),
    ("Privacy", "privacy_retention", Right.CANDIDATE_EDIT, 60),
)
#: What a run of each kind is called, and where it shows itself.
_RUN_PAGES: Mapping[str, tuple[str, Callable[[Run], str]]] = {
    "import": ("Import", _import_page),
    "import_check": ("Count of an import", _import_page),
    "import_undo": ("Undo of an import", _import_page),
    "resumes": ("Reading of files", _resumes_page),
    archiving.KIND: ("Archive of a person", _archive_page),
    erasing.KIND: ("Erasure", _receipts_page),
    duplicate_scan.SCAN: ("Search for duplicates", _duplicates_page),
    merging_certain.KIND: ("Merging of duplicates", _duplicates_page),
    bulk.KIND: ("Change of many people", lambda run: reverse("sourcing:run", args=[run.pk])),
}


def register() -> None:
    """Called once from ``SourcingConfig.ready``."""
    _buttons()
    for label, url_name, right, order in _SETTINGS:
        settings_pages.register(label=label, url_name=f"sourcing:{url_name}", right=right, order=order)
    for kind, (label, page) in _RUN_PAGES.items():
        run_page(id=kind, label=label, url=page)
    _project_tabs()
    _person()
    finding_slots.register()


def _buttons() -> None:
    """Actions on ticked people of the list and of a project."""
    _button(
        "add-to-project", "Add to project", 10, Right.PROJECT_EDIT, "people_to_project", icon="folder-plus"
    )
    _button("tag", "Tag", 60, Right.CANDIDATE_EDIT, "people_tag", icon="tag")
    _button("untag", "Remove tag", 61, Right.CANDIDATE_EDIT, "people_untag", icon="tags")
    _button("change-owner", "Change owner", 65, Right.CANDIDATE_EDIT, "people_owner", icon="user-check")
    _button("merge", "Merge", 80, Right.CANDIDATE_EDIT, "merge_ticked", icon="merge")
    _button("delete", "Delete", 95, Right.CANDIDATE_EDIT, "people_delete", icon="trash-2")
    _button(
        "move-stage",
        "Move to stage",
        10,
        Right.PROJECT_EDIT,
        "project_bulk_move",
        icon="columns-3",
        scope="project",
    )
    _button(
        "remove-from-project",
        "Remove from project",
        90,
        Right.PROJECT_EDIT,
        "project_remove",
        icon="folder-minus",
        scope="project",
    )


def _button(
    id_: str, label: str, order: int, right: Right, url_name: str, *, icon: str, scope: str = "people"
) -> None:
    url = f"sourcing:{url_name}"
    bulk_action(id=id_, label=label, order=order, right=right, url_name=url, icon=icon, scope=scope)


def _project_tabs() -> None:
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


def _person() -> None:
    """Tabs, panel and notice of a person."""
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
    candidate_tab(
        id="privacy",
        label="Privacy",
        order=50,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_privacy_panel.html",
        context=lambda candidate, viewer: {"content": privacy.panel(candidate, viewer)},
    )
    candidate_panel(
        id="privacy",
        label="Privacy",
        order=90,
        right=Right.CANDIDATE_VIEW,
        template="sourcing/_privacy_panel.html",
        context=_in_the_way,
    )
    contact_notice(
        id=DO_NOT_CONTACT,
        label="Do not contact",
        order=5,
        right=Right.CANDIDATE_VIEW,
        notices=_do_not_contact,
    )
    contact_notice(
        id="contacted", label="Contacted", order=10, right=Right.CANDIDATE_VIEW, notices=_contacted
    )
