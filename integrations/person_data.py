"""What integrations keeps about a person: links, generated addresses and export items, told to sourcing.

Records at other systems are not ours to erase: the page of the act names them before, the event ``candidate.erased``
tells whoever listens after.
A merge keeps both marks and both remote records (docs/behaviour.md §7); it waits for an export under way, whose worker
has the person in its hands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

from django.db.models.functions import Now

from accounts.models import User
from foundation.problems import Conflict
from integrations.models import (
    CompanyMatch,
    DummyAddress,
    ExportItem,
    FieldEntry,
    ItemStatus,
    RemoteLink,
    RemoteNote,
    SyncKind,
    SyncSetting,
    SyncStatus,
    SyncTask,
    WebhookCall,
)
from integrations.states import EXPORTED, OPEN, SYNC_OPEN, LinkState
from sourcing import person_data
from sourcing.erasing import InHand
from sourcing.models import Candidate
from sourcing.moving import Journal, collisions, move_back
from sourcing.person_data import Words, row_of
from sourcing.selectors import of_visible_project
from sourcing.trails import Trail


def timeline(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Each export or sync that wrote this person somewhere, or failed to."""
    items = (
        ExportItem.objects.for_organisation(viewer.organisation_id)
        .filter(of_visible_project(viewer, "export__project"))
        .filter(candidate=candidate, status__in=[*EXPORTED, ItemStatus.FAILED], settled_at__isnull=False)
        .select_related("export", "export__created_by", "connection")
        .order_by("-settled_at")[:limit]
    )
    for item in items:
        assert item.settled_at is not None
        system = item.connection.label
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
    yield from _synced(candidate, viewer, limit)


def _synced(candidate: Candidate, viewer: User, limit: int) -> Iterable[person_data.Moment]:
    """Each sync that wrote this person or a note somewhere, or waits for somebody."""
    tasks = (
        SyncTask.objects.for_organisation(viewer.organisation_id)
        .filter(
            candidate=candidate,
            status__in=[SyncStatus.DONE, SyncStatus.ATTENTION],
            settled_at__isnull=False,
        )
        .select_related("connection", "note")
        .order_by("-settled_at")[:limit]
    )
    for task in tasks:
        assert task.settled_at is not None
        system = task.connection.label
        waits = task.status == SyncStatus.ATTENTION
        what = "Note for" if task.kind == SyncKind.NOTE else "Sync to"
        yield person_data.Moment(
            at=task.settled_at,
            icon="share",
            text=f"{what} {system} {'needs attention' if waits else 'done'}",
            note=task.reason or task.cause.replace("_", " "),
            tone="amber" if waits else "green",
        )


def erase(trail: Trail) -> dict[str, int]:
    """All of it. Raises ``InHand`` while an export or a sync is writing the person."""
    tasks = SyncTask.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id)
    if tasks.select_for_update().filter(status=SyncStatus.CLAIMED, lease_until__gt=Now()).exists():
        raise InHand("A sync is writing this person to another system right now.")
    items = ExportItem.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id)
    if items.select_for_update().filter(status=ItemStatus.CLAIMED, lease_until__gt=Now()).exists():
        raise InHand("An export is writing this person to another system right now.")
    # A body names people in words nobody can look for; what is to be done stands beside it as ids.
    WebhookCall.objects.for_organisation(trail.organisation_id).exclude(body=b"").update(body=b"")
    counts: Counter[str] = Counter()
    for rows in (
        items,
        *(
            model.objects.for_organisation(trail.organisation_id).filter(candidate_id=trail.candidate_id)
            for model in (
                SyncTask,
                RemoteNote,
                SyncSetting,
                FieldEntry,
                CompanyMatch,
                RemoteLink,
                DummyAddress,
            )
        ),
    ):
        counts.update(rows.delete()[1])
    return dict(counts)


