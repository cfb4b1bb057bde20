"""The one list of vendors. A new one is its folder and one line here."""

from __future__ import annotations

from django.utils.module_loading import import_string

from foundation.problems import Missing
from integrations.base.connector import Connector

CONNECTORS: dict[str, str] = {
    "smartrecruiters": "integrations.vendors.smartrecruiters.connector.SmartRecruitersConnector",
    "cats": "integrations.vendors.cats.connector.CatsConnector",
    "sourcewhale": "integrations.vendors.sourcewhale.connector.SourceWhaleConnector",
    "pinpoint": "integrations.vendors.pinpoint.connector.PinpointConnector",
}


def connector_class(slug: str) -> type[Connector]:
    """The connector of one vendor. Raises Missing for a slug nobody registered."""
    if slug not in CONNECTORS:
        raise Missing("Beckon has no connector for this system.")
    found: type[Connector] = import_string(CONNECTORS[slug])
    return found


def display_name(slug: str) -> str:
    """What people call the vendor; the slug itself when its folder is no longer here."""
    return connector_class(slug).display_name if slug in CONNECTORS else slug


def connector_classes() -> tuple[type[Connector], ...]:
    """All vendors by name, for the list of systems."""
    return tuple(sorted(map(connector_class, CONNECTORS), key=lambda found: found.display_name.casefold()))
