from __future__ import annotations

import pytest

from accounts.models import Organisation, User
from sourcing import suppressing
from sourcing.models import Suppression
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def test_suppressing_twice_changes_nothing(alice: User, northgate: Organisation) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"])
    first = suppressing.suppress_person(candidate=person, actor=alice)
    assert suppressing.suppress_person(candidate=person, actor=None).pk == first.pk
    assert Suppression.objects.for_organisation(northgate.pk).count() == 2


def test_no_address_is_readable_in_the_table(alice: User, northgate: Organisation) -> None:
    suppressing.suppress_address(organisation=northgate, address="secret@x.example", actor=alice)
    row = Suppression.objects.for_organisation(northgate.pk).values().get()
    assert "secret" not in str(row)
