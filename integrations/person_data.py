"""What integrations keeps about a person: links, generated addresses and export items, told to sourcing.

Records at other systems are not ours to erase: the page of the act names them before, the event ``candidate.erased``
tells whoever listens after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from integrations import opening
from integrations.models import DummyAddress, ExportItem, ItemStatus, RemoteLink
from integrations.states import EXPORTED, OPEN
from sourcing import person_data
from sourcing.erasing import InHand
from sourcing.models import Candidate
from sourcing.person_data import Words, row_of
from sourcing.trails import Trail


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Each export that wrote this person somewhere, or failed to."""
    items = (
        ExportItem.objects.for_organisation(viewer.organisation_id)
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


def erase(trail: Trail) -> dict[str, int]:
    """Links, generated addresses and export items. Raises ``InHand`` while an export is writing the person."""
    items = ExportItem.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id)
    if items.select_for_update().filter(status=ItemStatus.CLAIMED, lease_until__gt=Now()).exists():
        raise InHand("An export is writing this person to another system right now.")
    counts: Counter[str] = Counter()
    for rows in (
        items,
        RemoteLink.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id),
        DummyAddress.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id),
    ):
        counts.update(rows.delete()[1])
    return dict(counts)


def collect(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG001 - the registry's signature
    """Where the person was sent, and which records there are theirs."""
    links = RemoteLink.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    items = ExportItem.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return {
        "Records at other systems": [
            {"system": opening.vendor_of(link.connection).display_name}
            | row_of(link, only=("record_type", "remote_id", "remote_url", "exported_at", "created_at"))
            for link in links.select_related("connection")
        ],
        "Exports": [
            {"to": item.export.target_name} | row_of(item, only=("status", "reason", "settled_at"))
            for item in items.select_related("export").order_by("pk")
        ],
    }


def busy(organisation_id: int, candidate_ids: Sequence[int]) -> set[int]:
    """People an export still has to write."""
    items = ExportItem.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, status__in=OPEN
    )
    return set(items.values_list("candidate_id", flat=True))


def elsewhere(candidate: Candidate) -> list[str]:
    """The records at vendors, which only the vendor can erase."""
    links = RemoteLink.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    names = {opening.vendor_of(link.connection).display_name for link in links.select_related("connection")}
    return [f"The record at {name}: erase it there." for name in sorted(names)]


person_data.register(
    app="integrations",
    tables=[
        ("integrations.RemoteLink", "candidate"),
        ("integrations.DummyAddress", "candidate"),
        ("integrations.ExportItem", "candidate"),
    ],
    timeline=timeline,
    erase=erase,
    collect=collect,
    busy=busy,
    elsewhere=elsewhere,
    words=dict.fromkeys(
        ("integrations.Connection", "integrations.Export", "integrations.VendorIdentity"), Words.NOBODY
    ),
)
