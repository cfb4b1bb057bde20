"""What SourceWhale's published description (``public-api`` 1.0) says requests look like, as JSON Schema.

It describes requests only and forbids no further fields; unknown ones are taken and dropped.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _rows(*names: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": dict.fromkeys(names, _TEXT)}}


TEXT_FIELDS = (
    "salutation", "name", "firstName", "lastName", "photo", "company", "previousCompany", "school", "role",
    "location", "city", "state", "postcode", "country", "companyLocation", "companyLinkedinUrl", "repo",
    "summary", "headline", "customVariable", "customVariable2", "customVariable3", "customVariable4",
    "comments", "source", "foundBy",
)  # fmt: skip
LIST_FIELDS = (
    "emails",
    "phones",
    "domains",
    "socialLinks",
    "links",
    "skills",
    "industries",
    "keywords",
    "relationships",
)
HISTORY = {
    "education": _rows("school", "degree", "field", "startedAt", "endedAt", "description"),
    "experience": _rows("role", "company", "location", "startedAt", "endedAt", "description"),
}
_MODIFIABLE = {**dict.fromkeys(TEXT_FIELDS, _TEXT), **dict.fromkeys(LIST_FIELDS, _TEXTS)}
PERSON = {**_MODIFIABLE, **HISTORY, "dominantRace": _TEXT, "gender": _TEXT}

SCHEMAS: dict[str, dict[str, Any]] = {
    "CandidatesAdd": {
        "type": "object",
        "properties": {
            "candidates": {"type": "array", "items": {"type": "object", "properties": PERSON}},
            "campaignId": _TEXT,
            "projectIds": _TEXTS,
            "sendImmediately": {"type": "boolean"},
        },
        "required": ["candidates"],
    },
    "CandidatesModify": {
        "type": "object",
        "properties": {
            "candidate": {"type": "object", "properties": {"candidateId": _TEXT, **_MODIFIABLE}},
        },
    },
    "ZapierSubscribe": {"type": "object", "properties": {"url": _TEXT, "subscriptionType": _TEXT}},
    "ZapierUnsubscribe": {"type": "object", "properties": {"subscriptionId": _TEXT}},
}


@cache
def _validator(name: str) -> Any:
    # Here and not above: it is half of the time the sandbox takes to start.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(SCHEMAS[name])


def problem(name: str, value: object) -> str:
    """The first way in which ``value`` does not fit the schema, with the place; empty if it fits."""
    errors = sorted(_validator(name).iter_errors(value), key=lambda error: list(error.path))
    if not errors:
        return ""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in errors[0].absolute_path)
    return f"{place.lstrip('.') or 'body'}: {errors[0].message}"
