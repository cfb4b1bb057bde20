"""Records as JSON:API resources. A custom value is shown as words for people, whatever its type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.ats.pinpoint.accounts import STAGES, Account, CustomField, Job
from sandbox.ats.pinpoint.records import Application

READABLE = (
    "id", "created_at", "hired_at", "internal_candidate", "job_id", "locale", "stage_id", "updated_at", "rejected_at",
    "phone_iso2", "first_name", "last_name", "email", "phone", "date_of_birth", "linkedin_url", "summary", "address1",
    "address2", "town", "country", "postcode", "full_name", "channel", "channel_source", "concealed", "start_on",
)  # fmt: skip
EXTRA = ("attachments", "average_rating", "tags")
RELATED = ("answers", "comments", "custom_attributes", "job", "offers", "stage")
NOT_INCLUDED = {"meta": {"included": False}}


def clock(moment: float | None) -> str | None:
    """Whole seconds, though the record knows smaller parts: a filter for "after" finds the same record again."""
    return dt.datetime.fromtimestamp(int(moment), dt.UTC).isoformat() if moment is not None else None


def application(
    row: Application,
    *,
    only: Sequence[str],
    extra: Sequence[str],
    include: Sequence[str],
    attributes: list[Any],
) -> dict[str, Any]:
    """One application with what was asked for."""
    fields = row.fields
    about = {name: fields.get(name) for name in READABLE if name != "id"}
    about |= {
        "created_at": clock(row.created_at),
        "updated_at": clock(row.updated_at),
        "hired_at": clock(row.hired_at),
        "rejected_at": clock(row.rejected_at),
        "internal_candidate": False,
        "concealed": False,
        "job_id": row.job,
        "stage_id": row.stage,
        "full_name": f"{fields.get('first_name', '')} {fields.get('last_name', '')}".strip(),
        "channel": "api",
        "channel_source": "API",
    }
    if only:
        about = {name: value for name, value in about.items() if name in only}
    if "tags" in extra:
        about["tags"] = row.tags
    about |= {name: [] if name == "attachments" else None for name in extra if name != "tags"}
    links: dict[str, Any] = dict.fromkeys(RELATED, NOT_INCLUDED)
    if "stage" in include:
        links["stage"] = {"data": {"type": "stages", "id": row.stage}}
    if "job" in include:
        links["job"] = {"data": {"type": "jobs", "id": row.job}}
    if "custom_attributes" in include:
        links["custom_attributes"] = {
            "data": [
                {"type": "custom_attributes", "id": str(each["id"])}
                for each in attributes
                if each["application"] == row.id
            ]
        }
    return {"id": str(row.id), "type": "applications", "attributes": about, "relationships": links}


def beside(
    account: Account, found: Iterable[Application], include: Sequence[str], attributes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What is included with applications. Attributes name their field there, and do not identify it."""
    rows = list(found)
    told: list[dict[str, Any]] = []
    if "stage" in include:
        told += [stage(number) for number in sorted({row.stage for row in rows})]
    if "job" in include:
        jobs = (account.job(number) for number in sorted({row.job for row in rows}))
        told += [job(each) for each in jobs if each]
    if "custom_attributes" in include:
        told += [attribute(account, each, whole=False) for each in attributes]
    return told


def stage(number: str) -> dict[str, Any]:
    """A stage of every job."""
    basic_type = STAGES[number]
    about = {"name": basic_type.title(), "basic_type": basic_type, "visible": True}
    return {"id": number, "type": "stages", "attributes": about, "relationships": {"stageable": NOT_INCLUDED}}


def job(row: Job) -> dict[str, Any]:
    """A job with a description as long as they are."""
    about = {
        "title": row.title,
        "status": row.status,
        "visibility": row.visibility,
        "description": "<div>What you will do every day.</div>" * 20,
    }
    return {"id": row.id, "type": "jobs", "attributes": about, "relationships": {"stages": NOT_INCLUDED}}


def custom_field(row: CustomField) -> dict[str, Any]:
    """A definition."""
    about = {
        "name": row.name,
        "description": None,
        "field_type": row.field_type,
        "options": list(row.options),
        "required": False,
        "resource_type": row.about,
        "sample_value": "Sample value",
        "unique_reference": f"custom_field_{row.id}",
    }
    return {"id": row.id, "type": "custom_fields", "attributes": about}


def attribute(account: Account, row: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """A custom attribute; ``whole`` with what it belongs to."""
    field = account.field(row["field"])
    links: dict[str, Any] = {"custom_fields": NOT_INCLUDED, "custom_attributable": NOT_INCLUDED}
    if whole:
        links = {
            "custom_field": {"data": {"type": "custom_fields", "id": row["field"]}},
            "custom_attributable": {"data": {"type": "applications", "id": str(row["application"])}},
        }
    about = {
        "value": display(row["value"]),
        "field_name": field.name if field else None,
        "created_at": clock(row["created_at"]),
        "updated_at": clock(row["updated_at"]),
    }
    return {"id": str(row["id"]), "type": "custom_attributes", "attributes": about, "relationships": links}


def comment(row: dict[str, Any], only: Sequence[str] = ()) -> dict[str, Any]:
    """A comment; its author is always the system user."""
    about = {
        "body_text": row["text"],
        "commentable_id": str(row["application"]),
        "commentable_type": "Application",
        "created_at": clock(row["created_at"]),
        "updated_at": clock(row["created_at"]),
        "private_comment": False,
        "user_id": "1",
    }
    if only:
        about = {name: value for name, value in about.items() if name in only}
    links = {"user": NOT_INCLUDED, "commentable": NOT_INCLUDED}
    return {"id": str(row["id"]), "type": "comments", "attributes": about, "relationships": links}


def display(value: Any) -> str:
    """A value as words: "true", "3.14", "Maroon, Vermillion, and Blue"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        words = [str(each) for each in value]
        if len(words) < 3:
            return " and ".join(words)
        return f"{', '.join(words[:-1])}, and {words[-1]}"
    return str(value)
