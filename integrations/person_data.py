"""What integrations keeps about a person: links, generated addresses and export items, told to sourcing.

Moving and erasing come with merging and erasing themselves, which refuse to start without them.
"""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from integrations import opening
from integrations.models import ExportItem, ItemStatus
from integrations.states import EXPORTED
from sourcing import person_data
from sourcing.models import Candidate
from sourcing.selectors import of_visible_project


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Each export that wrote this person somewhere, or failed to."""
    items = (
        ExportItem.objects.for_organisation(viewer.organisation_id)
        .filter(of_visible_project(viewer, "export__project"))
        .filter(candidate=candidate, status__in=[*EXPORTED, ItemStatus.FAILED], settled_at__isnull=False)
        .select_related("export", "export__created_by", "connection")
        .order_by("-settled_at")[:limit]
    )
    for item in items:
        assert item.settled_at is not None
        system = opening.vendor_of(item.connection).display_name
        failed = item.status == ItemStatus.FAILED
        lead = f"Export to {system} failed" if failed else f"Exported to {system}"
        yield person_data.Moment(
            at=item.settled_at,
            icon="share",
            text=f"{lead}: {item.export.target_name}",
            note=item.reason or f"by {item.export.created_by}",
            tone="amber" if failed else "green",
            url=f"/exports/{item.export_id}/",
        )


person_data.register(
    app="integrations",
    tables=[
        ("integrations.RemoteLink", "candidate"),
        ("integrations.DummyAddress", "candidate"),
        ("integrations.ExportItem", "candidate"),
    ],
    timeline=timeline,
)
