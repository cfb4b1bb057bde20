from __future__ import annotations

import datetime

import pytest

from accounts.models import User
from foundation.problems import Invalid
from sourcing import people, selectors
from sourcing.models import Candidate, ContactStatus, Origin
from sourcing.normalising import InvalidAddress
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
    with pytest.raises(people.AlreadyThere):
        make_candidate(alice.organisation, linkedin_url="linkedin.com/in/Jonas/")
    make_candidate(mallory.organisation, linkedin_url="linkedin.com/in/Jonas/")


def test_an_address_added_by_hand_belongs_to_its_adder_and_stands_last(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, emails=["jonas@voltra.example"])
    point = people.add_email(candidate=person, actor=alice, type="personal", value=" Jo@gmail.com ")
    assert (point.shared, point.added_by, point.origin, point.value) == (
        False,
        alice,
        Origin.ADDED,
        "Jo@gmail.com",
    )
    assert [row.value for row in selectors.contact_points(viewer=alice, candidate=person)] == [
        "jonas@voltra.example",
        "Jo@gmail.com",
    ]
    assert [row.value for row in selectors.contact_points(viewer=bob, candidate=person)] == [
        "jonas@voltra.example"
    ]


def test_each_adder_of_the_same_address_keeps_a_row_of_their_own(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation)
    mine = people.add_email(candidate=person, actor=alice, type="personal", value="jo@gmail.com")
    his = people.add_email(candidate=person, actor=bob, type="work", value="jo@gmail.com")
    assert mine.pk != his.pk
    with pytest.raises(people.AlreadyThere):
        people.add_email(candidate=person, actor=alice, type="other", value="JO@gmail.com")


@pytest.mark.parametrize("value", ["nobody", "no-email--1@beckon.example.com"])
def test_a_useless_address_is_refused_by_hand_and_at_creation(alice: User, value: str) -> None:
    person = make_candidate(alice.organisation)
    with pytest.raises(InvalidAddress):
        people.add_email(candidate=person, actor=alice, type="other", value=value)
    with pytest.raises(InvalidAddress):
        make_candidate(alice.organisation, "Ida", emails=[value])


def test_one_shared_pin_counts_and_a_private_one_is_the_adders_own(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])
    first, second = selectors.contact_points(viewer=alice, candidate=person)
    private = people.add_email(candidate=person, actor=alice, type="personal", value="c@x.example")
    people.pin(contact_point=first, actor=bob)
    people.pin(contact_point=private, actor=alice)
    pinned = {point.value for point in person.contact_points.filter(pinned_at__isnull=False)}
    assert pinned == {"a@x.example", "c@x.example"}
    people.pin(contact_point=second, actor=alice)
    assert {point.value for point in person.contact_points.filter(pinned_at__isnull=False)} == {"b@x.example"}


def test_nobody_pins_or_removes_anothers_private_address(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation)
    private = people.add_email(candidate=person, actor=alice, type="personal", value="c@x.example")
    with pytest.raises(Invalid):
        people.pin(contact_point=private, actor=bob)
    with pytest.raises(Invalid):
        people.remove_contact_point(contact_point=private, actor=bob)
    people.remove_contact_point(contact_point=private, actor=alice)
    assert not person.contact_points.exists()


def test_a_bounce_marks_every_row_of_the_address_once(alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])

    def bounce() -> int:
        return people.mark_bounced(
            organisation_id=person.organisation_id,
            candidate_id=person.pk,
            address="a@x.example",
            at=NOON,
            cause="5.1.1",
        )

    assert (bounce(), bounce()) == (1, 0)
    states = dict(person.contact_points.values_list("normalised", "status"))
    assert states == {"a@x.example": ContactStatus.BOUNCED, "b@x.example": ContactStatus.UNKNOWN}
    reach = selectors.reach(viewer=alice, candidate_ids=[person.pk])[person.pk]
    assert (reach.emails, reach.bounced, reach.mail) == (2, 1, "ok")


def test_a_bounced_address_works_again_only_when_somebody_says_so(alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"])
    people.mark_bounced(
        organisation_id=person.organisation_id,
        candidate_id=person.pk,
        address="a@x.example",
        at=NOON,
        cause="5.1.1",
    )
    point = person.contact_points.get()
    people.mark_valid(contact_point=point, actor=alice)
    point.refresh_from_db()
    assert (point.status, point.bounced_at, point.status_note) == (ContactStatus.UNKNOWN, None, "")


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
