"""What the side panel sends, as tests send it."""

from __future__ import annotations

import itertools
from typing import Any

from django.test import Client

from accounts.models import User
from foundation import events

IDA: dict[str, Any] = {
    "url": "https://github.com/ida?tab=repositories",
    "site": "github.com",
    "adapter": "github",
    "first_name": "Ida",
    "last_name": "Hansen",
    "title": "Welding engineer",
    "company": "Voltra",
    "emails": ["ida@voltra.example"],
    "profiles": ["https://github.com/ida"],
}
_keys = itertools.count(1)


def panel(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def look_up(user: User, **told: Any) -> dict[str, Any]:
    answer = panel(user).post("/api/v1/panel/lookups/", told, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def found(user: User, **told: Any) -> list[tuple[int, str, bool]]:
    return [(each["person"]["id"], each["because"], each["sure"]) for each in look_up(user, **told)["people"]]


def save(user: User, *, key: str = "", **body: Any) -> Any:
    """The answer of one save, under a key of its own unless one is given."""
    return panel(user).post(
        "/api/v1/panel/saves/",
        {"profile": IDA, **body},
        content_type="application/json",
        headers={"Idempotency-Key": key or f"save-{next(_keys)}"},
    )


def saved(user: User, **body: Any) -> dict[str, Any]:
    answer = save(user, **body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def keys_follow() -> None:
    """Match keys are written when the news of a person is read."""
    while events.deliver(consumers=["sourcing.duplicates"]):
        pass
