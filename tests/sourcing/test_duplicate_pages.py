from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from foundation import events, runs
from foundation.models import Run
from sourcing import contact_points, duplicates, merging, people
from sourcing.models import Candidate, DuplicatePair, DuplicateRule, PersonMerge
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
INDEX = "/people/duplicates/"


def deliver() -> None:
    while events.deliver(consumers=["sourcing.duplicates"]):
        pass


@pytest.fixture
def pair(alice: User) -> DuplicatePair:
    make_candidate(alice.organisation, "Jonas", "Lehner", title="CTO", emails=["jonas@x.example"])
    make_candidate(
        alice.organisation, "Jon", "Lehner", title="Engineer", company="Voltra", emails=["jonas@x.example"]
    )
    deliver()
    return duplicates.open_pairs(alice).get()


def test_a_pair_stands_with_its_score_and_reasons(as_alice: Client, pair: DuplicatePair) -> None:
    page = as_alice.get(INDEX).content.decode()
    assert "Jonas Lehner" in page
    assert "Same e-mail address" in page
    assert "Merge all certain (1)" in page


def test_the_list_costs_the_same_for_one_pair_and_for_many(
    as_alice: Client, alice: User, pair: DuplicatePair, django_assert_num_queries: Any
) -> None:
    as_alice.get(INDEX)  # who is logged in and what is unread are read from the cache from now on
    with django_assert_num_queries(8) as few:
        as_alice.get(INDEX)
    for n in range(10):
        for _ in range(2):
            make_candidate(alice.organisation, f"Ana{n}", "Diaz", emails=[f"ana{n}@x.example"])
    deliver()
    with django_assert_num_queries(len(few)):
        assert as_alice.get(INDEX).content.decode().count("Compare") == 11


def test_side_by_side_a_value_is_chosen_field_by_field(as_alice: Client, pair: DuplicatePair) -> None:
    stays, goes = pair.first_id, pair.second_id
    address = f"/people/merge/?stays={stays}&goes={goes}"
    page = as_alice.get(address).content.decode()
    assert 'name="title" value="survivor" checked' in page
    # The survivor has no company: the other's is proposed.
    assert 'name="company" value="other" checked' in page
    answer = as_alice.post(
        "/people/merge/",
        {"stays": stays, "goes": goes, "title": "other", "company": "survivor", "stays_version": "1"},
    )
    assert answer.status_code == 302
    survivor = Candidate.unguarded.get(pk=stays)
    assert (survivor.first_name, survivor.title, survivor.company) == ("Jonas", "Engineer", "")
    assert not as_alice.get(INDEX).context["rows"]


def test_a_page_that_saw_an_older_version_merges_nothing(
    as_alice: Client, alice: User, pair: DuplicatePair
) -> None:
    people.edit_candidate(candidate=pair.first, actor=alice, version=1, changes={"title": "CEO"})
    answer = as_alice.post(
        "/people/merge/",
        {"stays": pair.first_id, "goes": pair.second_id, "stays_version": "1", "goes_version": "1"},
    )
    assert answer.status_code == 409
    assert "Somebody changed one of the two" in answer.content.decode()
    assert not PersonMerge.objects.for_organisation(alice.organisation_id).exists()


def test_not_a_duplicate_goes_from_the_list_for_good(as_alice: Client, pair: DuplicatePair) -> None:
    as_alice.post(reverse("sourcing:duplicate_dismiss", args=[pair.pk]))
    page = as_alice.get(INDEX).content.decode()
    assert "No likely duplicates" in page
    as_alice.post(reverse("sourcing:duplicate_dismiss", args=[pair.pk]), {"again": "1"})
    assert as_alice.get(INDEX).context["rows"]


def test_the_old_address_leads_to_the_survivor_until_the_merge_is_undone(
    as_alice: Client, as_mallory: Client, pair: DuplicatePair
) -> None:
    old = pair.second_id
    merging.merge(survivor=pair.first, other=pair.second, actor=None)
    for name in ("candidate", "person_edit"):
        answer = as_alice.get(reverse(f"sourcing:{name}", args=[old]))
        assert (answer.status_code, answer.headers.get("Location")) == (
            302,
            reverse(f"sourcing:{name}", args=[pair.first_id]),
        )
    assert as_mallory.get(f"/people/{old}/").status_code == 404
    problem = as_alice.get(f"/api/v1/candidates/{old}/")
    assert (problem.status_code, problem.json()["merged_into"]) == (404, pair.first_id)
    merge = PersonMerge.objects.for_organisation(pair.organisation_id).get()
    assert "became part of" in as_alice.get(INDEX).content.decode()
    answer = as_alice.post(reverse("sourcing:merge_undo", args=[merge.pk]), follow=True)
    assert answer.status_code == 200
    assert "a person of their own again" in answer.content.decode()
    assert as_alice.get(f"/people/{old}/").status_code == 200


