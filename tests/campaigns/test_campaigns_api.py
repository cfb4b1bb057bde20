"""Campaigns made, set, started, paused and resumed over the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns.models import Campaign
from tests.campaigns import making
from tests.outreach.making import mailbox, organisation, user

pytestmark = pytest.mark.django_db


def call(someone: Any, method: str, path: str, said: object = None, **headers: str) -> Any:
    client = Client()
    client.force_login(someone)
    return client.generic(
        method,
        f"/api/v1/{path}",
        "" if said is None else json.dumps(said),
        "application/json",
        headers=headers,
    )


@pytest.fixture
def wave() -> Campaign:
    return making.campaign("Ada")


def test_a_campaign_is_made_set_started_paused_and_resumed(wave):
    alice = wave.owner
    made = call(alice, "POST", "campaigns/", {"name": "Munich", "project": wave.project_id})
    assert (made.status_code, made.json()["status"], made.json()["mailbox"]) == (
        201,
        "draft",
        wave.mailbox_id,
    )
    address = f"campaigns/{wave.pk}/"
    ready = call(alice, "GET", f"{address}start/").json()
    assert ready["missing"] == []
    assert call(alice, "POST", f"{address}start/").json()["status"] == "starting"
    later = (timezone.now() + timedelta(days=2)).isoformat()
    paused = call(alice, "POST", f"{address}pause/", {"resume_at": later}).json()
    assert (paused["status"], paused["in_flight"], bool(paused["resume_at"])) == ("paused", [], True)
    assert call(alice, "POST", f"{address}resume/").json()["status"] == "starting"


def test_a_campaign_that_lacks_something_is_not_started(wave):
    alice = wave.owner
    made = call(alice, "POST", "campaigns/", {"name": "Munich", "project": wave.project_id}).json()
    missing = call(alice, "GET", f"campaigns/{made['id']}/start/").json()["missing"]
    refused = call(alice, "POST", f"campaigns/{made['id']}/start/")
    assert (refused.status_code, refused.json()["code"]) == (422, "campaign_not_ready")
    assert refused.json()["missing"] == missing != []


def test_settings_that_are_left_out_stay(wave):
    alice, address = wave.owner, f"campaigns/{wave.pk}/"
    before = call(alice, "GET", address)
    said = {"preference": "specific_time", "specific_time": "09:15", "allowed_days": [2, 1]}
    told = call(alice, "PATCH", address, said, **{"If-Match": before["ETag"]})
    assert told.status_code == 200, told.json()
    changed = {"preference": "specific_time", "specific_time": "09:15:00", "allowed_days": [1, 2]}
    assert told.json() == before.json() | changed
    assert call(alice, "PATCH", address, {"name": "B"}, **{"If-Match": before["ETag"]}).status_code == 412


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"preference": "specific_time"}, "specific_time"),
        ({"specific_time": "09:07"}, "specific_time"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"allowed_days": [7]}, "allowed_days"),
        ({"mailbox": 999_999}, "mailbox"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(wave, said, field):
    refused = call(wave.owner, "PATCH", f"campaigns/{wave.pk}/", said)
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == [field]


def test_another_sender_needs_a_campaign_that_is_not_sending(wave):
    alice = wave.owner
    other = mailbox(alice, address="other@acme.example")
    made = making.started(wave)
    refused = call(alice, "PATCH", f"campaigns/{made.pk}/", {"mailbox": other.pk})
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign_already_started")
    call(alice, "POST", f"campaigns/{made.pk}/pause/")
    assert call(alice, "PATCH", f"campaigns/{made.pk}/", {"mailbox": other.pk}).json()["mailbox"] == other.pk


def test_nobody_makes_a_campaign_from_an_account_that_is_not_theirs(wave):
    bob = user("bob", of=wave.organisation, role=Role.ADMIN)
    said = {"name": "Mine", "project": wave.project_id, "mailbox": wave.mailbox_id}
    refused = call(bob, "POST", "campaigns/", said)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["mailbox"])


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(wave):
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    address = f"campaigns/{wave.pk}/"
    doors = [
        ("POST", "campaigns/", {"name": "Mine", "project": wave.project_id}),
        ("PATCH", address, {"name": "Mine"}),
        *(("POST", f"{address}{verb}/", None) for verb in ("start", "pause", "resume")),
    ]
    for method, path, said in doors:
        assert call(vera, method, path, said).status_code == 403, path
        assert call(mallory, method, path, said).status_code == 404, path
    assert (making.fresh(wave).name, making.fresh(wave).status) == ("Wave", "draft")


def test_new_campaigns_of_a_project_begin_with_what_was_chosen_for_it(wave):
    alice, address = wave.owner, f"projects/{wave.project_id}/outreach-settings/"
    before = call(alice, "GET", address)
    told = call(alice, "PATCH", address, {"prefer": "work"}, **{"If-Match": before["ETag"]}).json()
    assert told == {"prefer": "work", "strict_type": False}
    made = call(alice, "POST", "campaigns/", {"name": "Munich", "project": wave.project_id}).json()
    assert (made["prefer"], making.fresh(wave).prefer) == ("work", before.json()["prefer"])
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    assert call(vera, "PATCH", address, {"prefer": "personal"}).status_code == 403
    assert call(mallory, "PATCH", address, {"prefer": "personal"}).status_code == 404
    assert call(alice, "GET", address).json() == told


def test_another_sender_is_chosen_for_the_campaign_and_its_steps_together(wave):
    alice, address = wave.owner, f"campaigns/{wave.pk}/sender/"
    other = mailbox(alice, address="other@acme.example")
    step = call(alice, "GET", f"campaigns/{wave.pk}/steps/").json()[1]["id"]
    said = {"mailbox": other.pk, "steps": {str(step): wave.mailbox_id}}
    vera = user("vera", of=wave.organisation, role=Role.VIEWER)
    mallory = user("mallory", of=organisation("Else"), role=Role.ADMIN)
    assert [call(who, "POST", address, said).status_code for who in (vera, mallory)] == [403, 404]
    assert call(alice, "POST", address, {"mailbox": other.pk, "steps": {"x": None}}).status_code == 422
    assert call(alice, "POST", address, said).json()["mailbox"] == other.pk
    assert call(alice, "GET", f"campaigns/{wave.pk}/steps/").json()[1]["mailbox"] == wave.mailbox_id
    making.started(making.fresh(wave))
    assert call(alice, "POST", address, said).status_code == 409
