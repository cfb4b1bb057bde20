from __future__ import annotations

import datetime

import pytest

from accounts.models import User
from foundation.problems import Invalid
from sourcing import contact_points, editing, selectors
from sourcing.models import ContactStatus, Origin
from sourcing.normalising import InvalidAddress
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 5, 12, 12, tzinfo=datetime.UTC)


def test_an_address_added_by_hand_belongs_to_its_adder_and_stands_last(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, emails=["jonas@voltra.example"])
    point = contact_points.add_email(candidate=person, actor=alice, type="personal", value=" Jo@gmail.com ")
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
    mine = contact_points.add_email(candidate=person, actor=alice, type="personal", value="jo@gmail.com")
    his = contact_points.add_email(candidate=person, actor=bob, type="work", value="jo@gmail.com")
    assert mine.pk != his.pk
    with pytest.raises(editing.AlreadyThere):
        contact_points.add_email(candidate=person, actor=alice, type="other", value="JO@gmail.com")


@pytest.mark.parametrize("value", ["nobody", "no-email--1@beckon.example.com"])
def test_a_useless_address_is_refused_by_hand_and_at_creation(alice: User, value: str) -> None:
    person = make_candidate(alice.organisation)
    with pytest.raises(InvalidAddress):
        contact_points.add_email(candidate=person, actor=alice, type="other", value=value)
    with pytest.raises(InvalidAddress):
        make_candidate(alice.organisation, "Ida", emails=[value])


def test_one_shared_pin_counts_and_a_private_one_is_the_adders_own(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])
    first, second = selectors.contact_points(viewer=alice, candidate=person)
    private = contact_points.add_email(candidate=person, actor=alice, type="personal", value="c@x.example")
    contact_points.pin(contact_point=first, actor=bob)
    contact_points.pin(contact_point=private, actor=alice)
    pinned = {point.value for point in person.contact_points.filter(pinned_at__isnull=False)}
    assert pinned == {"a@x.example", "c@x.example"}
    contact_points.pin(contact_point=second, actor=alice)
    assert {point.value for point in person.contact_points.filter(pinned_at__isnull=False)} == {"b@x.example"}


def test_nobody_pins_or_removes_anothers_private_address(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation)
    private = contact_points.add_email(candidate=person, actor=alice, type="personal", value="c@x.example")
    with pytest.raises(Invalid):
        contact_points.pin(contact_point=private, actor=bob)
    with pytest.raises(Invalid):
        contact_points.remove(contact_point=private, actor=bob)
    contact_points.remove(contact_point=private, actor=alice)
    assert not person.contact_points.exists()


def test_a_bounce_marks_every_row_of_the_address_once(alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])

    def bounce() -> int:
        return contact_points.mark_bounced(
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
    contact_points.mark_bounced(
        organisation_id=person.organisation_id,
        candidate_id=person.pk,
        address="a@x.example",
        at=NOON,
        cause="5.1.1",
    )
    point = person.contact_points.get()
    contact_points.mark_valid(contact_point=point, actor=alice)
    point.refresh_from_db()
    assert (point.status, point.bounced_at, point.status_note) == (ContactStatus.UNKNOWN, None, "")
