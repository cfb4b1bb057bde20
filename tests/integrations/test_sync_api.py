"""Settings, fields, entries, whitelist and sync log over the API: the pages' rules, told in status codes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from integrations import field_table, setting_rows
from integrations.base.records import Capability, Option
from integrations.models import Connection, FieldRow, SyncTask
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.campaigns import making as campaigns_making
from tests.integrations import making

pytestmark = pytest.mark.django_db

JSON = "application/json"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(row: Connection, rest: str) -> str:
    return f"/api/v1/connections/{row.pk}/{rest}"


def patch(user: User, address: str, body: Any) -> Any:
    return logged_in(user).patch(address, body, content_type=JSON)


def put(user: User, address: str, body: Any) -> Any:
    return logged_in(user).put(address, body, content_type=JSON)


def counting(response: Any) -> dict[str, Any]:
    return {setting["name"]: setting for setting in response.json()}


def test_values_are_written_at_the_level_named_and_read_as_they_count() -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    campaign = campaigns_making.campaign(alice=alice)
    written = patch(alice, at(row, "settings/?team=true"), {"values": {"add": "interested"}})
    assert counting(written)["add"]["level"] == "organisation"
    assert patch(bob, at(row, "settings/"), {"values": {"add": "added"}}).status_code == 200
    patch(bob, at(row, f"settings/?candidate={ada.pk}"), {"values": {"add": "never"}})
    patch(alice, at(row, f"settings/?campaign={campaign.pk}"), {"values": {"job": "ruby"}})
    page = logged_in(bob)
    assert counting(page.get(at(row, "settings/")))["add"]["value"] == "added"
    of_ada = counting(page.get(at(row, f"settings/?candidate={ada.pk}")))["add"]
    assert (of_ada["value"], of_ada["level"]) == ("never", "person")
    assert counting(page.get(at(row, "settings/?team=true")))["add"]["value"] == "interested"
    cleared = patch(bob, at(row, f"settings/?candidate={ada.pk}"), {"values": {"add": None}})
    assert counting(cleared)["add"]["value"] == "added"


def test_a_locked_setting_and_the_teams_values_are_refused_with_403() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    patch(bob, at(row, "settings/"), {"values": {"add": "added"}})
    assert put(bob, at(row, "settings/add/lock/"), {"locked": True}).status_code == 403
    assert put(alice, at(row, "settings/add/lock/"), {"locked": True}).status_code == 200
    refused = patch(bob, at(row, "settings/"), {"values": {"add": "replied"}})
    assert (refused.status_code, refused.json()["code"]) == (403, "setting_locked")
    assert "“When adding to a campaign” was locked by Alice on " in refused.json()["detail"]
    refused = patch(bob, at(row, "settings/?team=true"), {"values": {"no_merge": True}})
    assert (refused.status_code, refused.json()["code"]) == (403, "admins_only")
    shown = counting(logged_in(bob).get(at(row, "settings/")))["add"]
    assert (shown["value"], shown["locked"], shown["ignored"]) == ("never", True, ["user"])
    assert shown["locked_by"] == "Alice"
    assert shown["locked_at"]
    assert put(alice, at(row, "settings/job/lock/"), {"locked": True}).status_code == 422


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", {}, 422),
        ("", {"values": {"add": "someday"}}, 422),
        ("", {"values": {"job": "ruby"}}, 422),
        ("", {"values": ["add"]}, 422),
        ("?record_type=contact", {"values": {"add": "added"}}, 422),
        ("?record_type=robot", {"values": {"add": "added"}}, 422),
        ("?team=true&candidate=1", {"values": {"add": "added"}}, 422),
        ("?candidate=999999999", {"values": {"add": "added"}}, 404),
        ("?campaign=999999999", {"values": {"add": "added"}}, 404),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(query: str, body: Any, status: int) -> None:
    alice = making.alice()
    row = making.connection(alice)
    response = patch(alice, at(row, f"settings/{query}"), body)
    assert response.status_code == status
    assert setting_rows.held(row, "candidate", user=alice) == {}


def test_fields_are_listed_decided_and_reset() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    discovered = logged_in(alice).post(at(row, "fields/discover/"))
    assert discovered.json() == {"count": 23}
    listed = logged_in(bob).get(at(row, "fields/")).json()
    assert listed["results"][0]["key"] == "name"
    role = FieldRow.objects.for_organisation(alice.organisation_id).get(key="role")
    headline = FieldRow.objects.for_organisation(alice.organisation_id).get(key="headline")
    address = at(row, f"fields/{role.pk}/")
    assert patch(bob, address, {"variable": "title"}).status_code == 403
    decided = patch(alice, address, {"variable": "title", "mandatory": True}).json()
    assert (decided["variable"], decided["mandatory"], decided["displayed"]) == ("title", True, True)
    taken = patch(alice, at(row, f"fields/{headline.pk}/"), {"variable": "title"})
    assert (taken.status_code, taken.json()["code"]) == (422, "variable_taken")
    assert "“Role”" in taken.json()["detail"]
    assert logged_in(alice).post(at(row, f"fields/{role.pk}/reset/")).json()["variable"] == ""
    assert logged_in(alice).post(at(row, "fields/reset/"), {}, content_type=JSON).json() == {"count": 0}


def test_entries_are_kept_for_a_person_or_a_campaign() -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    field_table.discover(row)
    role = FieldRow.objects.for_organisation(alice.organisation_id).get(key="role")
    address = at(row, f"entries/?candidate={ada.pk}")
    refused = patch(bob, address, {"values": {"role": "CTO"}})
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"role": "This field cannot be filled here."}
    patch(alice, at(row, f"fields/{role.pk}/"), {"displayed": True})
    assert patch(bob, address, {"values": {"role": "CTO"}}).json() == {"values": {"role": "CTO"}}
    assert logged_in(bob).get(address).json() == {"values": {"role": "CTO"}}
    assert patch(bob, address, {"values": {"role": None}}).json() == {"values": {}}
    assert patch(bob, at(row, "entries/"), {"values": {"role": "CTO"}}).status_code == 422


def test_the_whitelist_is_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    capabilities = SourceWhaleConnector.capabilities | {Capability.LIST_JOB_STATUSES}
    monkeypatch.setattr(SourceWhaleConnector, "capabilities", capabilities)
    statuses = (Option(id="open", label="Open"), Option(id="won", label="Filled"))
    monkeypatch.setattr(SourceWhaleConnector, "list_job_statuses", lambda _self: statuses)
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    assert put(bob, at(row, "job-statuses/"), {"statuses": ["open"]}).status_code == 403
    answered = put(alice, at(row, "job-statuses/"), {"statuses": ["open"]}).json()
    assert [(status["id"], status["chosen"]) for status in answered] == [("open", True), ("won", False)]
    assert put(alice, at(row, "job-statuses/"), {"statuses": ["lost"]}).status_code == 422


def test_the_sync_log_is_listed_by_status() -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    for status in ("done", "attention"):
        SyncTask.objects.create(
            organisation=alice.organisation, connection=row, candidate=ada, kind="push", status=status
        )
    page = logged_in(alice)
    assert len(page.get(at(row, "sync-tasks/")).json()["results"]) == 2
    (only,) = page.get(at(row, "sync-tasks/?status=attention")).json()["results"]
    assert (only["candidate"], only["status"]) == (ada.pk, "attention")
    assert page.get(at(row, "sync-tasks/?status=nonsense")).json()["results"] == []


def test_another_organisations_objects_do_not_exist() -> None:
    alice, mallory = making.alice(), making.mallory()
    row, theirs, ada = making.connection(alice), making.connection(mallory), making.person(alice)
    field_table.discover(row)
    field = FieldRow.objects.for_organisation(alice.organisation_id).first()
    assert field is not None
    page = logged_in(mallory)
    for rest in ("settings/", "fields/", "job-statuses/", "sync-tasks/", f"fields/{field.pk}/"):
        assert page.get(at(row, rest)).status_code == 404
    assert page.get(at(theirs, f"fields/{field.pk}/")).status_code == 404
    assert page.get(at(theirs, f"entries/?candidate={ada.pk}")).status_code == 404
    body = {"values": {"add": "added"}}
    assert patch(mallory, at(theirs, f"settings/?candidate={ada.pk}"), body).status_code == 404
    assert patch(mallory, at(row, "settings/"), body).status_code == 404
    assert put(mallory, at(row, "settings/add/lock/"), {"locked": True}).status_code == 404
