from __future__ import annotations

import datetime

import pytest

from accounts.models import User
from foundation.problems import Invalid
from sourcing import editing, people, selectors
from sourcing.models import Candidate
from sourcing.search import facts, query
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 5, 12, 12, tzinfo=datetime.UTC)


def test_an_edit_raises_the_version_and_the_search_follows(alice: User) -> None:
    person = make_candidate(alice.organisation, title="Architect")
    edited = people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "Gardener"})
    assert edited.version == 2
    assert query.people(viewer=alice, text="gardener").people == [person]
    assert query.people(viewer=alice, text="architect").people == []


def test_an_edit_that_saw_an_older_version_is_refused_and_writes_nothing(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation)
    people.edit_candidate(candidate=person, actor=alice, version=1, changes={"title": "CTO"})
    with pytest.raises(people.Changed):
        people.edit_candidate(candidate=person, actor=bob, version=1, changes={"title": "Intern"})
    person.refresh_from_db()
    assert person.title == "CTO"


def test_what_may_not_be_edited_is_refused(alice: User) -> None:
    person = make_candidate(alice.organisation)
    with pytest.raises(Invalid):
        people.edit_candidate(candidate=person, actor=alice, version=1, changes={"organisation_id": "2"})


def test_a_person_needs_something_to_be_told_by(alice: User) -> None:
    with pytest.raises(people.Nameless):
        make_candidate(alice.organisation, "", "")
    person = make_candidate(alice.organisation, "Jonas", "")
    with pytest.raises(people.Nameless):
        people.edit_candidate(candidate=person, actor=alice, version=1, changes={"first_name": " "})


def test_a_profile_belongs_to_one_person(alice: User, mallory: User) -> None:
    make_candidate(alice.organisation, linkedin_url="https://linkedin.com/in/jonas")
    with pytest.raises(editing.AlreadyThere):
        make_candidate(alice.organisation, linkedin_url="linkedin.com/in/Jonas/")
    make_candidate(mallory.organisation, linkedin_url="linkedin.com/in/Jonas/")


def test_the_last_contact_only_moves_forward(alice: User) -> None:
    person = make_candidate(alice.organisation)
    people.contacted(person.pk, NOON, alice)
    people.contacted(person.pk, NOON - datetime.timedelta(days=1), alice)
    person.refresh_from_db()
    assert person.last_contacted_at == NOON


def test_a_fact_is_replaced_and_taken_away(alice: User) -> None:
    ids = [make_candidate(alice.organisation, name).pk for name in ("Ana", "Bo")]
    facts.set([*ids, 999_999_999], "campaigns", "status", ["Started"])
    facts.set(ids[:1], "campaigns", "status", ["Replied"])
    assert [facts.of(pk, "campaigns", "status") for pk in ids] == [["Replied"], ["Started"]]
    facts.set(ids, "campaigns", "status", [])
    assert facts.of(ids[0], "campaigns", "status") == []


def test_another_organisations_person_is_not_there(alice: User, mallory: User) -> None:
    person = make_candidate(alice.organisation)
    with pytest.raises(selectors.CandidateMissing):
        selectors.candidate_for(mallory, person.pk)
    assert list(Candidate.objects.for_organisation(mallory.organisation_id)) == []
