"""Generated addresses: one per person, unique in the organisation, nobody's real address (seed 000)."""

from __future__ import annotations

import secrets
import threading

import pytest
from django.db import connection as database

from integrations import dummies
from integrations.models import DummyAddress
from sourcing.normalising import InvalidAddress, is_dummy_address, normalise_email
from tests.integrations import making

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [-352233856, -828794187, 1047659244, 0, 2**31 - 1, -(2**31)])
def test_the_shape_is_the_one_users_were_shown_and_every_door_knows_it(number: int) -> None:
    alice = making.alice()
    assert alice.organisation is not None
    made = dummies.address(number, organisation=alice.organisation)
    assert made == f"no-email-{number}@beckon.example.com"
    assert is_dummy_address(made)
    with pytest.raises(InvalidAddress):
        normalise_email(made)


def test_a_person_keeps_the_number_they_drew() -> None:
    alice = making.alice()
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    assert alice.organisation is not None
    first = dummies.draw(ada, organisation=alice.organisation)
    assert dummies.draw(ada, organisation=alice.organisation) == first
    assert dummies.address_of(ada, organisation=alice.organisation) == first
    assert dummies.draw(bea, organisation=alice.organisation) != first


def test_a_taken_number_and_the_test_records_number_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = making.alice()
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    assert alice.organisation is not None
    draws = iter([5, 5, dummies.TEST_NUMBER, 6])
    monkeypatch.setattr(secrets, "randbits", lambda _bits: next(draws) + 2**31)
    assert dummies.draw(ada, organisation=alice.organisation).startswith("no-email-5@")
    assert dummies.draw(bea, organisation=alice.organisation).startswith("no-email-6@")


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_draw_one_number_for_one_person() -> None:
    alice = making.alice()
    ada = making.person(alice)
    assert alice.organisation is not None
    organisation, drawn = alice.organisation, []

    def work() -> None:
        try:
            drawn.append(dummies.draw(ada, organisation=organisation))
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 4
    assert len(set(drawn)) == 1
    assert DummyAddress.objects.for_organisation(organisation).count() == 1
