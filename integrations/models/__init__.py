"""The tables of integrations, by subject; import from here."""

from __future__ import annotations

from integrations.models.company import CompanyMatch
from integrations.models.connection import Connection, VendorIdentity
from integrations.models.export import Export, ExportItem
from integrations.models.pull import Pull
from integrations.models.remote_field import FieldRow
from integrations.models.remote_link import DummyAddress, RemoteLink
from integrations.models.sync_setting import FieldEntry, SyncSetting
from integrations.models.sync_task import RemoteNote, SyncTask
from integrations.models.webhook import Hook, WebhookCall
from integrations.states import (
    CallStatus,
    ConnectionStatus,
    ExportMode,
    ItemStatus,
    LinkState,
    NoteState,
    Reason,
    SyncKind,
    SyncStatus,
)

__all__ = [
    "CallStatus",
    "CompanyMatch",
    "Connection",
    "ConnectionStatus",
    "DummyAddress",
    "Export",
    "ExportItem",
    "ExportMode",
    "FieldEntry",
    "FieldRow",
    "Hook",
    "ItemStatus",
    "LinkState",
    "NoteState",
    "Pull",
    "Reason",
    "RemoteLink",
    "RemoteNote",
    "SyncKind",
    "SyncSetting",
    "SyncStatus",
    "SyncTask",
    "VendorIdentity",
    "WebhookCall",
]
