"""The API of one person: versions, contact points, notes, history, other values, custom fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from sourcing import defining_fields, notes, people
from sourcing.models import Candidate
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def person(alice: User) -> Candidate:
    return make_candidate(alice.organisation, title="CTO", emails=["jonas@voltra.example"], source="CSV")


@pytest.fixture
def url(person: Candidate) -> str:
    return f"/api/v1/candidates/{person.pk}/"


def change(client: Client, url: str, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(url, body, JSON, headers=headers)


def test_a_read_has_an_etag_and_a_change_may_send_it_back(as_alice: Client, url: str) -> None:
    tag = as_alice.get(url).headers["ETag"]
    assert tag == '"1"'
    changed = change(as_alice, url, {"title": "CEO"}, **{"If-Match": tag})
    assert (changed.status_code, changed.headers["ETag"], changed.json()["title"]) == (200, '"2"', "CEO")


def test_an_old_etag_is_412_and_an_old_version_409_with_both_values(as_alice: Client, url: str) -> None:
    change(as_alice, url, {"title": "CEO", "version": 1})
    by_tag = change(as_alice, url, {"title": "COO"}, **{"If-Match": 'W/"1"'})
    by_version = change(as_alice, url, {"title": "COO", "version": 1})
    assert (by_tag.status_code, by_version.status_code) == (412, 409)
    for answer in (by_tag, by_version):
        told = answer.json()
        assert (told["current"], told["yours"], told["code"]) == (2, 1, "version_conflict")
        assert told["fields"] == {"title": {"current": "CEO", "yours": "COO"}}
    assert as_alice.get(url).json()["title"] == "CEO"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"If-Match": '"abc'}, 422),
        ({"If-Match": '"abc"'}, 412),
        ({"If-Match": '"2", "1"'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": "1"}, 200),
    ],
)
def test_a_change_needs_a_version_or_an_etag(
    as_alice: Client, url: str, headers: dict[str, str], status: int
) -> None:
    assert change(as_alice, url, {"title": "CEO"}, **headers).status_code == status


def test_contact_points_that_are_not_asked_for_are_not_read(
    as_alice: Client, url: str, django_assert_num_queries: Any
) -> None:
    for path in (url, "/api/v1/candidates/"):
        with CaptureQueriesContext(connection) as whole:
            as_alice.get(path)
        with django_assert_num_queries(len(whole) - 1):
            sparse = as_alice.get(f"{path}?fields=id,first_name")
        (row,) = sparse.json().get("results", [sparse.json()])
        assert row.keys() == {"id", "first_name"}
    refused = as_alice.get("/api/v1/candidates/?fields=id,shoe_size")
    assert refused.status_code == 422
    assert "shoe_size" in refused.json()["errors"]["fields"]


def test_custom_values_are_written_and_read_with_their_source(as_alice, alice, url) -> None:
    made = as_alice.post(
        "/api/v1/custom-fields/", {"label": "Level", "kind": "choice", "choices": ["Low", "High"]}, JSON
    )
    assert (made.status_code, made.json()["key"]) == (201, "level")
    changed = change(as_alice, url, {"version": 1, "custom": {"level": "high"}}).json()
    assert changed["custom"] == {"level": "High"}
    assert changed["provenance"]["custom.level"]["by"] == alice.pk
    wrong = change(as_alice, url, {"version": 2, "custom": {"level": "top", "other": 1}})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"custom.level", "custom.other"})
    new = as_alice.post("/api/v1/candidates/", {"first_name": "Ida", "custom": {"level": "Low"}}, JSON)
    assert new.json()["custom"] == {"level": "Low"}


def test_fields_are_renamed_moved_and_archived(as_alice: Client, as_bob: Client, alice: User) -> None:
    first, second = (
        defining_fields.add(organisation=alice.organisation, actor=alice, label=label, kind="text")
        for label in ("A", "B")
    )
    body = {"label": "Bee", "move": -1}
    assert as_bob.patch(f"/api/v1/custom-fields/{second.pk}/", body, JSON).status_code == 403
    assert as_alice.patch(f"/api/v1/custom-fields/{second.pk}/", body, JSON).json()["position"] == 0
    as_alice.patch(f"/api/v1/custom-fields/{first.pk}/", {"archived": True}, JSON)
    listed = as_bob.get("/api/v1/custom-fields/").json()["results"]
    assert [(row["label"], row["archived_at"] is None) for row in listed] == [("Bee", True), ("A", False)]


def test_contact_points_added_over_the_api_are_the_callers_alone(as_alice, as_bob, url) -> None:
    points = f"{url}contact-points/"
    body = {"kind": "email", "type": "personal", "value": "own@home.example"}
    made = as_alice.post(points, body, JSON)
    assert (made.status_code, made.json()["private"], made.json()["origin"]) == (201, True, "added")
    assert as_alice.post(points, body, JSON).status_code == 409
    assert len(as_alice.get(points).json()["results"]) == 2
    assert [row["value"] for row in as_bob.get(points).json()["results"]] == ["jonas@voltra.example"]
    one = f"/api/v1/contact-points/{made.json()['id']}/"
    changed = as_alice.patch(one, {"status": "verified", "pinned": True}, JSON).json()
    assert (changed["status"], changed["pinned_at"] is not None) == ("verified", True)
    assert as_alice.patch(one, {"status": "bounced"}, JSON).status_code == 422
    assert as_alice.delete(one).status_code == 204
    wrong = as_alice.post(points, {"kind": "phone", "value": "12"}, JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_phone")


def test_a_shared_address_cannot_be_removed_by_a_program_either(as_alice: Client, person: Candidate) -> None:
    point = person.contact_points.get()
    assert as_alice.delete(f"/api/v1/contact-points/{point.pk}/").status_code == 422
    assert as_alice.get(f"/api/v1/contact-points/{point.pk}/").json()["value"] == point.value


def test_notes_come_by_pages_newest_first(as_alice: Client, alice: User, person: Candidate, url: str) -> None:
    for number in range(5):
        notes.write(candidate=person, actor=alice, body=f"Note {number}")
    first = as_alice.get(f"{url}notes/?size=3").json()
    rest = as_alice.get(first["next"]).json()
    assert [row["body"] for row in first["results"] + rest["results"]] == [
        f"Note {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert rest["next"] is None


def test_a_note_is_written_for_a_project_changed_and_removed(
    as_alice, as_mallory, alice, bob, person, url
) -> None:
    project = make_project(alice)
    body = {"body": f"@{bob.name} see", "visibility": "project", "project": project.pk}
    made = as_alice.post(f"{url}notes/", body, JSON)
    assert (made.status_code, made.json()["mentions"]) == (201, [bob.pk])
    one = f"/api/v1/notes/{made.json()['id']}/"
    changed = as_alice.put(one, {"body": "Done", "visibility": "me"}, JSON).json()
    assert (changed["body"], changed["project"], changed["visibility"]) == ("Done", None, "me")
    assert as_mallory.get(one).status_code == 404
    assert as_alice.delete(one).status_code == 204
    for wrong in ({"body": ""}, {"body": "x", "visibility": "all"}, {"body": "x", "visibility": "project"}):
        assert as_alice.post(f"{url}notes/", wrong, JSON).status_code == 422
    assert as_alice.post(f"{url}notes/", {**body, "project": project.pk + 999}, JSON).status_code == 404


def test_positions_are_added_changed_with_what_was_seen_and_removed(as_alice: Client, url: str) -> None:
    rows = f"{url}history/experience/"
    made = as_alice.post(rows, {"title": "Engineer", "company": "Acme", "started": "2019"}, JSON).json()
    one = f"{rows}{made['id']}/"
    body = {"title": "Lead", "company": "Acme", "started": "2019"}
    assert as_alice.put(one, body, JSON).status_code == 422
    changed = as_alice.put(one, {**body, "seen": made["seen"]}, JSON)
    assert changed.json()["title"] == "Lead"
    late = as_alice.put(one, {**body, "title": "Staff", "seen": made["seen"]}, JSON)
    assert (late.status_code, late.json()["fields"]["title"]["current"]) == (409, "Lead")
    assert as_alice.delete(one).status_code == 204
    assert as_alice.get(rows).json() == {"results": []}
    assert as_alice.get(f"{url}history/hobbies/").status_code == 404


def test_a_value_that_stood_back_is_listed_and_used(as_alice, as_mallory, alice, person, url) -> None:
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CEO"})
    (other,) = as_alice.get(f"{url}values/").json()["results"]
    assert (other["field"], other["value"], other["source"], other["origin"]) == (
        "title",
        "CTO",
        "CSV",
        "imported",
    )
    assert as_mallory.post(f"/api/v1/values/{other['id']}/use/").status_code == 404
    assert as_alice.post(f"/api/v1/values/{other['id']}/use/").json()["title"] == "CTO"
    assert as_alice.post(f"/api/v1/values/{other['id']}/use/").status_code == 404


def test_a_program_that_sends_rubbish_is_told_so(as_alice: Client, url: str) -> None:
    for path, body in (
        ("notes/", "[]"),
        ("notes/", "{"),
        ("contact-points/", '{"kind": []}'),
        ("history/education/", '{"school": {"a": 1}}'),
    ):
        answer = as_alice.post(f"{url}{path}", body, JSON)
        assert answer.status_code in {400, 422}
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert as_alice.get(f"{url}notes/?after=broken").status_code == 400
    assert as_alice.put(f"{url}notes/", {}, JSON).status_code == 405


def test_schools_are_put_into_another_order(as_alice: Client, as_mallory: Client, url: str) -> None:
    for school in ("TU Wien", "ETH"):
        as_alice.post(f"{url}history/education/", {"school": school}, JSON)
    first, second = as_alice.get(f"{url}history/education/").json()["results"]
    move = f"{url}history/education/{second['id']}/move/"
    moved = as_alice.post(move, {"by": -1}, JSON)
    assert (moved.status_code, [row["id"] for row in moved.json()["results"]]) == (
        200,
        [second["id"], first["id"]],
    )
    assert as_alice.post(move, {"by": "up"}, JSON).status_code == 422
    assert as_mallory.post(move, {"by": 1}, JSON).status_code == 404


def test_pages_elsewhere_are_listed_added_once_and_taken_away(
    as_alice: Client, as_bob: Client, as_mallory: Client, url: str
) -> None:
    made = as_alice.post(f"{url}social-profiles/", {"url": "github.com/jonas/"}, JSON)
    assert made.status_code == 201
    assert made.json() | {"id": 0} == {"id": 0, "network": "github", "url": "https://github.com/jonas"}
    again = as_bob.post(f"{url}social-profiles/", {"url": "https://github.com/Jonas"}, JSON)
    assert (again.status_code, again.json()["code"]) == (409, "social_profile_known")
    linkedin = as_bob.post(f"{url}social-profiles/", {"url": "https://linkedin.com/in/jonas"}, JSON)
    assert linkedin.json()["errors"] == {"url": "Edit the LinkedIn field instead."}
    one = f"{url}social-profiles/{made.json()['id']}/"
    assert as_mallory.get(f"{url}social-profiles/").status_code == 404
    assert as_mallory.delete(one).status_code == 404
    assert as_bob.get(f"{url}social-profiles/").json()["results"] == [made.json()]
    assert as_bob.delete(one).status_code == 204
    assert as_bob.delete(one).json()["code"] == "social_profile_missing"


def test_what_happened_to_a_person_is_read_without_a_colleagues_own_notes(
    as_alice: Client, as_bob: Client, as_mallory: Client, url: str
) -> None:
    as_alice.post(f"{url}notes/", {"body": "Met at PyCon"}, JSON)
    as_alice.post(f"{url}notes/", {"body": "Not yet", "visibility": "me"}, JSON)

    def told(client: Client, **query: str) -> str:
        return client.get(f"{url}timeline/", query).content.decode()

    assert "Met at PyCon" in told(as_bob)
    assert "Not yet" in told(as_alice)
    assert "Not yet" not in told(as_bob)
    assert len(as_alice.get(f"{url}timeline/?size=1").json()["results"]) == 1
    assert as_alice.get(f"{url}timeline/?size=0").status_code == 422
    assert as_mallory.get(f"{url}timeline/").status_code == 404
