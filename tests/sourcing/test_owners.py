"""Every person has somebody who looks after them: who brought them in, until a colleague is named."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEntry, Role, User
from foundation import runs
from foundation.models import Event, Run
from foundation.problems import Invalid
from sourcing import bulk, merging, people
from sourcing.bulk import Whom
from sourcing.models import Candidate
from sourcing.search import facets, query
from sourcing.search.question import Question
from tests.sourcing.factories import csv_bytes, import_csv, make_candidate, make_user

pytestmark = pytest.mark.django_db


def owner_of(person: Candidate) -> User | None:
    return Candidate.objects.for_organisation(person.organisation_id).get(pk=person.pk).owner


def given(person: Candidate, actor: User, owner: User | None) -> Candidate:
    changes = {"owner_id": owner.pk if owner else None}
    return people.edit_candidate(candidate=person, actor=actor, version=person.version, changes=changes)


def owned_by(viewer: User, owner: User) -> list[str]:
    question = Question(filters={"owner": (str(owner.pk),)})
    return sorted(person.first_name for person in query.people(viewer=viewer, question=question).people)


def counts(viewer: User) -> dict[str, int | None]:
    columns = facets.column(viewer=viewer, question=Question()).filters
    return {option.label: option.count for each in columns if each.name == "owner" for option in each.options}


def leaves(colleague: User) -> None:
    colleague.is_active = False
    colleague.save(update_fields=["is_active"])


# ── who it is at first ──────────────────────────────────────────────────────


def test_who_makes_a_person_owns_them_and_a_program_leaves_them_to_nobody(alice: User) -> None:
    assert owner_of(make_candidate(alice.organisation, actor=alice)) == alice
    assert owner_of(make_candidate(alice.organisation)) is None


def test_who_imports_people_owns_the_new_ones_and_not_those_who_were_there(alice: User, bob: User) -> None:
    there = make_candidate(alice.organisation, "Ana", "Alba", actor=alice, emails=["ana@a.example"])
    rows = [
        ["First name", "Last name", "Email"],
        ["Ana", "Alba", "ana@a.example"],
        ["Bo", "B", "b@a.example"],
    ]
    import_csv(bob, csv_bytes(*rows))
    assert owner_of(there) == alice
    fresh = Candidate.objects.for_organisation(alice.organisation_id).get(first_name="Bo")
    assert fresh.owner == bob
    assert owned_by(alice, bob) == ["Bo"]


# ── naming somebody else ────────────────────────────────────────────────────


def test_a_person_is_given_to_a_colleague_with_news_an_audit_entry_and_the_filter(
    alice: User, bob: User
) -> None:
    person = make_candidate(alice.organisation, actor=alice)
    given(person, alice, bob)
    assert owner_of(person) == bob
    assert (owned_by(alice, bob), owned_by(alice, alice)) == (["Jonas"], [])
    event = Event.objects.for_organisation(alice.organisation_id).get(kind="candidate.updated")
    assert event.ids["fields"] == "owner_id"
    entry = AuditEntry.objects.filter(table="sourcing_candidate", row=person.pk).get()
    assert entry.changes["owner_id"] == [alice.pk, bob.pk]


def test_a_stranger_a_viewer_and_a_colleague_who_left_cannot_be_given_anybody(
    alice: User, bob: User, mallory: User
) -> None:
    person = make_candidate(alice.organisation, actor=alice)
    vera = make_user(alice.organisation, "Vera Voss", Role.VIEWER)
    leaves(bob)
    for nobody in (bob, vera, mallory):
        with pytest.raises(Invalid) as refused:
            given(person, alice, nobody)
        assert set(refused.value.fields) == {"owner_id"}
    assert owner_of(person) == alice


def test_a_colleague_who_left_keeps_their_people_findable_and_a_deleted_one_leaves_nobody(
    alice: User, bob: User
) -> None:
    person = make_candidate(alice.organisation, actor=bob)
    leaves(bob)
    assert owned_by(alice, bob) == ["Jonas"]
    assert counts(alice) == {"Bob Berger": 1}
    people.edit_candidate(
        candidate=person, actor=alice, version=person.version, changes={"owner_id": bob.pk, "title": "Nurse"}
    )
    assert owner_of(person) == bob
    bob.delete()
    assert owner_of(person) is None
    assert counts(alice) == {}


def test_a_merge_keeps_the_survivors_owner_and_undoing_gives_both_back(alice: User, bob: User) -> None:
    stays, goes = (
        make_candidate(alice.organisation, actor=alice),
        make_candidate(alice.organisation, actor=bob),
    )
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    assert owner_of(stays) == alice
    merging.undo_merge(merge=made, actor=alice)
    assert (owner_of(stays), owner_of(goes)) == (alice, bob)


def test_a_survivor_whom_nobody_owns_gets_the_others_owner(alice: User, bob: User) -> None:
    stays, goes = make_candidate(alice.organisation), make_candidate(alice.organisation, actor=bob)
    made = merging.merge(survivor=stays, other=goes, actor=alice)
    assert owner_of(stays) == bob
    merging.undo_merge(merge=made, actor=alice)
    assert owner_of(stays) is None


# ── many at once ────────────────────────────────────────────────────────────


def change_owner(actor: User, owner: User | None, *found: Candidate) -> Run:
    whom = Whom(ids=tuple(person.pk for person in found))
    values = {"owner_id": owner.pk if owner else None}
    return worked(bulk.start(actor=actor, action="change_owner", whom=whom, values=values))


def worked(run: Run) -> Run:
    while runs.work(run.pk):
        pass
    run.refresh_from_db()
    return run


def test_many_people_are_given_away_and_undoing_gives_each_back(alice: User, bob: User) -> None:
    mine, his, nobodys = (
        make_candidate(alice.organisation, name, actor=actor)
        for name, actor in (("A", alice), ("B", bob), ("C", None))
    )
    run = change_owner(alice, bob, mine, his, nobodys)
    assert (run.title, run.result["summary"]) == ("Change owner to Bob Berger", "2 changed, 1 as they were")
    assert owned_by(alice, bob) == ["A", "B", "C"]
    told = Event.objects.for_organisation(alice.organisation_id).filter(kind="candidate.updated")
    assert sorted(event.ids["candidate_id"] for event in told) == [mine.pk, nobodys.pk]
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert [owner_of(person) for person in (mine, his, nobodys)] == [alice, bob, None]
    assert owned_by(alice, bob) == ["B"]


def test_undoing_leaves_alone_who_was_given_to_a_third_one_since(alice: User, bob: User) -> None:
    cleo = make_user(alice.organisation, "Cleo Cruz")
    one, two = (make_candidate(alice.organisation, name, actor=alice) for name in "AB")
    run = change_owner(alice, bob, one, two)
    one.refresh_from_db()
    given(one, alice, cleo)
    back = worked(bulk.undo(actor=alice, run_id=run.pk))
    assert back.result["summary"] == "1 taken back"
    assert (owner_of(one), owner_of(two)) == (cleo, alice)


def test_undoing_after_the_first_owner_was_deleted_gives_to_nobody(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, actor=bob)
    run = change_owner(alice, alice, person)
    bob.delete()
    worked(bulk.undo(actor=alice, run_id=run.pk))
    assert owner_of(person) is None


def test_nobody_gets_people_of_another_organisation(alice: User, mallory: User) -> None:
    hers = make_candidate(mallory.organisation, "Hers", actor=mallory)
    run = change_owner(alice, alice, hers)
    assert run.result["summary"] == "0 changed, 1 not found"
    assert owner_of(hers) == mallory
    for owner in (mallory.pk, "1", True, -1, 2**70):
        with pytest.raises(Invalid):
            bulk.start(actor=alice, action="change_owner", whom=Whom(ids=(1,)), values={"owner_id": owner})


# ── pages and API ───────────────────────────────────────────────────────────


def test_the_page_shows_the_owner_and_offers_colleagues_who_may_be_one(
    as_alice: Client, alice: User, bob: User
) -> None:
    person = make_candidate(alice.organisation, actor=bob)
    make_user(alice.organisation, "Vera Voss", Role.VIEWER)
    leaves(bob)
    assert "Bob Berger (left)" in as_alice.get(f"/people/{person.pk}/?tab=profile").content.decode()
    form = as_alice.get(f"/people/{person.pk}/fields/owner_id/").content.decode()
    assert "Alice Aubert" in form
    assert "Vera Voss" not in form
    saved = as_alice.post(f"/people/{person.pk}/fields/owner_id/", {"value": alice.pk, "seen": "x"})
    assert saved.status_code == 409, "somebody else's answer is not overwritten unseen"
    seen = form.split('name="seen" value="')[1].split('"')[0]
    as_alice.post(f"/people/{person.pk}/fields/owner_id/", {"value": alice.pk, "seen": seen})
    assert owner_of(person) == alice
    seen = as_alice.get(f"/people/{person.pk}/fields/owner_id/").content.decode()
    seen = seen.split('name="seen" value="')[1].split('"')[0]
    as_alice.post(f"/people/{person.pk}/fields/owner_id/", {"value": "", "seen": seen})
    assert owner_of(person) is None


def test_the_bulk_page_asks_whom_and_says_nobody_only_when_told(
    as_alice: Client, alice: User, bob: User
) -> None:
    person = make_candidate(alice.organisation, actor=alice)
    chosen = {"candidate": [person.pk]}
    assert "Bob Berger" in as_alice.post("/people/owner/", chosen).content.decode()
    assert as_alice.post("/people/owner/", chosen | {"choose": "1", "owner": ""}).status_code == 422
    as_alice.post("/people/owner/", chosen | {"choose": "1", "owner": bob.pk})
    assert owner_of(person) == bob
    as_alice.post("/people/owner/", chosen | {"choose": "1", "owner": "nobody"})
    assert owner_of(person) is None


def test_the_api_tells_the_owner_and_takes_another_one(
    as_alice: Client, alice: User, bob: User, mallory: User
) -> None:
    made = as_alice.post(
        "/api/v1/candidates/", {"first_name": "Ana", "owner_id": bob.pk}, content_type="application/json"
    ).json()
    assert made["owner_id"] == bob.pk
    address = f"/api/v1/candidates/{made['id']}/"

    def changed(owner: object) -> tuple[int, dict[str, object]]:
        version = as_alice.get(address).json()["version"]
        answer = as_alice.patch(
            address, {"owner_id": owner, "version": version}, content_type="application/json"
        )
        return answer.status_code, answer.json()

    assert changed(alice.pk)[1]["owner_id"] == alice.pk
    status, told = changed(mallory.pk)
    assert (status, set(told["errors"])) == (422, {"owner_id"})
    assert changed(None)[1]["owner_id"] is None
    found = as_alice.get(f"/api/v1/candidates/?owner={alice.pk}").json()
    assert found["results"] == []
