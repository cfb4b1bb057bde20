"""The tabs of a connection and what stands around each of them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse

from accounts.permissions import Right, can
from integrations import opening
from integrations.base.connector import Connector
from integrations.base.records import Capability
from integrations.models import Connection
from integrations.states import ESTABLISHED
from integrations.views.gate import Request
from sourcing.models import RecordType

#: The tabs that are there only where the vendor has what they are about.
_NEEDS = {
    "fields": Capability.LIST_FIELDS,
    "jobs": Capability.LIST_JOB_STATUSES,
    "companies": Capability.LIST_COMPANY_FIELDS,
}


def unconnected(found: type[Connector]) -> dict[str, Any]:
    """Before there is a connection only the first tab leads anywhere."""
    tab = {
        "label": "Capabilities",
        "url": reverse("integrations:connect", args=[found.slug]),
        "active": True,
    }
    return {"vendor": found, "connection": None, "tabs": [tab], "may_edit": True}


def tabbed(request: Request, connection: Connection, here: str) -> dict[str, Any]:
    """The tabs this viewer may open, ``here`` marked. Settings and what follows exist once it was connected.

    Raises Http404 when ``here`` is of what the vendor does not have.
    """
    found = opening.vendor_of(connection)
    if here in _NEEDS and not found.supports(_NEEDS[here]):
        raise Http404
    may_edit = can(request.user, Right.CONNECTION_EDIT)
    established = connection.status in ESTABLISHED
    names = [("overview", "connection", "Overview")] if established else []
    if may_edit:
        names += [
            ("capabilities", "capabilities", "Capabilities"),
            ("credentials", "credentials", "Credentials"),
        ]
        if connection.secret:
            names.append(("verification", "verification", "Verification"))
    if established:
        names.append(("settings", "settings", "Settings"))
        names += [(tab, tab, tab.capitalize()) for tab, needed in _NEEDS.items() if found.supports(needed)]
        names.append(("sync_log", "sync_log", "Sync log"))
    tabs = [
        {"label": label, "url": reverse(f"integrations:{name}", args=[connection.pk]), "active": tab == here}
        for tab, name, label in names
    ]
    return {"vendor": found, "connection": connection, "tabs": tabs, "may_edit": may_edit}


def record_type_of(request: Request, connection: Connection) -> str:
    """Which record type the page is about, as far as the vendor has it; candidates come first."""
    asked = request.POST.get("type") or request.GET.get("type", "")
    known = record_types(connection)
    return asked if asked in known else known[0]


def record_types(connection: Connection) -> list[str]:
    """In the order they are shown."""
    return [value for value in RecordType.values if value in opening.vendor_of(connection).record_types]


def type_switch(connection: Connection, here: str) -> list[dict[str, Any]]:
    """Candidate / Contact where the vendor has both, else nothing (seed 003)."""
    known = record_types(connection)
    if len(known) < 2:
        return []
    return [
        {"label": RecordType(value).label, "url": f"?type={value}", "active": value == here}
        for value in known
    ]
