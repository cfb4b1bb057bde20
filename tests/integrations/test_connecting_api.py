"""Connecting, proving, changing and removing a system over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from foundation import runs
from integrations import webhooks
from integrations.models import Connection, Hook
from tests.integrations import making
from tests.integrations.small_sourcewhale import KEY, SmallSourceWhale

pytestmark = pytest.mark.django_db

JSON = "application/json"
AT = "/api/v1/connections/"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, rest: str = "", body: Any = None, **headers: Any) -> Any:
    return logged_in(user).post(f"{AT}{rest}", body or {}, content_type=JSON, headers=headers)


def patch(user: User, row: Connection, body: Any, **headers: Any) -> Any:
    return logged_in(user).patch(f"{AT}{row.pk}/", body, content_type=JSON, headers=headers)


def ours(user: User) -> Any:
    return Connection.objects.for_organisation(user.organisation_id)


def test_the_systems_say_what_they_ask_for() -> None:
    alice = making.alice()
    bob = making.bob(alice, role=Role.VIEWER)
    row, before = making.connection(alice), making.connection(alice, status="removed", name="Old")
    systems = {one["vendor"]: one for one in logged_in(alice).get(f"{AT}systems/").json()}
    whale, pinpoint = systems["sourcewhale"], systems["pinpoint"]
    assert whale["capabilities"] == ["export", "pools"]
    assert (whale["connections"], whale["removed"]) == ([row.pk], [{"id": before.pk, "account_name": "Old"}])
    asked = [(field["name"], field["secret"], field["required"]) for field in pinpoint["credentials"]]
    assert asked == [("subdomain", False, True), ("api_key", True, True)]
    assert systems["smartrecruiters"]["sign_in"]
    assert {one["vendor"]: one for one in logged_in(bob).get(f"{AT}systems/").json()}["sourcewhale"][
        "removed"
    ] == []


def test_a_system_is_connected_with_one_call_and_its_checks_are_read(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    body = {"vendor": "sourcewhale", "capabilities": ["export", "pools"], "credentials": {"api_key": KEY}}
    assert post(making.bob(alice), "", body).status_code == 403
    made = post(alice, "", body)
    assert (made.status_code, made.json()["status"]) == (201, "verifying")
    assert KEY not in made.content.decode()
    address = f"{AT}{made.json()['id']}/verification/"
    begun = logged_in(alice).get(address).json()
    assert (begun["working"], begun["run"]["status"]) == (True, "queued")
    assert {check["state"] for check in begun["checks"]} == {"waiting"}
    runs.work(begun["run"]["id"])
    done = logged_in(alice).get(address).json()
    assert (done["status"], done["working"]) == ("connected", False)
    assert done["checks"][1] == {"check": "jobs", "title": "May list jobs", "state": "ok", "text": "1 found."}
    twice = post(alice, "", {**body, "account_name": "Again"})
    assert (twice.status_code, twice.json()["code"]) == (422, "account_connected_already")
    assert ours(alice).count() == 1
    again = post(alice, f"{made.json()['id']}/verification/")
    assert (again.status_code, again.json()["working"]) == (202, True)
    assert post(making.mallory(), f"{made.json()['id']}/verification/").status_code == 404


def test_without_credentials_a_draft_waits_for_them() -> None:
    alice = making.alice()
    made = post(alice, "", {"vendor": "pinpoint", "capabilities": ["export"]}).json()
    assert made["status"] == "draft"
    rest = f"{made['id']}/credentials/"
    assert post(alice, f"{made['id']}/verification/").status_code == 409
    wrong = post(alice, rest, {"values": {"subdomain": "a b", "key": "x"}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"].keys() == {"subdomain", "api_key", "key"}
    right = {"values": {"subdomain": "acme", "api_key": "pp-key-number-1"}}
    assert post(making.bob(alice), rest, right).status_code == 403
    assert post(making.mallory(), rest, right).status_code == 404
    entered = post(alice, rest, right)
    assert (entered.status_code, entered.json()["status"]) == (202, "verifying")
    assert "pp-key-number-1" not in entered.content.decode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"vendor": "nobody"}, "vendor"),
        ({"capabilities": ["pools"]}, "capabilities"),
        ({"capabilities": ["export", "pull"]}, "capabilities"),
        ({"credentials": {"api_key": "two words"}}, "api_key"),
    ],
)
def test_what_cannot_be_connected_is_refused_and_nothing_begun(body: dict[str, Any], field: str) -> None:
    alice = making.alice()
    refused = post(alice, "", {"vendor": "sourcewhale", "capabilities": ["export"], **body})
    assert refused.status_code == 422
    assert field in refused.json()["errors"]
    assert not ours(alice).exists()


def test_ticks_name_and_source_are_changed_and_the_connection_is_removed_and_comes_again() -> None:
    alice, mallory = making.alice(), making.mallory()
    bob, row = making.bob(alice), making.connection(alice)
    tag = logged_in(alice).get(f"{AT}{row.pk}/")["ETag"]
    assert patch(bob, row, {"source_label": "Us"}).status_code == 403
    assert patch(mallory, row, {"source_label": "Us"}).status_code == 404
    changed = patch(alice, row, {"account_name": "London", "source_label": "Us"}, **{"If-Match": tag}).json()
    assert (changed["name"], changed["account_name"]) == ("SourceWhale (London)", "London")
    assert (changed["source_label"], changed["capabilities"]) == ("Us", ["export", "pools"])
    assert patch(alice, row, {"capabilities": ["export"]}, **{"If-Match": tag}).status_code == 412
    assert patch(alice, row, {"capabilities": ["export"]}).json()["capabilities"] == ["export"]
    assert patch(alice, row, {"capabilities": []}).status_code == 422
    address = f"{AT}{row.pk}/"
    assert logged_in(bob).delete(address).status_code == 403
    assert logged_in(alice).delete(address).status_code == 204
    assert logged_in(alice).get(address).status_code == 404
    assert ours(alice).get().secret == ""
    body = {"vendor": "sourcewhale", "capabilities": ["export"], "same_account": row.pk}
    assert post(mallory, "", body).status_code == 404
    assert post(alice, "", body).json()["id"] == row.pk


def test_each_says_who_they_are_there() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    page, address = logged_in(bob), f"{AT}{row.pk}/identity/"
    assert page.get(address).json() == {"email": "", "acting_as": "bob@example.com"}
    told = page.put(address, {"email": "b@whale.example"}, content_type=JSON)
    assert told.json() == {"email": "b@whale.example", "acting_as": "b@whale.example"}
    assert logged_in(alice).get(address).json()["acting_as"] == "alice@example.com"
    assert page.put(address, {"email": "nobody"}, content_type=JSON).status_code == 422
    assert logged_in(making.mallory()).get(address).status_code == 404


def test_a_webhook_made_by_hand_has_an_address_and_a_secret_nobody_reads() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice, vendor="pinpoint")
    page, address = logged_in(alice), f"{AT}{row.pk}/webhook/"
    assert page.get(address).json() == {"made_by_hand": True, "address": None}
    hook = webhooks.ensure(row)
    assert page.get(address).json()["address"] == webhooks.address(hook)
    assert logged_in(bob).get(address).status_code == 403
    secret = {"secret": "whsec-0123456789"}
    assert post(alice, f"{row.pk}/webhook/secret/", secret).status_code == 204
    assert Hook.objects.for_organisation(alice.organisation_id).get().secret_set_by == alice
    assert post(alice, f"{row.pk}/webhook/secret/", {"secret": "short"}).status_code == 422
    assert post(bob, f"{row.pk}/webhook/secret/", secret).status_code == 403
    assert post(making.mallory(), f"{row.pk}/webhook/secret/", secret).status_code == 404
    whale = making.connection(alice)
    webhooks.ensure(whale)
    assert page.get(f"{AT}{whale.pk}/webhook/").json() == {"made_by_hand": False, "address": None}