def collect(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:  # noqa: ARG001 - the registry's signature
    """Where the person was sent, and which records there are theirs."""
    links = RemoteLink.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    items = ExportItem.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return {
        "Records at other systems": [
            {"system": link.connection.label}
            | row_of(link, only=("record_type", "remote_id", "remote_url", "exported_at", "created_at"))
            for link in links.select_related("connection")
        ],
        "Exports": [
            {"to": item.export.target_name} | row_of(item, only=("status", "reason", "settled_at"))
            for item in items.select_related("export").order_by("pk")
        ],
        "Notes at other systems": [
            {"system": note.connection.label} | row_of(note, only=("kind", "at", "text", "state"))
            for note in RemoteNote.objects.for_organisation(candidate.organisation_id)
            .filter(candidate=candidate)
            .select_related("connection")
            .order_by("at", "pk")
        ],
        "Typed for other systems": [
            {"system": entry.connection.label} | row_of(entry, only=("key", "value", "written_at"))
            for entry in FieldEntry.objects.for_organisation(candidate.organisation_id)
            .filter(candidate=candidate)
            .select_related("connection")
            .order_by("pk")
        ],
        "Companies at other systems": [
            {"system": match.connection.label} | row_of(match, only=("remote_id", "remote_name", "chosen_at"))
            for match in CompanyMatch.objects.for_organisation(candidate.organisation_id)
            .filter(candidate=candidate)
            .select_related("connection")
            .order_by("pk")
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
    names = {link.connection.label for link in links.select_related("connection")}
    return [f"The record at {name}: erase it there." for name in sorted(names)]


class BeingExported(Conflict):
    """A worker is writing one of the two to another system at this moment."""

    code: ClassVar[str] = "being_exported"


def lock(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """Open export items and sync tasks of both. Raises :class:`BeingExported` when one is in a worker's hands."""
    tasks = SyncTask.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, status__in=SYNC_OPEN
    )
    list(tasks.order_by("pk").select_for_update().values_list("pk", flat=True))
    if tasks.filter(status=SyncStatus.CLAIMED, lease_until__gt=Now()).exists():
        raise BeingExported("One of the two is just being written to another system. Try again in a minute.")
    rows = ExportItem.objects.for_organisation(organisation_id).filter(
        candidate_id__in=candidate_ids, status__in=[ItemStatus.QUEUED, ItemStatus.CLAIMED]
    )
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    if rows.filter(status=ItemStatus.CLAIMED, lease_until__gt=Now()).exists():
        raise BeingExported("One of the two is just being exported. Try again in a minute.")


def move(source: Candidate, target: Candidate) -> dict[str, Any]:
    """Links, export items and the generated address; of two that would stand twice the one that says more stays."""
    journal = Journal()
    # Two claims without a live lease: their worker died, and the survivor's is taken up again.
    claimed = collisions(ExportItem, "candidate", source=source.pk, target=target.pk)
    items = ExportItem.objects.for_organisation(source.organisation_id)
    for mine, theirs in claimed.items():
        done = items.filter(pk=mine, status__in=EXPORTED).exists()
        if done and not items.filter(pk=theirs, status__in=EXPORTED).exists():
            journal.drop(ExportItem, [theirs])
    _links(journal, source, target)
    for model in (
        RemoteLink,
        DummyAddress,
        ExportItem,
        SyncTask,
        RemoteNote,
        SyncSetting,
        FieldEntry,
        CompanyMatch,
    ):
        journal.hand_over(model, "candidate", source=source.pk, target=target.pk)
    return journal.as_json() | {"target": target.pk}


def _links(journal: Journal, source: Candidate, target: Candidate) -> None:
    """Two records at one system: the target's stays the link, the other's id is kept beside it."""
    rows = RemoteLink.objects.for_organisation(source.organisation_id)
    for mine, theirs in collisions(RemoteLink, "candidate", source=source.pk, target=target.pk).items():
        dropped, kept = rows.get(pk=mine), rows.get(pk=theirs)
        if not kept.remote_id and kept.state != LinkState.CREATING:
            journal.drop(RemoteLink, [kept.pk])
            continue
        known = [kept.remote_id, *kept.other_remote_ids]
        ids = [pk for pk in (dropped.remote_id, *dropped.other_remote_ids) if pk and pk not in known]
        with journal.watching(RemoteLink, [kept.pk]):
            kept.other_remote_ids = [*kept.other_remote_ids, *dict.fromkeys(ids)]
            kept.exported_at = max(filter(None, [kept.exported_at, dropped.exported_at]), default=None)
            kept.save(update_fields=["other_remote_ids", "exported_at"])


person_data.register(
    app="integrations",
    tables=[
        ("integrations.RemoteLink", "candidate"),
        ("integrations.DummyAddress", "candidate"),
        ("integrations.ExportItem", "candidate"),
        ("integrations.SyncTask", "candidate"),
        ("integrations.RemoteNote", "candidate"),
        ("integrations.SyncSetting", "candidate"),
        ("integrations.FieldEntry", "candidate"),
        ("integrations.CompanyMatch", "candidate"),
    ],
    timeline=timeline,
    erase=erase,
    collect=collect,
    busy=busy,
    elsewhere=elsewhere,
    words=dict.fromkeys(
        (
            "integrations.Connection",
            "integrations.Export",
            "integrations.FieldRow",
            "integrations.Hook",
            "integrations.Pull",
            "integrations.VendorIdentity",
        ),
        Words.NOBODY,
    )
    | {"integrations.WebhookCall": Words.ERASED},
    lock=lock,
    move=move,
    move_back=move_back,
)
