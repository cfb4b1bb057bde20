"""Our records in Pinpoint's words and back: an application is a person on one job.

``summary`` takes what a person's record has no place for there, experience and education, as lines of text. It can be
written at creation only.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.base.errors import MalformedResponse
from integrations.base.fields import Field, read, text
from integrations.base.records import (
    FieldKind,
    RemoteField,
    RemotePerson,
    Standing,
    Target,
    TargetKind,
    UpdateRule,
    Value,
    Values,
)
from integrations.vendors.pinpoint import assumed, fields
from integrations.vendors.pinpoint.jsonapi import Included, Row, related, row_id

TAGS = "tags"
_SUMMARY = "summary"
#: Parts of the summary that are fields of their own here, with the line that stands above each.
PARTS: Mapping[str, str] = {"summary.experience": "Experience", "summary.education": "Education"}

FIELDS = (
    RemoteField(key="first_name", label="First name", required=True, default_variable="first_name"),
    RemoteField(key="last_name", label="Last name", required=True, default_variable="last_name"),
    # One address only, by which the person is found and applied: a second one of ours does not push it out.
    RemoteField(
        key="email",
        label="Email",
        required=True,
        default_variable="email",
        default_rule=UpdateRule.IF_BLANK,
    ),
    RemoteField(key="phone", label="Phone", default_variable="phone", default_rule=UpdateRule.IF_BLANK),
    RemoteField(key="phone_iso2", label="Phone country code"),
    RemoteField(key="linkedin_url", label="LinkedIn URL", kind=FieldKind.LINK, default_variable="linkedin"),
    RemoteField(key="address1", label="Address line 1"),
    RemoteField(key="address2", label="Address line 2"),
    RemoteField(key="town", label="Town / City", default_variable="city"),
    RemoteField(key="country", label="Country / State", default_variable="country"),
    RemoteField(key="postcode", label="Postcode / Zipcode"),
    RemoteField(key="date_of_birth", label="Date of birth", kind=FieldKind.DATE),
    RemoteField(key="start_on", label="Start date", kind=FieldKind.DATE),
    RemoteField(
        key=_SUMMARY,
        label="Summary",
        kind=FieldKind.LONG_TEXT,
        updatable=False,
        default_variable="summary",
    ),
    RemoteField(
        key="summary.experience",
        label="Summary: experience",
        kind=FieldKind.LONG_TEXT,
        updatable=False,
        readable=False,
        default_variable="experience",
    ),
    RemoteField(
        key="summary.education",
        label="Summary: education",
        kind=FieldKind.LONG_TEXT,
        updatable=False,
        readable=False,
        default_variable="education",
    ),
    RemoteField(key=TAGS, label="Tags", kind=FieldKind.TEXTS, default_variable="tags"),
)
#: What ``PUT /applications`` takes.
UPDATABLE = frozenset(field.key for field in FIELDS if field.updatable and field.key != TAGS)
#: What a look through the applications of a job needs to know.
SPARSE = "id,created_at,updated_at,job_id,first_name,last_name,email,phone,linkedin_url"
VISIBILITIES = "confidential,external,internal"


def moment(value: Any) -> datetime.datetime:
    """An ISO 8601 moment with its zone; one without is UTC."""
    try:
        found = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("not a moment") from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


_PERSON = (
    Field("first_name", "first_name"),
    Field("last_name", "last_name"),
    Field("created_at", "created_at", moment),
    Field("updated_at", "updated_at", moment),
)
_VALUES = tuple(
    Field(field.key, field.key, text)
    for field in FIELDS
    if field.readable and field.kind is not FieldKind.TEXTS
)
_JOB = (Field("title", "title"), Field("status", "status"))
_STANDINGS = {"hired": Standing.HIRED, "rejected": Standing.REJECTED}


def person(row: Row, beside: Included, definitions: Iterable[RemoteField] | None) -> RemotePerson:
    """One application. ``definitions`` None: custom attributes were not asked for, and are not told.

    An attribute that is there without a value is blank; one that is absent was not told. Raises MalformedResponse.
    """
    about = row.get("attributes", {})
    told = read(_VALUES, about)
    values: dict[str, Value] = {
        field.name: told.get(field.name, "") for field in _VALUES if field.key in about
    }
    if TAGS in about:
        values[TAGS] = tuple(tag for tag, _ in tags(row))
    if definitions is not None:
        named = related(row, "custom_attributes")
        values |= fields.read(definitions, (beside[key] for key in named if key in beside))
    job = about.get("job_id") or next((found for _, found in related(row, "job")), "")
    return RemotePerson(
        external_id=row_id(row),
        **read(_PERSON, about),
        emails=tuple(filter(None, [told.get("email", "")])),
        phones=tuple(filter(None, [told.get("phone", "")])),
        values=values,
        target_ids=frozenset(filter(None, [str(job)])),
        standing=_standing(row, beside),
        raw=row,
    )


def tags(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The tags of an application with their contexts."""
    found = row.get("attributes", {}).get(TAGS) or []
    if not isinstance(found, list):
        raise MalformedResponse("tags in the answer is not a list.")
    return tuple(
        (str(each["name"]), str(each.get("context") or ""))
        for each in found
        if isinstance(each, Mapping) and each.get("name")
    )


def target(row: Row) -> Target:
    """One job; without a title it shows its id."""
    told = read(_JOB, row.get("attributes", {}))
    number = row_id(row)
    return Target(
        kind=TargetKind.JOB,
        external_id=number,
        name=told.get("title") or number,
        status=told.get("status", ""),
    )


def new_application(values: Values, job: str) -> dict[str, Any]:
    """The whole request that makes a person. Nobody is e-mailed by it (``skip_notifications_on_create``)."""
    attributes = {key: value for key, value in values.items() if key in UPDATABLE and value != ""}
    if summary := _summary(values):
        attributes[_SUMMARY] = summary
    attributes[assumed.SKIP_NOTIFICATIONS] = True
    return {
        "data": {
            "type": "applications",
            "attributes": attributes,
            "relationships": {"job": {"data": {"type": "jobs", "id": job}}},
        }
    }


def changed_application(number: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The request that changes an application; what is not named stays."""
    return {"data": {"id": number, "type": "applications", "attributes": dict(attributes)}}


def _summary(values: Values) -> str:
    paragraphs = [str(values.get(_SUMMARY, ""))]
    paragraphs += [f"{title}\n{values[key]}" for key, title in PARTS.items() if values.get(key)]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _standing(row: Row, beside: Included) -> Standing | None:
    """By the stage the person is at, else by the moments of hiring and rejection."""
    stages = [beside[key] for key in related(row, "stage") if key in beside]
    for stage in stages:
        if found := _STANDINGS.get(str(stage.get("attributes", {}).get("basic_type"))):
            return found
    about = row.get("attributes", {})
    if about.get("hired_at"):
        return Standing.HIRED
    return Standing.REJECTED if about.get("rejected_at") else None
