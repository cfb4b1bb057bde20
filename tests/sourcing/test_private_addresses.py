"""Bob never sees an address that Alice added by hand, through no door at all (seed 002; docs/behaviour.md §3)."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEntry, User
from sourcing import contact_points, person_data, selectors
from sourcing.importing import previewing
from sourcing.models import Candidate
from sourcing.search import query
from tests.sourcing.factories import csv_bytes, make_candidate, make_project, upload

pytestmark = pytest.mark.django_db
SECRET = "hidden.jonas@gmail.com"


@pytest.fixture
def person(alice: User) -> Candidate:
    person = make_candidate(alice.organisation)
    contact_points.add_email(candidate=person, actor=alice, type="personal", value=SECRET)
    make_project(alice, people_in_it=[person])
    return person


PAGES = [
    "/people/",
    f"/people/?q={SECRET}",
    "/people/?person={id}",
    "/people/{id}/",
    "/people/{id}/edit/",
    "/people/{id}/contacts/new/",
    "/projects/",
    "/projects/{project}/",
    "/projects/{project}/add/",
    "/projects/{project}/add/?q=hidden",
    "/api/v1/candidates/",
    f"/api/v1/candidates/?q={SECRET}",
    "/api/v1/candidates/{id}/",
]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_and_no_api_answer_shows_it_to_bob(as_bob: Client, person: Candidate, page: str) -> None:
    project = person.memberships.get().project_id
    answer = as_bob.get(page.format(id=person.pk, project=project))
    assert answer.status_code == 200
    # What Bob typed into the search box comes back to him; the address itself is in no other place.
    assert (
        answer.content.decode().replace(f'value="{SECRET}"', "").replace(f"q={SECRET}", "").count(SECRET) == 0
    )


@pytest.mark.parametrize("page", ["/people/{id}/", "/people/?person={id}", "/api/v1/candidates/{id}/"])
def test_alice_sees_it_herself(as_alice: Client, person: Candidate, page: str) -> None:
    assert SECRET in as_alice.get(page.format(id=person.pk)).content.decode()


def test_the_search_finds_it_for_alice_only(alice: User, bob: User, person: Candidate) -> None:
    assert query.people(viewer=alice, text=SECRET).people == [person]
    found = query.people(viewer=bob, text=SECRET)
    assert (found.people, found.total.count) == ([], 0)


@pytest.mark.parametrize("word", ["hidden", "gmail", "hidden.jonas"])
def test_no_word_of_it_is_in_the_index(alice: User, person: Candidate, word: str) -> None:
    assert query.people(viewer=alice, text=word).people == []


def test_it_counts_for_nobody_else(alice: User, bob: User, person: Candidate) -> None:
    assert selectors.reach(viewer=alice, candidate_ids=[person.pk])[person.pk].emails == 1
    assert selectors.reach(viewer=bob, candidate_ids=[person.pk])[person.pk].emails == 0


def test_the_timeline_tells_it_to_alice_only(alice: User, bob: User, person: Candidate) -> None:
    def told(viewer: User) -> str:
        return str(person_data.timeline(candidate=person, viewer=viewer))

    assert SECRET in told(alice)
    assert SECRET not in told(bob)
    assert "added by hand" not in told(bob)


def test_the_preview_of_an_import_does_not_give_it_away(bob: User, person: Candidate) -> None:
    preview = previewing.preview(upload(bob, csv_bytes(["Name", "Email"], ["X", SECRET])))
    assert (preview.known, preview.fresh) == (0, 1)


def test_bob_cannot_reach_it_by_its_number(as_bob: Client, person: Candidate) -> None:
    point = person.contact_points.get()
    for action in ("pin", "unpin", "valid", "remove"):
        assert as_bob.post(f"/people/contacts/{point.pk}/{action}/").status_code == 404
    point.refresh_from_db()
    assert point.pinned_at is None


def test_an_admin_is_no_exception(mallory: User, alice: User, bob: User) -> None:
    person = make_candidate(bob.organisation)
    contact_points.add_email(candidate=person, actor=bob, type="personal", value=SECRET)
    assert not selectors.contact_points(viewer=alice, candidate=person).exists()


def test_the_audit_trail_tells_that_it_changed_and_not_what_it_is(alice: User, person: Candidate) -> None:
    point = person.contact_points.get()
    contact_points.pin(contact_point=point, actor=alice)
    contact_points.remove(contact_point=point, actor=alice)
    entries = AuditEntry.objects.filter(table="sourcing_contactpoint")
    assert {entry.action for entry in entries} == {"update", "delete"}
    assert SECRET not in str([entry.changes for entry in entries])
