"""What tests of syncs do again and again: set a setting, tell the news, let a worker visit, read the rows."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from campaigns.models import Campaign, Recipient
from foundation import events
from integrations import syncing
from integrations.models import Connection, RemoteNote, SyncKind, SyncSetting, SyncTask
from tests.campaigns import making as campaigns
from tests.integrations import making, toy


def connection(alice: User, **values: Any) -> Connection:
    return making.connection(alice, vendor="toy", key=toy.KEY, **values)


def campaign(alice: User, *names: str) -> Campaign:
    """A draft of Alice's with these people in it; the syncs have not heard of it yet."""
    return campaigns.campaign(*names, alice=alice, steps=1)


def choose(row: Connection, name: str, value: Any, **level: Any) -> None:
    SyncSetting.unguarded.update_or_create(
        organisation_id=row.organisation_id, connection=row, name=name, **level, defaults={"value": value}
    )


def hear() -> None:
    """The syncs hear of everything that has happened."""
    while events.deliver(consumers=["integrations.syncs"]):
        pass


def visit(row: Connection) -> int:
    return syncing.visit(organisation_id=row.organisation_id, connection_id=row.pk)


def sync(row: Connection) -> int:
    hear()
    return visit(row)


def recipient(of: Campaign, name: str = "ada") -> Recipient:
    return campaigns.recipient(of, name)


def tasks(row: Connection) -> list[SyncTask]:
    rows = SyncTask.objects.for_organisation(row.organisation_id).filter(connection=row)
    return list(rows.select_related("candidate", "note", "connection").order_by("pk"))


def push(row: Connection) -> SyncTask:
    """The only push there is."""
    (found,) = [task for task in tasks(row) if task.kind == SyncKind.PUSH]
    return found


def notes(row: Connection) -> list[RemoteNote]:
    return list(
        RemoteNote.objects.for_organisation(row.organisation_id).filter(connection=row).order_by("pk")
    )