def test_a_drawer_of_somebody_who_was_merged_opens_who_they_are_now(
    as_alice: Client, pair: DuplicatePair
) -> None:
    merging.merge(survivor=pair.first, other=pair.second, actor=None)
    for headers in ({}, {"HX-Request": "true", "HX-Target": "drawer"}):
        answer = as_alice.get(f"/people/?q=lehner&person={pair.second_id}", headers=headers)
        assert (answer.status_code, answer.headers.get("Location")) == (
            302,
            f"/people/?q=lehner&person={pair.first_id}",
        )
        assert as_alice.get(answer.headers["Location"], headers=headers).status_code == 200


def test_whoever_merges_somebody_who_was_merged_meanwhile_sees_who_they_are_now(
    as_alice: Client, alice: User, pair: DuplicatePair
) -> None:
    third = make_candidate(alice.organisation, "Third")
    merging.merge(survivor=third, other=pair.second, actor=None)
    asked = {"stays": str(pair.first_id), "goes": str(pair.second_id)}
    ticked = {"candidate": [str(pair.first_id), str(pair.second_id)]}
    for answer in (
        as_alice.get("/people/merge/", asked),
        as_alice.post("/people/merge/", asked),
        as_alice.post("/people/merge/ticked/", ticked),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/people/{third.pk}/")


def test_nobody_sees_anothers_private_address_side_by_side(
    as_alice: Client, as_bob: Client, bob: User, pair: DuplicatePair
) -> None:
    contact_points.add_email(candidate=pair.second, actor=bob, type="personal", value="secret@home.example")
    address = f"/people/merge/?stays={pair.first_id}&goes={pair.second_id}"
    assert "secret@home.example" in as_bob.get(address).content.decode()
    assert "secret@home.example" not in as_alice.get(address).content.decode()


@pytest.mark.parametrize("query", ["", "stays=1", "stays=x&goes=y", "stays=1&goes=99999999999999999999"])
def test_a_broken_question_is_answered_with_what_to_do(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/people/merge/?{query}").status_code in {404, 422}


def test_a_strangers_person_cannot_be_merged(as_mallory: Client, mallory: User, pair: DuplicatePair) -> None:
    own = make_candidate(mallory.organisation)
    body = {"stays": own.pk, "goes": pair.first_id}
    assert as_mallory.post("/people/merge/", body).status_code == 404
    assert as_mallory.post(f"/api/v1/candidates/{own.pk}/merge/", {"other": pair.first_id}).status_code == 404


def test_two_ticked_people_are_shown_side_by_side(as_alice: Client, pair: DuplicatePair) -> None:
    answer = as_alice.post("/people/merge/ticked/", {"candidate": [pair.first_id, pair.second_id]})
    assert answer.headers["Location"].startswith("/people/merge/?stays=")
    assert (
        as_alice.post("/people/merge/ticked/", {"candidate": [pair.first_id]}).headers["Location"]
        == "/people/"
    )


def test_scan_and_merging_all_are_runs(as_alice: Client, alice: User, pair: DuplicatePair) -> None:
    as_alice.post("/people/duplicates/scan/")
    as_alice.post("/people/duplicates/scan/")
    as_alice.post("/people/duplicates/merge-certain/")
    kinds = Run.objects.for_organisation(alice.organisation_id).values_list("kind", flat=True)
    assert sorted(kinds) == ["duplicates.merge", "duplicates.scan"]
    assert "Everybody is being looked at" in as_alice.get(INDEX).content.decode()


def test_an_admin_says_what_decides(as_alice: Client, as_bob: Client, alice: User) -> None:
    body = {"keys": ["email", "phone"], "every": "all", "refuse": "refuse"}
    assert as_bob.post("/people/duplicates/rule/", body).status_code == 403
    assert as_alice.post("/people/duplicates/rule/", body).status_code == 302
    row = DuplicateRule.objects.for_organisation(alice.organisation_id).get()
    assert (row.keys, row.every, row.refuse) == (["email", "phone"], True, True)
    assert as_alice.post("/people/duplicates/rule/", body | {"keys": ["shoe"]}).status_code == 422


def test_a_new_person_who_may_be_there_is_warned_about(as_alice: Client, alice: User) -> None:
    known = make_candidate(alice.organisation, emails=["jonas@x.example"])
    body = {"first_name": "Jon", "last_name": "Lehner", "email": "jonas@x.example", "email_type": "work"}
    warned = as_alice.post("/people/new/", body)
    assert warned.status_code == 409
    page = warned.content.decode()
    assert "Possible duplicate" in page
    assert known.url in page
    assert "Create anyway" in page
    assert as_alice.post("/people/new/", body | {"create_anyway": "1"}).status_code == 302
    assert Candidate.objects.for_organisation(alice.organisation_id).count() == 2


def test_an_organisation_may_refuse_a_second_record(as_alice: Client, alice: User) -> None:
    make_candidate(alice.organisation, emails=["jonas@x.example"])
    assert alice.organisation is not None
    duplicates.set_rule(
        organisation=alice.organisation, actor=alice, keys=["email"], every=False, refuse=True
    )
    body = {"first_name": "Jon", "email": "jonas@x.example", "email_type": "work", "create_anyway": "1"}
    assert as_alice.post("/people/new/", body).status_code == 422
    api = as_alice.post(
        "/api/v1/candidates/",
        {"first_name": "Jon", "emails": [{"value": "jonas@x.example"}], "create_anyway": True},
        content_type="application/json",
    )
    assert (api.status_code, api.json()["code"]) == (409, "possible_duplicate")


def test_the_api_warns_unless_it_is_told_to_go_on(as_alice: Client, alice: User) -> None:
    known = make_candidate(alice.organisation, emails=["jonas@x.example"])
    body = {"first_name": "Jonas", "emails": [{"value": "Jonas@x.example"}]}
    refused = as_alice.post("/api/v1/candidates/", body, content_type="application/json")
    assert refused.status_code == 409
    assert refused.json()["duplicates"][0]["candidate_id"] == known.pk
    assert "jonas@x.example" not in refused.content.decode()
    made = as_alice.post(
        "/api/v1/candidates/", body | {"create_anyway": True}, content_type="application/json"
    )
    assert made.status_code == 201
    assert made.json()["possible_duplicates"][0]["certain"] is True


def test_the_api_decides_merges_and_undoes(as_alice: Client, pair: DuplicatePair) -> None:
    listed = as_alice.get("/api/v1/duplicates/").json()["results"]
    assert [(row["first"], row["second"], row["certain"]) for row in listed] == [
        (pair.first_id, pair.second_id, True)
    ]
    decided = as_alice.patch(
        f"/api/v1/duplicates/{pair.pk}/", {"state": "not_duplicate"}, content_type="application/json"
    )
    assert decided.json()["state"] == "not_duplicate"
    merged = as_alice.post(
        f"/api/v1/candidates/{pair.first_id}/merge/",
        {"other": pair.second_id, "choices": {"title": "other"}, "version": 1},
        content_type="application/json",
    )
    assert merged.status_code == 201, merged.content
    assert merged.json()["candidate"]["title"] == "Engineer"
    assert as_alice.get("/api/v1/merges/").json()["results"][0]["other_id"] == pair.second_id
    undone = as_alice.post(f"/api/v1/merges/{merged.json()['id']}/undo/")
    assert undone.json() == {"survivor": pair.first_id, "other": pair.second_id, "not_restored": []}
    again = as_alice.post(f"/api/v1/merges/{merged.json()['id']}/undo/")
    assert (again.status_code, again.json()["code"]) == (409, "merge_not_undoable")


def test_the_api_tells_of_the_last_look_and_merges_all_that_is_certain(
    as_alice: Client, as_mallory: Client, alice: User, pair: DuplicatePair
) -> None:
    look = "/api/v1/duplicates/scan/"
    assert as_alice.get(look).status_code == 404
    begun = as_alice.post("/api/v1/duplicates/").json()
    assert as_alice.get(look).json()["run"]["id"] == begun["id"]
    assert as_mallory.get(look).status_code == 404
    merge = "/api/v1/duplicates/merge-certain/"
    assert as_mallory.post(merge).status_code == 409, "there is nothing of theirs"
    begun = as_alice.post(merge)
    assert (begun.status_code, begun.json()["total"]) == (202, 1)
    while runs.work(begun.json()["id"]):
        pass
    assert as_alice.get("/api/v1/merges/").json()["results"][0]["other_id"] in (pair.first_id, pair.second_id)
    assert Candidate.objects.for_organisation(alice.organisation_id).count() == 1
