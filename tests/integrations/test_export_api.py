"""What the export dialogue offers, counts and stops, over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from integrations.models import ExportItem
from tests.integrations import making
from tests.integrations.small_sourcewhale import SmallSourceWhale

pytestmark = pytest.mark.django_db

JSON = "application/json"


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, address: str, body: Any = None) -> Any:
    return logged_in(user).post(f"/api/v1/{address}", body or {}, content_type=JSON)


def get(user: User, address: str) -> Any:
    return logged_in(user).get(f"/api/v1/{address}")


def test_a_program_picks_mode_and_target_as_the_dialogue_does(whale: SmallSourceWhale) -> None:
    cache.clear()
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    options = get(bob, f"connections/{row.pk}/export-options/").json()
    assert [(one["mode"], one["target"]) for one in options["modes"]] == [
        ("prospects", "Campaign"),
        ("candidates", "Job"),
    ]
    assert options["acting_as"] == "bob@example.com"
    at = f"connections/{row.pk}/targets/?mode=prospects"
    assert [target["id"] for target in get(bob, at).json()] == ["autumn", "spring"]
    (only,) = get(bob, f"{at}&search=hir%20spring").json()
    assert only == {"id": "spring", "name": "Spring hiring", "status": ""}
    assert get(bob, f"connections/{row.pk}/targets/?mode=everything").status_code == 422
    assert get(making.mallory(), at).status_code == 404


def test_a_preview_says_who_would_go_and_writes_nothing() -> None:
    alice = making.alice()
    bob, row = making.bob(alice), making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea", emails=[], record_type="contact")
    project = making.project(alice, ada, bea)
    whole = post(bob, "exports/preview/", {"connection": row.pk, "project": project.pk}).json()
    assert (whole["people"], whole["going"], whole["without_email"]) == (2, 1, 0)
    assert whole["skipped"] == [
        {"reason_code": "no_such_record_type", "reason": "contacts cannot be sent there", "people": 1}
    ]
    named = {"connection": row.pk, "project": project.pk, "candidates": [ada.pk]}
    assert post(bob, "exports/preview/", named).json()["people"] == 1
    found = {"connection": row.pk, "question": {"text": "Bea"}}
    assert post(bob, "exports/preview/", found).json()["people"] == 1
    for wrong in ({}, {"question": {}, "candidates": [ada.pk]}):
        assert post(bob, "exports/preview/", {"connection": row.pk, **wrong}).status_code == 422
    assert post(making.mallory(), "exports/preview/", named).status_code == 404
    assert not ExportItem.objects.for_organisation(alice.organisation_id).exists()


def test_an_export_is_listed_by_project_cancelled_and_its_people_sent_again(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob, row, ada = making.bob(alice), making.connection(alice), making.person(alice)
    viewer = making.bob(alice, email="vera@example.com", role=Role.VIEWER)
    project, other = making.project(alice, ada), making.project(alice)
    body = {"connection": row.pk, "mode": "prospects", "target_id": "spring", "project": project.pk}
    export = post(bob, "exports/", {**body, "candidates": [ada.pk]}).json()
    assert (export["project"], export["counts"]["queued"]) == (project.pk, 1)
    listed = get(bob, f"exports/?project={project.pk}&connection={row.pk}").json()["results"]
    assert [one["id"] for one in listed] == [export["id"]]
    assert get(bob, f"exports/?project={other.pk}").json()["results"] == []
    at = f"exports/{export['id']}/"
    assert post(viewer, f"{at}cancel/").status_code == 403
    assert post(making.mallory(), f"{at}cancel/").status_code == 404
    cancelled = post(bob, f"{at}cancel/")
    assert (cancelled.status_code, cancelled.json()["counts"]["skipped"]) == (200, 1)
    assert post(bob, f"{at}cancel/").status_code == 409
    (item,) = get(bob, f"{at}items/").json()["results"]
    again = post(bob, f"{at}items/{item['id']}/retry/")
    assert (again.status_code, again.json()["counts"]["queued"]) == (202, 1)
    twice = post(bob, f"{at}items/{item['id']}/retry/")
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_to_retry")
    assert post(bob, f"exports/{export['id'] + 1}/items/{item['id']}/retry/").status_code == 404
