"""Settings, fields, entries, whitelist and sync log over the API: the pages' rules, told in status codes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from integrations import field_table, setting_rows
from integrations.base.records import Capability, Option
from integrations.models import Connection, FieldRow, RemoteLink, SyncTask
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.campaigns import making as campaigns_making
from tests.integrations import making, syncs
from tests.integrations.toy import ToyServer

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
    discovered = logged_in(alice).post(at(row, "fields/discover/"), headers={"Idempotency-Key": "d1"})
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


def test_tasks_of_the_sync_log_are_retried_and_given_up() -> None:
    alice = making.alice()
    bob, mallory, row, ada = (
        making.bob(alice),
        making.mallory(),
        making.connection(alice),
        making.person(alice),
    )
    first, unsure, last = (
        SyncTask.objects.create(
            organisation=alice.organisation,
            connection=row,
            candidate=ada,
            kind="note",
            status="attention",
            reason_code=reason,
        )
        for reason in ("no_target", "unconfirmed", "rejected")
    )
    page = logged_in(bob)
    assert page.get(at(row, "sync-standing/")).json() == {
        "last": None, "waiting": 0, "attention": 3, "not_before": None,
    }  # fmt: skip
    again = page.post(at(row, f"sync-tasks/{first.pk}/retry/"))
    assert (again.json()["status"], again.json()["decided_by"]) == ("queued", bob.pk)
    twice = page.post(at(row, f"sync-tasks/{first.pk}/retry/"))
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_to_retry")
    gone = page.post(at(row, f"sync-tasks/{first.pk}/cancel/")).json()
    assert (gone["status"], gone["reason"]) == ("cancelled", "Cancelled by hand.")
    assert page.post(at(row, f"sync-tasks/{first.pk}/cancel/")).status_code == 409
    assert page.post(at(row, "sync-tasks/retry/")).json() == {"count": 1}
    assert page.get(at(row, f"sync-tasks/{last.pk}/")).json()["decided_by"] == bob.pk
    assert page.get(at(row, f"sync-tasks/{unsure.pk}/")).json()["status"] == "attention"
    viewer = logged_in(making.bob(alice, email="vera@example.com", role=Role.VIEWER))
    for rest in ("sync-tasks/retry/", f"sync-tasks/{unsure.pk}/retry/", f"sync-tasks/{unsure.pk}/cancel/"):
        assert viewer.post(at(row, rest)).status_code == 403
        assert logged_in(mallory).post(at(row, rest)).status_code == 404
    theirs = making.connection(mallory)
    assert logged_in(mallory).get(at(theirs, f"sync-tasks/{unsure.pk}/")).status_code == 404


def test_fields_are_searched_and_tried_on_a_person(toy: ToyServer) -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), syncs.connection(alice), making.person(alice, title="CTO")
    field_table.discover(row)
    page = logged_in(bob)
    found = page.get(at(row, "fields/?q=mail")).json()["results"]
    assert [field["key"] for field in found] == ["emails"]
    variables = {one["name"]: one for one in page.get(at(row, "fields/variables/")).json()}
    assert variables["title"] == {"name": "title", "label": "Current title", "kind": "string"}
    role = FieldRow.objects.for_organisation(alice.organisation_id).get(key="level")
    patch(alice, at(row, f"fields/{role.pk}/"), {"mandatory": True})
    tried = page.get(at(row, f"fields/try/?candidate={ada.pk}")).json()
    lines = {line["field"]: line for line in tried["lines"]}
    assert (lines["Title"]["outcome"], lines["Title"]["value"]) == ("written", "CTO")
    assert (tried["missing"], lines["Level"]["outcome"]) == (["Level"], "missing")
    patch(alice, at(row, f"fields/{role.pk}/"), {"mandatory": False})
    assert page.get(at(row, f"fields/try/?candidate={ada.pk}")).json()["found"] is False
    assert toy.calls("POST", "/people") == []
    contact = making.person(alice, "Bea", record_type="contact")
    assert page.get(at(row, f"fields/try/?candidate={contact.pk}")).status_code == 422
    theirs = syncs.connection(mallory := making.mallory())
    assert logged_in(mallory).get(at(theirs, f"fields/try/?candidate={ada.pk}")).status_code == 404


def test_sync_as_is_changed_and_where_a_person_is_can_be_read() -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    RemoteLink.objects.create(
        organisation=alice.organisation, connection=row, candidate=ada, remote_id="r1", state="linked"
    )
    page, address = logged_in(making.bob(alice)), f"/api/v1/candidates/{ada.pk}/"
    changed = page.patch(address, {"version": ada.version, "record_type": "contact"}, content_type=JSON)
    assert changed.json()["record_type"] == "contact"
    refused = page.patch(address, {"version": ada.version + 1, "record_type": "robot"}, content_type=JSON)
    assert refused.status_code == 422
    (record,) = page.get(f"{address}records/").json()
    assert (record["connection"], record["record_type"], record["remote_id"]) == (row.pk, "candidate", "r1")
    assert logged_in(making.mallory()).get(f"{address}records/").status_code == 404


def test_who_may_own_a_new_company_is_told(toy_contacts: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice)
    field_table.discover(row)
    owners = at(row, "companies/owners/?record_type=contact")
    assert logged_in(making.bob(alice)).get(owners).json() == [{"id": "o1", "label": "Olga"}]
    assert logged_in(making.mallory()).get(owners).status_code == 404


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
