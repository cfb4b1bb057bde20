"""Settings, Webhooks, and the API beside it: the same doors, the same words."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from publishing import sending
from publishing.models import Endpoint
from tests.publishing.conftest import Receiver, happens

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_an_administrator_adds_a_webhook_watches_it_and_takes_it_away(
    as_alice: Client, alice: User, receiver: Receiver
) -> None:
    assert "No webhooks yet" in text(as_alice.get("/settings/webhooks/"))
    refused = as_alice.post("/settings/webhooks/new/", {"url": "nowhere"})
    assert refused.status_code == 422
    assert "A whole address" in text(refused)
    made = text(
        as_alice.post(
            "/settings/webhooks/new/",
            {"url": receiver.url, "types": ["candidate.updated"], "description": "n8n"},
        )
    )
    assert "whsec_" in made
    found = Endpoint.objects.for_organisation(alice.tenant_id).get()
    happens(alice, "candidate:1", "candidate:2")
    receiver.status, receiver.body = 500, b"<script>alert(1)</script>"
    sending.visit(seconds=5)
    page = as_alice.get(reverse("publishing:endpoint", args=[found.pk]))
    assert "whsec_" not in text(page)
    assert b"<script>alert(1)" not in page.content
    assert "500 <script>alert(1)" in text(page)
    assert "Nothing here" in text(
        as_alice.get(reverse("publishing:endpoint", args=[found.pk]), {"show": "dead"})
    )
    receiver.status = 503
    happens(alice, "candidate:3")
    sending.visit(seconds=5)
    assert "Not reached since" in text(as_alice.get(reverse("publishing:endpoint", args=[found.pk])))
    assert "not reached since" in text(as_alice.get("/settings/webhooks/"))
    Endpoint.objects.for_organisation(alice.tenant_id).update(active=False, off_reason="It answered 410.")
    assert "Switched off: It answered 410." in text(
        as_alice.get(reverse("publishing:endpoint", args=[found.pk]))
    )
    assert "Off" in text(as_alice.get("/settings/webhooks/"))
    Endpoint.objects.for_organisation(alice.tenant_id).update(active=True, off_reason="")
    row = found.deliveries.first()
    shown = text(as_alice.get(reverse("publishing:delivery", args=[found.pk, row.pk])))
    assert f'"subject": "{row.subject}"' in shown
    sent = as_alice.post(reverse("publishing:test", args=[found.pk]))
    assert "webhook.test" in text(as_alice.get(sent.headers["Location"]))
    assert "whsec_" in text(as_alice.post(reverse("publishing:rotate", args=[found.pk])))
    changed = as_alice.post(
        reverse("publishing:endpoint", args=[found.pk]), {"url": receiver.url, "description": "Zapier"}
    )
    assert changed.status_code == 302
    found.refresh_from_db()
    assert (found.description, found.types, found.active) == ("Zapier", [], False)
    assert as_alice.get(reverse("publishing:remove", args=[found.pk])).status_code == 200
    as_alice.post(reverse("publishing:remove", args=[found.pk]))
    assert not Endpoint.objects.for_organisation(alice.tenant_id).exists()


def test_the_api_does_what_the_pages_do(as_alice: Client, alice: User, receiver: Receiver) -> None:
    made = as_alice.post(
        "/api/v1/webhooks/", {"url": receiver.url, "types": ["candidate.updated"]}, "application/json"
    )
    assert made.status_code == 201
    address = f"/api/v1/webhooks/{made.json()['id']}/"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in as_alice.get(address).json()
    assert as_alice.patch(address, {"types": ["nothing"]}, "application/json").status_code == 422
    changed = as_alice.patch(address, {"description": "n8n"}, "application/json").json()
    assert (changed["description"], changed["types"], changed["active"]) == (
        "n8n",
        ["candidate.updated"],
        True,
    )
    happens(alice, "candidate:1", "candidate:2")
    sending.visit(seconds=5)
    rows = as_alice.get(address + "deliveries/", {"status": "delivered"}).json()["results"]
    assert [row["event"]["subject"] for row in rows] == ["candidate:2", "candidate:1"]
    again = as_alice.post(address + "replay/", {"deliveries": [rows[0]["id"]]}, "application/json")
    assert again.json() == {"count": 1}
    feed = as_alice.get("/api/v1/events/", {"size": 1}).json()
    assert feed["last"] == feed["results"][0]["id"]
    assert feed["results"][0] == rows[1]["event"]
    rest = as_alice.get(feed["next"]).json()
    assert [row["subject"] for row in rest["results"]] == ["candidate:2"]
    end = as_alice.get("/api/v1/events/", {"after": rest["last"]}).json()
    assert end == {"results": [], "last": rest["last"], "next": None}
    assert as_alice.get("/api/v1/events/", {"after": "x"}).status_code == 422
    assert as_alice.get("/api/v1/events/types/").json()[0]["name"] == "candidate.created"
    assert as_alice.post(address + "secret/").json()["secret"].startswith("whsec_")
    assert as_alice.post(address + "test/").status_code == 202
    assert as_alice.delete(address).status_code == 204
    assert as_alice.get(address).status_code == 404
