"""Where people come from, as SmartRecruiters counts it: a configured source, named by type and id.

*Source* here is a text (docs/behaviour.md §7, default "Beckon"); it is looked for by its label among the sources of
every type. What is not configured there cannot be named, and the person then says "API".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.base.fields import text
from integrations.vendors.smartrecruiters import mapping
from integrations.vendors.smartrecruiters.client import SmartRecruitersClient
from integrations.vendors.smartrecruiters.paging import PAGE


def details(client: SmartRecruitersClient, name: str) -> dict[str, str] | None:
    """``sourceDetails`` of the source with this label, whatever its case; None where there is none."""
    for kind, subtype in _types(client):
        params = {"limit": PAGE, **({"sourceSubType": subtype} if subtype else {})}
        data = client.get(f"/configuration/sources/{kind}/values", params=params).data
        for row in mapping.content(data):
            if isinstance(row, Mapping) and str(row.get("label") or "").casefold() == name.casefold():
                found = {"sourceTypeId": kind, "sourceId": text(row.get("id"))}
                return {**found, "sourceSubTypeId": subtype} if subtype else found
    return None


def _types(client: SmartRecruitersClient) -> Iterator[tuple[str, str]]:
    """(type, subtype) of every source type; the subtype is empty where a type has none."""
    for row in mapping.content(client.get("/configuration/sources").data):
        if not isinstance(row, Mapping) or not row.get("id"):
            continue
        kind, subtypes = text(row["id"]), _subtypes(row)
        yield from ((kind, each) for each in subtypes or [""])


def _subtypes(row: Mapping[str, Any]) -> list[str]:
    listed = row.get("subtypes")
    rows = listed if isinstance(listed, list) else []
    return [text(each["id"]) for each in rows if isinstance(each, Mapping) and each.get("id")]
