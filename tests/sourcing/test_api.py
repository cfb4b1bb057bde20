from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from sourcing.models import Candidate, Project
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_a_person_is_created_found_read_and_changed(as_alice: Client, alice: User) -> None:
    body = {
        "first_name": "Jonas",
        "last_name": "Lehner",
        "emails": [{"value": "Jonas@Voltra.example", "type": "work"}],
        "linkedin_url": "https://linkedin.com/in/jonas",
        "skills": ["C++"],
    }
    made = as_alice.post("/api/v1/candidates/", body, content_type=JSON)
    assert made.status_code == 201
    person = made.json()
    assert person["contact_points"][0].items() >= {
        "kind": "email", "type": "work", "value": "Jonas@Voltra.example", "normalised": "jonas@voltra.example",
        "status": "unknown", "origin": "imported", "source": "API", "private": False, "pinned_at": None,
    }.items()  # fmt: skip
    found = as_alice.get("/api/v1/candidates/?q=lehner c%2B%2B").json()
    assert ([row["id"] for row in found["results"]], found["total"], found["total_is_exact"]) == (
        [person["id"]],
        1,
        True,
    )
    url = f"/api/v1/candidates/{person['id']}/"
    changed = as_alice.patch(url, {"version": 1, "title": "CTO"}, content_type=JSON)
    assert (changed.json()["title"], changed.json()["version"]) == ("CTO", 2)
    late = as_alice.patch(url, {"version": 1, "title": "CEO"}, content_type=JSON)
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"first_name": "Jo", "emails": [{"value": "no-email--1@beckon.example.com"}]},
        {"first_name": "Jo", "emails": [{"value": "jo@x.example", "type": "nonsense"}]},
        {"first_name": "x" * 301},
        {"first_name": ["a"]},
    ],
)
def test_what_cannot_be_used_is_refused_as_a_problem(as_alice: Client, body: object) -> None:
    answer = as_alice.post("/api/v1/candidates/", body, content_type=JSON)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert Candidate.objects.across_organisations("nobody may have been made").count() == 0


@pytest.mark.parametrize("query", ["size=0", "size=x", "size=201", "after=broken"])
def test_a_wrong_page_is_refused(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/api/v1/candidates/?{query}").status_code in (400, 422)


def test_pages_follow_each_other(as_alice: Client, alice: User) -> None:
    ids = [make_candidate(alice.organisation, f"P{number}").pk for number in range(5)]
    seen: list[int] = []
    url: str | None = "/api/v1/candidates/?size=2"
    while url:
        page = as_alice.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == ids[::-1]


def test_projects_are_made_listed_and_filled(as_alice: Client, alice: User, mallory: User) -> None:
    made = as_alice.post("/api/v1/projects/", {"name": "Munich"}, content_type=JSON)
    assert made.status_code == 201
    ours, hers = make_candidate(alice.organisation), make_candidate(mallory.organisation)
    url = f"/api/v1/projects/{made.json()['id']}/people/"
    done = as_alice.post(url, {"candidate_ids": [ours.pk, hers.pk]}, content_type=JSON)
    assert done.json() == {"added": 1, "already": 0, "unknown": 1}
    listed = as_alice.get("/api/v1/projects/").json()["results"]
    assert [(row["name"], row["people"]) for row in listed] == [("Munich", 1)]


def test_another_organisations_project_is_not_there(as_mallory: Client, alice: User) -> None:
    project = make_project(alice)
    answer = as_mallory.post(
        f"/api/v1/projects/{project.pk}/people/", {"candidate_ids": [1]}, content_type=JSON
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "project_missing")


def test_without_a_login_there_is_nothing(client: Client, alice: User) -> None:
    for url in ("/api/v1/candidates/", "/api/v1/projects/"):
        assert client.get(url).status_code == 401
    assert not Project.objects.for_organisation(alice.organisation_id).exists()


def test_the_list_takes_the_filters_of_the_page_and_tells_what_it_did_not_understand(
    as_alice: Client, alice: User
) -> None:
    nurse = make_candidate(alice.organisation, "Ida", title="Nurse", skills=["First Aid"])
    make_candidate(alice.organisation, "Cem", title="Cook")
    page = as_alice.get("/api/v1/candidates/?title=nurse&title=Surgeon&skill=first+aid&q=ida+%28").json()
    assert [row["id"] for row in page["results"]] == [nurse.pk]
    assert page["misread"] == [{"start": 4, "end": 5, "message": "This bracket is not closed."}]
    filters = as_alice.get("/api/v1/candidates/filters/?title=nurse").json()["results"]
    (skills,) = [each for each in filters if each["name"] == "skill"]
    assert skills["options"] == [{"value": "first aid", "label": "First Aid", "count": 1}]
    assert as_alice.get("/api/v1/candidates/total/?title=nurse").json() == {"total": 1}
    found = as_alice.get("/api/v1/candidates/suggestions/?text=nur").json()["results"]
    assert found == [{"kind": "title", "value": "Nurse", "because": ""}]


def test_saved_searches_are_made_read_changed_and_deleted(
    as_alice: Client, as_bob: Client, as_mallory: Client
) -> None:
    made = as_alice.post(
        "/api/v1/searches/",
        {"name": "Nurses", "question": "q=nurse+&skill=x", "shared": True},
        content_type=JSON,
    )
    assert made.status_code == 201
    url = f"/api/v1/searches/{made.json()['id']}/"
    assert as_bob.get(url).json() | {"created_at": "", "id": 0} == {
        "id": 0, "name": "Nurses", "question": "q=nurse+&skill=x", "shared": True, "daily": False, "mine": False,
        "created_at": "",
    }  # fmt: skip
    assert as_mallory.get(url).status_code == 404
    assert as_bob.patch(url, {"name": "Mine"}, content_type=JSON).status_code == 404
    changed = as_alice.patch(url, {"daily": True}, content_type=JSON).json()
    assert (changed["daily"], changed["shared"], changed["question"]) == (True, True, "q=nurse+&skill=x")
    assert [row["name"] for row in as_bob.get("/api/v1/searches/").json()["results"]] == ["Nurses"]
    assert as_alice.delete(url).status_code == 204
    assert as_alice.get(url).status_code == 404
