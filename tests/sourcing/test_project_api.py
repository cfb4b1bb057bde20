from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from foundation import runs
from sourcing.models import Project
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    sent = "" if body is None else body
    return getattr(client, method)(path, sent, content_type="application/json")


def test_a_project_is_made_changed_and_put_away(as_alice: Client, bob: User) -> None:
    made = send(as_alice, "post", "/api/v1/projects/", {"name": "API", "visibility": "members"}).json()
    assert (made["visibility"], made["people"]) == ("members", 0)
    here = f"/api/v1/projects/{made['id']}/"
    changed = send(as_alice, "patch", here, {"name": "New", "owner_id": bob.pk}).json()
    assert (changed["name"], changed["owner"]) == ("New", "Bob Berger")
    assert send(as_alice, "patch", here, {"archived": True}).json()["archived_at"]
    assert as_alice.get("/api/v1/projects/").json()["results"] == []
    listed = as_alice.get("/api/v1/projects/?archived=true").json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 201}, {"name": "x", "visibility": "everybody"}, [], [1]]
)
def test_a_project_that_makes_no_sense_is_a_problem(as_alice: Client, body: Any) -> None:
    answer = send(as_alice, "post", "/api/v1/projects/", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_people_are_added_listed_by_stage_moved_and_removed(as_alice: Client, alice: User) -> None:
    project = make_project(alice)
    here = f"/api/v1/projects/{project.pk}/"
    a, b, c = (make_candidate(alice.organisation, name) for name in "ABC")
    offer = project.stages.get(name="Offer")
    added = send(as_alice, "post", f"{here}people/", {"candidate_ids": [a.pk, b.pk], "stage_id": offer.pk})
    assert added.json() == {"added": 2, "already": 0, "unknown": 0}
    moved = send(
        as_alice,
        "post",
        f"{here}moves/",
        {"candidate_ids": [a.pk, c.pk], "stage_id": offer.pk, "after": b.pk},
    )
    assert moved.json() == {"moved": 1, "unknown": 1}
    first = as_alice.get(f"{here}people/?stage={offer.pk}&size=1").json()
    assert [row["name"].split()[0] for row in first["results"]] == ["B"]
    second = as_alice.get(first["next"]).json()
    assert [row["name"].split()[0] for row in second["results"]] == ["A"]
    assert second["next"] is None
    assert send(as_alice, "delete", f"{here}people/", {"candidate_ids": [a.pk]}).json() == {"removed": 1}


def test_stages_over_the_api(as_alice: Client, alice: User) -> None:
    project = make_project(alice)
    here = f"/api/v1/projects/{project.pk}/stages/"
    made = send(as_alice, "post", here, {"name": "Screen"}).json()
    assert send(as_alice, "post", here, {"name": "screen"}).status_code == 422
    ids = [stage["id"] for stage in as_alice.get(here).json()]
    assert send(as_alice, "put", here, {"stage_ids": ids[::-1]}).json()[0]["id"] == made["id"]
    assert send(as_alice, "patch", f"{here}{made['id']}/", {"name": "Phone"}).json()["name"] == "Phone"
    assert send(as_alice, "delete", f"{here}{made['id']}/").status_code == 204
    other = make_project(alice, "Other").stages.first()
    assert other is not None
    assert send(as_alice, "delete", f"{here}{other.pk}/").status_code == 404


def test_members_links_and_comments_over_the_api(
    as_alice: Client, as_bob: Client, alice: User, bob: User
) -> None:
    project = make_project(alice)
    here = f"/api/v1/projects/{project.pk}/"
    role = {"user_id": bob.pk, "role": "commenter"}
    assert send(as_alice, "put", f"{here}members/", role).json()["name"] == "Bob Berger"
    assert send(as_bob, "put", f"{here}members/", role).status_code == 403
    made = send(as_alice, "post", f"{here}shares/", {"label": "Dana", "names_hidden": True}).json()
    assert Client().get(made["url"].removeprefix("http://testserver")).status_code == 200
    listed = as_alice.get(f"{here}shares/").json()["results"]
    assert "url" not in listed[0]
    assert send(as_alice, "delete", f"{here}shares/{made['id']}/").status_code == 204
    assert send(as_bob, "post", f"{here}activity/", {"body": "Hello"}).status_code == 204
    newest = as_alice.get(f"{here}activity/").json()["results"][0]
    assert (newest["who"], newest["quote"]) == ("Bob Berger", "Hello")
    assert send(as_alice, "delete", f"{here}members/{bob.pk}/").status_code == 204
    assert send(as_alice, "delete", f"{here}members/{bob.pk}/").status_code == 404


def test_a_bulk_run_over_the_api(as_alice: Client, alice: User, mallory: User) -> None:
    ana = make_candidate(alice.organisation, "Ana")
    hers = make_candidate(mallory.organisation)
    body = {"action": "tag", "values": {"tag": "x"}, "candidate_ids": [ana.pk, hers.pk]}
    begun = send(as_alice, "post", "/api/v1/bulk/", body)
    assert begun.status_code == 202
    run_id = begun.json()["id"]
    runs.work(run_id)
    found = as_alice.get(f"/api/v1/bulk/{run_id}/").json()
    assert (found["status"], found["outcome"]["changed"], found["outcome"]["not_found"]) == ("done", 1, 1)
    assert send(as_alice, "delete", f"/api/v1/bulk/{run_id}/").status_code == 409
    assert send(as_alice, "post", f"/api/v1/bulk/{run_id}/undo/").status_code == 202
    again = send(as_alice, "post", f"/api/v1/bulk/{run_id}/undo/")
    assert (again.status_code, again.json()["code"]) == (409, "not_undoable")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "tag"},
        {"action": "tag", "candidate_ids": []},
        {"action": "tag", "candidate_ids": [1], "question": {}},
        {"action": "tag", "candidate_ids": [1], "values": {"tag": ""}},
        {"action": "tag", "candidate_ids": ["x"], "values": {"tag": "x"}},
        {"action": "tag", "candidate_ids": [2**70], "values": {"tag": "x"}},
        {"action": "nothing", "candidate_ids": [1]},
        {"action": "delete", "candidate_ids": [1], "values": {}},
    ],
)
def test_a_bulk_run_that_makes_no_sense_is_a_problem(as_alice: Client, body: Any) -> None:
    answer = send(as_alice, "post", "/api/v1/bulk/", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_a_copy_over_the_api(as_alice: Client, alice: User) -> None:
    project = make_project(alice, people_in_it=[make_candidate(alice.organisation)])
    made = send(
        as_alice, "post", f"/api/v1/projects/{project.pk}/copies/", {"name": "Copy", "with_people": True}
    ).json()
    assert made["people"] == 1
    assert Project.objects.for_organisation(alice.organisation_id).count() == 2


@pytest.mark.parametrize("path", ["", "people/", "activity/"])
def test_as_many_queries_for_thirty_as_for_three(as_alice: Client, alice: User, path: str) -> None:
    def queries(number: int) -> int:
        people = [make_candidate(alice.organisation, f"P{n}") for n in range(number)]
        project = make_project(alice, people_in_it=people)
        for _ in range(number):
            send(as_alice, "post", f"/api/v1/projects/{project.pk}/activity/", {"body": "x"})
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(f"/api/v1/projects/{project.pk}/{path}").status_code == 200
        return len(captured)

    assert queries(3) == queries(30)
