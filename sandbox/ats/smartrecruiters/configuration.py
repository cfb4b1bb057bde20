"""What an account has configured: properties and sources."""

from __future__ import annotations

from typing import Any

from sandbox.ats.smartrecruiters import accounts
from sandbox.ats.smartrecruiters.call import Call, Failure, as_object, listed


def definitions(_call: Call) -> Any:
    """The properties people can have."""
    availability = {"toUsers": "ALL", "context": ["PROFILE"], "forOrgFields": False}
    return listed(
        [
            {"id": number, "availability": availability, "actions": {}, **each}
            for number, each in accounts.PROPERTIES.items()
        ]
    )


def options(call: Call) -> Any:
    """The values of a property that is a single select."""
    kind = accounts.PROPERTIES.get(call.parts[0], {}).get("type")
    if kind is None:
        raise Failure(404, "PROPERTY_NOT_FOUND", "No such property")
    if kind != "SINGLE_SELECT":
        raise Failure(400, "CANDIDATE_PROPERTY_NOT_SINGLE_SELECT", "Only single selects have values")
    return listed([{"id": number, "label": label} for number, label in accounts.LEVELS.items()])


def sources(_call: Call) -> Any:
    """The types of sources."""
    return listed(
        [
            {"id": number, "label": each["label"], "actions": {}}
            | ({"subtypes": [{"id": sub} for sub in each["subtypes"]]} if each["subtypes"] else {})
            for number, each in accounts.SOURCES.items()
        ]
    )


def source_values(call: Call) -> Any:
    """The sources of one type."""
    found = accounts.SOURCES.get(call.parts[0])
    if found is None:
        raise Failure(404, "SOURCE_TYPE_NOT_FOUND", "No such source type")
    return listed([{"id": number, "label": label} for number, label in found["values"].items()])


def check_source(details: Any) -> None:
    """Failure for a new person's source that is not configured."""
    if details is None:
        return
    kind = accounts.SOURCES.get(str(as_object(details).get("sourceTypeId")))
    if kind is None:
        raise Failure(404, "SOURCE_TYPE_NOT_FOUND", "No such source type")
    if kind["subtypes"] and not details.get("sourceSubTypeId"):
        raise Failure(400, "SUBTYPE_REQUIRED", "A subtype is required")
    if details.get("sourceId") not in kind["values"]:
        raise Failure(400, "SOURCE_NOT_FOUND", "No such source")
