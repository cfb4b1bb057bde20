"""Documents as Pinpoint gives them (shapes of the vendor's own examples)."""

from __future__ import annotations

from typing import Any

from integrations.base.records import Target, TargetKind
from tests.integrations.vendor_server import Answer

JOB = Target(kind=TargetKind.JOB, external_id="1000044", name="Ruby lead")
OTHER_JOB = Target(kind=TargetKind.JOB, external_id="1000045", name="Data lead")


def many(*rows: dict[str, Any], beside: tuple[dict[str, Any], ...] = ()) -> Answer:
    return Answer(body={"data": list(rows), "included": list(beside), "meta": {}})


def single(row: dict[str, Any], *beside: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status=status, body={"data": row, "included": list(beside), "meta": {}})


def application(number: str = "1000050", **attributes: Any) -> dict[str, Any]:
    """As ``jsonapi_applications_single`` of the vendor's file."""
    return {
        "id": number,
        "type": "applications",
        "attributes": {
            "created_at": "2019-01-01T00:00:00+00:00",
            "updated_at": "2019-01-02T00:00:00+00:00",
            "hired_at": None,
            "rejected_at": None,
            "internal_candidate": False,
            "job_id": JOB.external_id,
            "stage_id": "1000045",
            "phone_iso2": "JE",
            "start_on": "2022-01-01",
            "first_name": "Joe",
            "last_name": "Bloggs",
            "email": "joe.bloggs@people.example",
            "phone": "+447797000000",
            "date_of_birth": None,
            "linkedin_url": None,
            "summary": "A developer with great habits",
            "address1": "One Waverley Place",
            "address2": "Union Street",
            "town": "St Helier",
            "country": "Jersey",
            "postcode": "JE1 2PP",
            **attributes,
        },
        "relationships": {
            "job": {"meta": {"included": False}},
            "stage": {"data": {"type": "stages", "id": "1000045"}},
            "custom_attributes": {"data": [{"type": "custom_attributes", "id": "454"}]},
            "comments": {"meta": {"included": False}},
        },
    }


def attribute(number: str, name: str, value: str | None) -> dict[str, Any]:
    """An included custom attribute: its field is named, not identified."""
    return {
        "id": number,
        "type": "custom_attributes",
        "attributes": {"value": value, "field_name": name},
        "relationships": {"custom_fields": {"meta": {"included": False}}},
    }


def stage(basic_type: str, number: str = "1000045") -> dict[str, Any]:
    return {
        "id": number,
        "type": "stages",
        "attributes": {"name": basic_type.title(), "basic_type": basic_type},
        "relationships": {},
    }


def custom_field(number: str, name: str, field_type: str, *options: str, about: str = "application") -> Any:
    return {
        "id": number,
        "type": "custom_fields",
        "attributes": {
            "name": name,
            "field_type": field_type,
            "options": list(options),
            "resource_type": about,
        },
    }


def error(status: int, detail: str, pointer: str = "") -> Answer:
    row: dict[str, Any] = {
        "code": "unprocessable_entity",
        "status": str(status),
        "title": "Validation Error",
        "detail": detail,
    }
    if pointer:
        row["source"] = {"pointer": pointer}
    return Answer(status=status, body={"errors": [row]})
