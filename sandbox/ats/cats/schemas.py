"""What bodies CATS takes, from its documentation's pages. Unknown keys are refused here, so that a mistake is seen."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_FLAG = {"type": "boolean"}
_ID = {"type": "integer"}
_EMAIL = {
    "type": "object",
    "properties": {"email": {"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"}, "is_primary": _FLAG},
    "required": ["email"],
    "additionalProperties": False,
}
_PHONE_TYPES = ["mobile", "home", "work", "fax", "main", "other"]
_PHONE = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "minLength": 1},
        "extension": _TEXT,
        "type": {"enum": _PHONE_TYPES},
    },
    "required": ["number", "type"],
    "additionalProperties": False,
}
_ADDRESS = {
    "type": "object",
    "properties": dict.fromkeys(("street", "city", "state", "postal_code"), _TEXT),
    "additionalProperties": False,
}
_POSITION = {
    "type": "object",
    "properties": {
        "title": _TEXT,
        "employer": {"type": "object"},
        "start_date": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d$"},
        "end_date": {"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\d$"},
        "notes": _TEXT,
    },
    "additionalProperties": False,
}
_NAME = {"type": "string", "minLength": 1}
_RECORD = {
    "first_name": _NAME,
    "last_name": _NAME,
    "title": _TEXT,
    "address": _ADDRESS,
    "country_code": {"type": "string", "pattern": "^([A-Z]{2})?$"},
    "social_media_urls": {"type": "array", "items": {"type": "string"}},
    "is_hot": _FLAG,
    "notes": _TEXT,
    "owner_id": _ID,
}
RECORDS = {
    "candidates": {
        **_RECORD,
        **dict.fromkeys(
            (
                "middle_name",
                "website",
                "best_time_to_call",
                "current_employer",
                "current_pay",
                "desired_pay",
                "key_skills",
                "source",
            ),
            _TEXT,
        ),
        "date_available": {"type": "string", "pattern": "^(\\d{4}-\\d\\d-\\d\\d)?$"},
        "is_willing_to_relocate": _FLAG,
        "is_active": _FLAG,
    },
    "contacts": {**_RECORD, "company_id": _ID, "has_left_company": _FLAG, "reports_to_id": _ID},
}
_NEEDED = {
    "candidates": ["first_name", "last_name"],
    "contacts": ["first_name", "last_name", "owner_id", "company_id"],
}


def _closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _create(kind: str) -> dict[str, Any]:
    """A new record: with all that has its own place later."""
    custom = _closed({"id": _ID, "value": {}}, "id", "value")
    more = {
        "emails": {"type": "array", "items": _EMAIL},
        "phones": {"type": "array", "items": _PHONE},
        "custom_fields": {"type": "array", "items": custom},
    }
    if kind == "candidates":
        more["work_history"] = {"type": "array", "items": _POSITION}
    return _closed({**RECORDS[kind], **more}, *_NEEDED[kind])


_ITEMS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "properties": {"candidate_id": _ID, "contact_id": _ID}, "minProperties": 1},
}
_ACTIVITY_TYPES = ["email", "meeting", "call_talked", "call_lvm", "call_missed", "text_message", "other"]
SCHEMAS: dict[str, dict[str, Any]] = {
    "create candidates": _create("candidates"),
    "create contacts": _create("contacts"),
    "change candidates": _closed(RECORDS["candidates"], "first_name", "last_name"),
    "change contacts": _closed(RECORDS["contacts"], "first_name", "last_name"),
    "emails": _EMAIL,
    "phones": _PHONE,
    "work_history": _POSITION,
    "custom_field": _closed({"value": {}}, "value"),
    "tags": _closed({"tags": {"type": "array", "items": _closed({"id": _ID}, "id")}}, "tags"),
    "activities": _closed(
        {"type": {"enum": _ACTIVITY_TYPES}, "notes": _TEXT, "date": _TEXT, "regarding_id": _ID}, "type"
    ),
    "items": _closed({"items": _ITEMS}, "items"),
    "pipelines": _closed(
        {"candidate_id": _ID, "job_id": _ID, "rating": {"type": "integer", "minimum": 0, "maximum": 5}},
        "candidate_id",
        "job_id",
    ),
    "status": _closed({"status_id": _ID, "triggers": {"type": "array"}}, "status_id"),
    "company": _closed(
        {"name": _NAME, "owner_id": _ID, "website": _TEXT, "phones": {"type": "array"}, "address": _ADDRESS},
        "name",
        "owner_id",
    ),
    "webhook": _closed(
        {
            "events": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "target_url": {"type": "string", "pattern": "^https?://"},
            "secret": _TEXT,
        },
        "events",
        "target_url",
    ),
    "filter": {"type": "object"},
}


def problem(name: str, value: object) -> tuple[str, str]:
    """The first way in which ``value`` does not fit: the place and the words; empty if it fits."""
    # Here and not above: it is half of the time the sandbox takes to start.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    errors = sorted(
        Draft202012Validator(SCHEMAS[name]).iter_errors(value),
        key=lambda error: [str(part) for part in error.path],
    )
    if not errors:
        return "", ""
    place = ".".join(map(str, errors[0].absolute_path))
    return place or "body", errors[0].message[:300]
