"""Who may call: made-up accounts with their API keys, and what each holds before anybody is sent there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Account:
    """One customer. Ids are whole numbers, as all of CATS'; the first user is the administrator."""

    name: str
    users: list[dict[str, Any]]
    jobs: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tags: list[dict[str, Any]] = field(default_factory=list)
    custom_fields: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    companies: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Key:
    """An API key; ``allowed`` is False for one whose rights were taken away."""

    key: str
    account: Account
    allowed: bool = True


JOB_STATUSES = [
    {"id": 20, "title": "Active", "mapping": "active", "prerequisites": [], "triggers": []},
    {"id": 21, "title": "On Hold", "mapping": "on_hold", "prerequisites": [], "triggers": []},
    {"id": 22, "title": "Closed", "mapping": "closed", "prerequisites": [], "triggers": []},
]
WORKFLOWS = [{"id": 6, "title": "Standard"}]
#: The first one is where a candidate put on a job begins.
PIPELINE_STATUSES: list[dict[str, Any]] = [
    {
        "id": 70 + number,
        "workflow_id": 6,
        "title": title,
        "mapping": None,
        "prerequisites": [],
        "triggers": [],
    }
    for number, title in enumerate(
        (
            "No Contact",
            "Contacted",
            "Submitted",
            "Interviewing",
            "Not In Consideration",
            "Client Declined",
            "Placed",
        )
    )
]


def make_keys(users: list[str]) -> dict[str, Key]:
    """Keys by their text: a main account with ``users``, a second one, and a key without rights."""
    main = Account(
        name="Demo Talent",
        users=[_user(7 + number, address) for number, address in enumerate(users)],
        jobs=[
            {"id": 55, "title": "Platform engineer", "status_id": 20, "company_id": 31},
            {"id": 56, "title": "Analytics lead", "status_id": 20, "company_id": 31},
            {"id": 57, "title": "Office manager", "status_id": 22, "company_id": 32},
        ],
        lists={
            "candidates": [{"id": 3, "name": "Backend engineers, warm"}, {"id": 4, "name": "Data people"}],
            "contacts": [{"id": 3, "name": "Hiring managers"}],
        },
        tags=[{"id": 10, "title": "Ruby"}, {"id": 11, "title": "Remote"}],
        custom_fields=_custom_fields(),
        companies=[
            _company(31, "Engines Ltd", "https://engines.example", "London"),
            _company(32, "Difference Works Inc", "https://difference.example", "Bath"),
            _company(33, "Difference Works GmbH", "https://difference.de.example", "Berlin"),
        ],
    )
    second = Account(name="Second Search", users=[_user(90, "eve@second.example")])
    keys = (
        Key("cats-key-demo-4f0c91d27a6e", main),
        Key("cats-key-second-a81b5e03cc42", second),
        Key("cats-key-without-rights-77d0", main, allowed=False),
    )
    return {each.key: each for each in keys}


def _user(number: int, address: str) -> dict[str, Any]:
    first = address.partition("@")[0].title()
    return {"id": number, "first_name": first, "last_name": "Demo", "email": address, "username": address}


def _company(number: int, name: str, website: str, city: str) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "website": website,
        "phones": {"main": f"+44 20 7946 00{number}", "fax": None, "other": None},
        "address": {"street": "", "city": city, "state": "", "postal_code": ""},
        "country_code": "GB",
        "_embedded": {"custom_fields": [{"id": 801, "value": "Gold" if number == 32 else None}]},
    }


def _custom_fields() -> dict[str, list[dict[str, Any]]]:
    choice = {"type": "dropdown", "selections": [{"id": 1, "label": "North"}, {"id": 2, "label": "South"}]}
    return {
        "candidates": [
            _custom(351005, "Region", choice),
            _custom(351006, "May relocate", {"type": "checkbox"}),
            _custom(
                351007, "Languages", {"type": "checkboxes", "selections": [{"id": 1, "label": "English"}]}
            ),
            _custom(351008, "Recruiter", {"type": "user"}),
        ],
        "contacts": [_custom(361001, "Newsletter", {"type": "checkbox"})],
        "companies": [_custom(801, "Tier", {"type": "text"})],
    }


def _custom(number: int, name: str, about: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "name": name, "comment": "", "field": about}
