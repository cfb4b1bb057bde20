"""Where integrations shows on the pages of other rooms: the Exports tab, the Export button, the green check.

One button per registered vendor, shown once the organisation is connected to it with Export ticked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Feature, Right, can, has_feature
from integrations import exporting, opening, selectors, sync_places, undoing, verifying
from integrations.base.connector import Connector
from integrations.models import Connection, LinkState
from integrations.registry import connector_classes
from sourcing import slots
from sourcing.models import Candidate, Project
from sourcing.search import facets


def exports_of_all(_project: Project, viewer: User) -> list[str]:
    """The actions in a project's head of the systems this viewer's organisation exports to."""
    return [f"export-{vendor}" for vendor in _exporting_vendors(viewer)]


def exports_of_ticked(viewer: User) -> list[str]:
    """The bulk actions of the systems this viewer's organisation exports to."""
    return [
        f"export-{vendor}-{scope}" for vendor in _exporting_vendors(viewer) for scope in ("project", "people")
    ]


def export_count(project: Project, viewer: User) -> int:
    """The number beside the Exports tab."""
    return selectors.exports(viewer, project=project).count()


def marks(candidate_ids: Collection[int], viewer: User) -> Mapping[int, list[slots.Mark]]:
    """The green check with the system's name, for everybody exported; seed 000, "confirmation icon"."""
    found: dict[int, list[slots.Mark]] = {}
    exported = selectors.links(viewer, candidate_ids).filter(exported_at__isnull=False)
    for link in exported:
        system = opening.vendor_of(link.connection)
        mark = slots.Mark(
            label=link.connection.label, tone="green", tile=system.mark, done=True, url=link.remote_url
        )
        found.setdefault(link.candidate_id, []).append(mark)
    return found


def panel(candidate: Candidate, viewer: User) -> Mapping[str, object] | None:
    """Where the person is and was exported to, the way to export them, and as what they are synced."""
    known = Q(state=LinkState.LINKED) | Q(exported_at__isnull=False)
    links = list(selectors.links(viewer, [candidate.pk]).filter(known))
    vendors = [
        {
            "name": row.label,
            "url": f"{reverse(f'integrations:export_people_{row.vendor}')}?candidate={candidate.pk}"
            f"&connection={row.pk}",
        }
        for row in _exporting(viewer)
    ]
    sync = sync_places.of_person(candidate, viewer)
    if not (links or vendors or sync.get("systems")):
        return None
    return {"records": links, "vendors": vendors, **sync}


def _exporting_vendors(viewer: User) -> set[str]:
    """Those with the feature on and a connection with Export ticked."""
    if not has_feature(viewer.organisation, Feature.INTEGRATIONS):
        return set()
    return set(selectors.export_connections(viewer).order_by().values_list("vendor", flat=True))


def _exporting(viewer: User) -> list[Connection]:
    """Where this viewer may export to, by what it is called."""
    if not (has_feature(viewer.organisation, Feature.INTEGRATIONS) and can(viewer, Right.CANDIDATE_EXPORT)):
        return []
    return sorted(selectors.export_connections(viewer), key=lambda row: row.label.casefold())


def account_names(viewer: User, sources: Collection[str]) -> Mapping[str, str]:
    """What connections that state facts about people are called, by source ("ats:12"); removed ones say so."""
    numbers = [source.removeprefix("ats:") for source in sources]
    rows = Connection.objects.for_organisation(viewer.organisation_id).filter(pk__in=numbers)
    return {f"ats:{row.pk}": f"{row.label}{'' if row.live else ', removed'}" for row in rows}


def _register(found: type[Connector], order: int) -> None:
    slots.project_action(
        id=f"export-{found.slug}",
        label=f"Export All to {found.display_name}",
        order=order,
        right=Right.CANDIDATE_EXPORT,
        url_name=f"integrations:export_project_{found.slug}",
        icon="share",
        menu="Export",
        offered=exports_of_all,
    )
    for scope in ("project", "people"):
        slots.bulk_action(
            id=f"export-{found.slug}-{scope}",
            label=f"Export to {found.display_name}",
            order=order,
            right=Right.CANDIDATE_EXPORT,
            url_name=f"integrations:export_{scope}_{found.slug}",
            icon="share",
            scope=scope,
            offered=exports_of_ticked,
        )


def activity(project: Project, viewer: User, until: datetime | None, limit: int) -> list[slots.ActivityEntry]:
    """Exports begun in the project, the newest first."""
    rows = selectors.exports(viewer, project=project).order_by("-created_at", "-pk")
    if until is not None:
        rows = rows.filter(created_at__lte=until)
    return [
        slots.ActivityEntry(
            at=export.created_at,
            key=f"export:{export.pk:020}",
            icon="share",
            who=str(export.created_by),
            text=f"exported to {export.connection.label}",
            note=export.target_name,
            url=reverse("integrations:export", args=[export.pk]),
        )
        for export in rows[:limit]
    ]


facets.name_sources("ats", account_names)
slots.project_activity(id="exports", label="Exports", order=40, right=Right.PROJECT_VIEW, entries=activity)
slots.project_tab(
    id="exports",
    label="Exports",
    order=40,
    right=Right.PROJECT_VIEW,
    url_name="integrations:project_exports",
    count=export_count,
)
slots.run_page(
    id=exporting.KIND,
    label="Export",
    url=lambda run: reverse("integrations:export", args=[run.params["export_id"]]),
)
slots.run_page(
    id=undoing.KIND,
    label="Undo of an export",
    url=lambda run: reverse("integrations:export", args=[run.params["export_id"]]),
)
slots.run_page(
    id=verifying.KIND,
    label="Verification",
    url=lambda run: reverse("integrations:verification", args=[run.params["connection_id"]]),
)
slots.candidate_mark(id="exported", label="Exported to", order=40, right=Right.CANDIDATE_VIEW, marks=marks)
slots.candidate_panel(
    id="exported",
    label="Other systems",
    order=40,
    right=Right.CANDIDATE_VIEW,
    template="integrations/_person.html",
    context=panel,
)
for place, vendor_class in enumerate(connector_classes(), start=40):
    _register(vendor_class, place)
