from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from sourcing import contact_points, suppressing, suppression
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def test_a_suppressed_person_is_suppressed_at_every_present_and_future_address(
    alice: User, northgate: Organisation
) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"])
    suppressing.suppress_person(candidate=person, actor=alice)
    contact_points.add_email(candidate=person, actor=alice, type="other", value="later@x.example")
    for address in ("a@x.example", "later@x.example", "never.seen@x.example"):
        assert suppression.is_suppressed(person.organisation_id, person.pk, address)
    # …and the addresses stand for the person even where the person is not known.
    assert suppression.is_suppressed(person.organisation_id, None, "later@x.example")
    assert not suppression.is_suppressed(person.organisation_id, None, "never.seen@x.example")


def test_a_domain_covers_the_domains_below_it_and_no_others(alice: User, northgate: Organisation) -> None:
    suppressing.suppress_domain(organisation=northgate, domain="@Acme.Example", actor=alice)
    organisation = northgate.pk
    assert suppression.is_suppressed(organisation, None, "a@acme.example")
    assert suppression.is_suppressed(organisation, None, "a@mail.acme.example")
    assert not suppression.is_suppressed(organisation, None, "a@notacme.example")


def test_one_suppressed_address_leaves_the_person_their_others(alice: User, northgate: Organisation) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example", "b@x.example"])
    suppressing.suppress_address(organisation=northgate, address="A@x.example", actor=alice)
    assert suppression.is_suppressed(person.organisation_id, person.pk, "a@x.example")
    assert not suppression.is_suppressed(person.organisation_id, person.pk, "b@x.example")


def test_the_question_of_a_claim_is_one_query(alice: User, northgate: Organisation) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        suppression.is_suppressed(northgate.pk, 1, "a@x.example")
    assert len(queries) == 1


def test_many_are_asked_in_one_query_and_answered_alike(alice: User, northgate: Organisation) -> None:
    ana = make_candidate(alice.organisation, "Ana", emails=["ana@x.example"])
    bo = make_candidate(alice.organisation, "Bo", emails=["bo@y.example"])
    suppressing.suppress_person(candidate=ana, actor=alice)
    suppressing.suppress_domain(organisation=northgate, domain="z.example", actor=alice)
    pairs = [
        (ana.pk, "ana@x.example"),
        (ana.pk, "q@q.example"),
        (bo.pk, "bo@y.example"),
        (bo.pk, "bo@z.example"),
    ]
    with CaptureQueriesContext(connection) as queries:
        found = suppression.suppressed_among(northgate.pk, pairs)
    assert len(queries) == 1
    assert found == {pair for pair in pairs if suppression.is_suppressed(northgate.pk, *pair)}
    assert found == {pairs[0], pairs[1], pairs[3]}


def test_another_organisation_is_not_bound(alice: User, mallory: User, northgate: Organisation) -> None:
    suppressing.suppress_address(organisation=northgate, address="a@x.example", actor=alice)
    assert not suppression.is_suppressed(mallory.organisation_id or 0, None, "a@x.example")
