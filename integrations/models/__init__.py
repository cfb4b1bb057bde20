"""The tables of integrations, by subject; import from here."""

from __future__ import annotations

from integrations.models.connection import Connection, VendorIdentity
from integrations.models.export import Export, ExportItem
from integrations.models.remote_field import FieldRow
from integrations.models.remote_link import DummyAddress, RemoteLink
from integrations.states import ConnectionStatus, ExportMode, ItemStatus, LinkState, Reason

__all__ = [
    "Connection",
    "ConnectionStatus",
    "DummyAddress",
    "Export",
    "ExportItem",
    "ExportMode",
    "FieldRow",
    "ItemStatus",
    "LinkState",
    "Reason",
    "RemoteLink",
    "VendorIdentity",
]
