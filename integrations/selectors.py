"""Reads that pages, API and operations share. A connection or export of another organisation does not exist."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from foundation.problems import Missing
from integrations.models import (
    Connection,
    ConnectionStatus,
    Export,
    ExportItem,
    Pull,
    RemoteLink,
    SyncTask,
    VendorIdentity,
)
from integrations.states import ESTABLISHED, SYNC_OPEN, UNSURE, ItemStatus, SyncStatus
from sourcing.models import Project
from sourcing.selectors import of_visible_project


class ConnectionMissing(Missing):
    """There is no such connection in the viewer's organisation."""

    code: ClassVar[str] = "connection_missing"


class ExportMissing(Missing):
    """There is no such export in the viewer's organisation."""

    code: ClassVar[str] = "export_missing"


class ItemMissing(Missing):
    """There is no such person in this export."""

    code: ClassVar[str] = "export_item_missing"


class SyncTaskMissing(Missing):
    """There is no such sync task at this connection."""

    code: ClassVar[str] = "sync_task_missing"


def connections(viewer: User) -> QuerySet[Connection]:
    """The organisation's connections that are not removed; the verified ones first, then by vendor."""
    return (
        Connection.objects.for_organisation(viewer.organisation_id)
        .exclude(status=ConnectionStatus.REMOVED)
        .annotate(working=Count("pk", filter=Q(status=ConnectionStatus.CONNECTED)))
        .order_by("-working", "-verified_at", "vendor", "pk")
    )


def connection_for(viewer: User, connection_id: int) -> Connection:
    """One connection that is not removed; raises :class:`ConnectionMissing`."""
    found = connections(viewer).filter(pk=connection_id).first()
    if found is None:
        raise ConnectionMissing("There is no such connection.")
    return found


def syncing_connections(viewer: User) -> QuerySet[Connection]:
    """Connections that were established, also those that need a person first: their settings stand all the while."""
    return connections(viewer).filter(status__in=ESTABLISHED)


def removed_connections(viewer: User, vendor: str) -> QuerySet[Connection]:
    """Connections to a vendor that were removed, whose links and logs are still here; the newest first."""
    return (
        Connection.objects.for_organisation(viewer.organisation_id)
        .filter(vendor=vendor, status=ConnectionStatus.REMOVED)
        .order_by("-pk")
    )


def removed_connection(viewer: User, vendor: str, connection_id: int) -> Connection:
    """One of them; raises :class:`ConnectionMissing`."""
    found = removed_connections(viewer, vendor).filter(pk=connection_id).first()
    if found is None:
        raise ConnectionMissing("There is no such connection that was removed.")
    return found


def identity(viewer: User, connection: Connection) -> str:
    """The viewer's own address at the vendor; empty: their login e-mail is meant."""
    rows = VendorIdentity.objects.for_organisation(connection.organisation_id)
    found = rows.filter(connection=connection, user=viewer).first()
    return found.email if found is not None else ""


def export_connections(viewer: User) -> QuerySet[Connection]:
    """Connections that take exports, also those that need a person first: their button says so."""
    return connections(viewer).filter(status__in=ESTABLISHED, capabilities__contains=["export"])


def exports(viewer: User, *, project: Project | None = None) -> QuerySet[Export]:
    """Exports of the organisation (or of one project) as far as their project is not hidden; the newest first."""
    rows = (
        Export.objects.for_organisation(viewer.organisation_id)
        .filter(of_visible_project(viewer))
        .select_related("connection", "run", "created_by", "project")
        .order_by("-pk")
    )
    return rows.filter(project=project) if project is not None else rows


def export_for(viewer: User, export_id: int) -> Export:
    """One export; raises :class:`ExportMissing`."""
    found = exports(viewer).filter(pk=export_id).first()
    if found is None:
        raise ExportMissing("There is no such export.")
    return found


def export_items(viewer: User, export: Export) -> QuerySet[ExportItem]:
    """What became of each person, in the order they go."""
    return (
        ExportItem.objects.for_organisation(viewer.organisation_id)
        .filter(export=export)
        .select_related("candidate")
        .order_by("pk")
    )


def failed_for_sure(viewer: User, export: Export) -> QuerySet[ExportItem]:
    """Those of :func:`export_items` who failed and are certainly not there: they may simply be sent again."""
    return export_items(viewer, export).filter(status=ItemStatus.FAILED).exclude(reason_code__in=UNSURE)


def item_for(viewer: User, item_id: int) -> ExportItem:
    """One person of one export; raises :class:`ItemMissing`."""
    found = (
        ExportItem.objects.for_organisation(viewer.organisation_id)
        .select_related("export", "connection", "candidate")
        .filter(of_visible_project(viewer, "export__project"), pk=item_id)
        .first()
    )
    if found is None:
        raise ItemMissing("There is no such person in this export.")
    return found


def counts(export: Export) -> dict[str, int]:
    """How many items stand where; every status is a key."""
    rows = (
        ExportItem.objects.for_organisation(export.organisation_id)
        .filter(export=export)
        .order_by()
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    return dict.fromkeys(ItemStatus.values, 0) | dict(rows)


def links(viewer: User, candidate_ids: Collection[int]) -> QuerySet[RemoteLink]:
    """Where these people are in other systems; one query for a page of people."""
    return (
        RemoteLink.objects.for_organisation(viewer.organisation_id)
        .filter(candidate_id__in=candidate_ids)
        .select_related("connection")
        .order_by("candidate_id", "connection_id")
    )


def sync_tasks(viewer: User, connection: Connection) -> QuerySet[SyncTask]:
    """What is to be done at a connection and what was; the newest first."""
    return (
        SyncTask.objects.for_organisation(viewer.organisation_id)
        .filter(connection=connection)
        .select_related("candidate", "user", "campaign")
        .order_by("-pk")
    )


def sync_task(viewer: User, connection: Connection, task_id: int) -> SyncTask:
    """One of them; raises :class:`SyncTaskMissing`."""
    found = sync_tasks(viewer, connection).filter(pk=task_id).first()
    if found is None:
        raise SyncTaskMissing("There is no such task.")
    return found


@dataclass(frozen=True, slots=True)
class SyncStanding:
    """How the sync with one connection goes: when something was last done or the changes there were last read, how much
    waits, how much needs somebody."""

    last: datetime.datetime | None
    waiting: int
    attention: int


def sync_standings(viewer: User, connection_ids: Collection[int]) -> dict[int, SyncStanding]:
    """By connection; what is over is not counted, so a long log costs nothing."""
    rows = SyncTask.objects.for_organisation(viewer.organisation_id).order_by()
    counts = {
        (connection, status): number
        for connection, status, number in rows.filter(
            connection__in=connection_ids, status__in=[*SYNC_OPEN, SyncStatus.ATTENTION]
        )
        .values_list("connection", "status")
        .annotate(number=Count("pk"))
    }
    pulls = Pull.objects.for_organisation(viewer.organisation_id).filter(connection__in=connection_ids)
    read = dict(pulls.values_list("connection", "finished_at"))
    done = {
        pk: rows.filter(connection=pk, status=SyncStatus.DONE)
        .order_by("-pk")
        .values_list("settled_at", flat=True)
        .first()
        for pk in connection_ids
    }
    return {
        pk: SyncStanding(
            last=max((at for at in (done[pk], read.get(pk)) if at is not None), default=None),
            waiting=sum(counts.get((pk, status), 0) for status in SYNC_OPEN),
            attention=counts.get((pk, SyncStatus.ATTENTION), 0),
        )
        for pk in connection_ids
    }
