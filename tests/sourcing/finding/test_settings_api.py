"""Credits and providers through the API of administrators."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import Plan, User
from sourcing.finding import setup
from sourcing.models import FindingProvider
from tests.sourcing.finding.conftest import books

pytestmark = pytest.mark.django_db
JSON = "application/json"


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return getattr(client, method)(f"/api/v1/credits/{path}", body or {}, JSON, headers=headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "allowance/"),
        ("patch", "allowance/"),
        ("post", "grants/"),
        ("get", "entries/"),
        ("get", "providers/"),
        ("get", "providers/hunter/"),
        ("patch", "providers/hunter/"),
        ("delete", "providers/hunter/"),
        ("post", "providers/hunter/move/"),
    ],
)
def test_who_may_not_edit_the_organisation_is_refused(as_bob: Client, method: str, path: str) -> None:
    assert send(as_bob, method, path).status_code == 403


def test_the_allowance_is_changed_by_what_is_sent(as_alice: Client, alice: User) -> None:
    assert alice.organisation is not None
    alice.organisation.plan = Plan.ESSENTIAL
    alice.organisation.save()
    before = as_alice.get("/api/v1/credits/allowance/")
    assert before.json() == {"monthly_email": 100, "monthly_phone": 25, "refresh_day": 1}
    changed = send(as_alice, "patch", "allowance/", {"monthly_email": 7}, **{"If-Match": before["ETag"]})
    assert changed.json() == {**before.json(), "monthly_email": 7}
    assert send(as_alice, "patch", "allowance/", {"refresh_day": 28}).json() == {
        "monthly_email": 7, "monthly_phone": 25, "refresh_day": 28
    }  # fmt: skip
    late = send(as_alice, "patch", "allowance/", {"refresh_day": 2}, **{"If-Match": before["ETag"]})
    assert late.status_code == 412
    refused = send(as_alice, "patch", "allowance/", {"monthly_phone": -1, "refresh_day": 29})
    assert (refused.status_code, sorted(refused.json()["errors"])) == (422, ["monthly_phone", "refresh_day"])


def test_credits_are_granted_once_per_key_and_stand_in_the_ledger(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    sent = {"kind": "email", "amount": 50, "note": "Invoice 7", "request_key": str(uuid.uuid4())}
    made, again = (send(as_alice, "post", "grants/", sent) for _ in range(2))
    assert (made.status_code, again.status_code, again.json()) == (201, 201, made.json())
    assert books(alice) == (50, 0)
    line = made.json()
    assert (line["event"], line["member"], line["member_name"]) == ("grant", alice.pk, "Alice Aubert")
    send(as_alice, "post", "grants/", {"kind": "phone", "amount": 3})
    first = as_alice.get("/api/v1/credits/entries/?size=1").json()
    assert [row["amount"] for row in first["results"]] == [3]
    assert as_alice.get(first["next"]).json()["results"] == [line]
    assert as_mallory.get("/api/v1/credits/entries/").json()["results"] == []
    assert send(as_alice, "post", "grants/", {"kind": "email", "amount": 0}).status_code == 422


def test_a_provider_is_set_up_changed_and_forgotten_and_its_key_told_to_nobody(
    as_alice: Client, as_mallory: Client, alice: User
) -> None:
    off = as_alice.get("/api/v1/credits/providers/hunter/")
    assert (off.json()["enabled"], off.json()["has_key"], off.json()["position"]) == (False, False, None)
    assert send(as_alice, "patch", "providers/hunter/", {"cost": "0.1"}).json()["errors"].keys() == {"key"}
    sent = {"key": "secret-key-1", "cost": "0.1", "currency": "USD"}
    on = send(as_alice, "patch", "providers/hunter/", sent, **{"If-Match": off["ETag"]})
    assert "secret-key-1" not in on.content.decode()
    assert on.json() == {
        **off.json(), "enabled": True, "has_key": True, "position": 0, "cost": "0.1000", "currency": "USD"
    }  # fmt: skip
    row = FindingProvider.objects.for_organisation(alice.organisation_id).get()
    setup.needs_admin(row, trouble="The key was refused.")
    assert as_alice.get("/api/v1/credits/providers/hunter/").json()["trouble"]
    paused = send(as_alice, "patch", "providers/hunter/", {"enabled": False})
    assert paused.json() == {**on.json(), "enabled": False}, "what is not sent stays, the trouble is over"
    assert FindingProvider.objects.for_organisation(alice.organisation_id).get().secret == row.secret
    wrong = send(as_alice, "patch", "providers/hunter/", {"base_url": "http://x.example", "currency": "eur"})
    assert sorted(wrong.json()["errors"]) == ["base_url", "currency"]
    assert not as_mallory.get("/api/v1/credits/providers/hunter/").json()["has_key"]
    assert send(as_mallory, "delete", "providers/hunter/").status_code == 204
    assert as_alice.get("/api/v1/credits/providers/hunter/").json()["has_key"], "hers alone"
    for _ in range(2):
        assert send(as_alice, "delete", "providers/hunter/").status_code == 204
    assert as_alice.get("/api/v1/credits/providers/hunter/").json() == off.json()


def test_providers_are_asked_in_another_order(as_alice: Client, alice: User) -> None:
    for slug in ("hunter", "people_data_labs"):
        setup.save(actor=alice, slug=slug, key="k")
    moved = send(as_alice, "post", "providers/people_data_labs/move/", {"earlier": True}).json()
    assert [(row["slug"], row["position"]) for row in moved] == [("people_data_labs", 0), ("hunter", 1)]
    assert as_alice.get("/api/v1/credits/providers/").json()["results"] == moved


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("patch", ""), ("delete", ""), ("post", "move/")])
def test_a_provider_nobody_knows_is_not_there(as_alice: Client, method: str, path: str) -> None:
    body = {"earlier": True, "key": "k"}
    answer = send(as_alice, method, f"providers/clearbit/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "provider_unknown")
