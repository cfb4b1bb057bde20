"""CATS' envelopes, as its replies were seen: HAL, with a total that is sometimes a text."""

from __future__ import annotations

from typing import Any

from tests.integrations.vendor_server import Answer


def page(key: str, *rows: Any, total: Any = None, more: bool = False) -> Answer:
    """One page of a list."""
    links: dict[str, Any] = {"self": {"href": "https://api.catsone.com/v3/x"}}
    if more:
        links["next"] = {"href": "https://api.catsone.com/v3/x?page=2&per_page=100"}
    body = {
        "count": len(rows),
        "total": len(rows) if total is None else total,
        "_links": links,
        "_embedded": {key: list(rows)},
    }
    return Answer(body=body)


def made(number: int, what: str = "candidates") -> Answer:
    """What a create answers: 201, the id in ``Location`` only."""
    return Answer(status=201, body=b"", headers={"Location": f"https://api.catsone.com/v3/{what}/{number}"})


DONE = Answer(status=204, body=b"")
NOBODY = page("candidates")

#: As a webhook of CATS was seen to carry it, shortened in its links only.
ADA: dict[str, Any] = {
    "id": 401,
    "first_name": "Ada",
    "middle_name": None,
    "last_name": "Byron",
    "title": "Analyst",
    "emails": {"primary": "ada@example.org", "secondary": "ada@work.example"},
    "phones": {"home": None, "cell": "+44 20 7946 0000", "work": None},
    "address": {"street": "St James's Square", "city": "London", "state": "", "postal_code": "SW1"},
    "country_code": "GB",
    "social_media_urls": ["https://www.linkedin.com/in/ada"],
    "website": None,
    "best_time_to_call": "",
    "current_employer": "Engines",
    "date_available": None,
    "current_pay": "",
    "desired_pay": "",
    "is_willing_to_relocate": False,
    "key_skills": "mathematics, poetry",
    "notes": "",
    "is_hot": True,
    "is_active": True,
    "contact_id": None,
    "owner_id": 7,
    "entered_by_id": 7,
    "source": "Beckon",
    "is_registered": False,
    "consent_status": None,
    "date_created": "2024-05-01T10:00:00+00:00",
    "date_modified": "2024-05-02T10:00:00+00:00",
    "_links": {"self": {"href": "/candidates/401"}},
    "_embedded": {
        "custom_fields": [
            {"id": 351005, "value": "Green Hills"},
            {"id": 351006, "value": True},
            {"id": 351007, "value": ["Ruby", "Go"]},
        ],
        "emails": [
            {"id": 9001, "email": "ada@example.org", "is_primary": True},
            {"id": 9002, "email": "ada@work.example", "is_primary": False},
            {"id": 9003, "email": "ada@third.example", "is_primary": False},
        ],
        "phones": [{"id": 9101, "number": "+44 20 7946 0000", "type": "mobile"}],
        "work_history": [],
    },
}
