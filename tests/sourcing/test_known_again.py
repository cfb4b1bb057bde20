from __future__ import annotations

import pytest

from accounts.models import Organisation, User
from sourcing import suppressing, suppression
from sourcing.models import SuppressionReason
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def test_whoever_turns_up_with_an_address_of_a_suppressed_person_is_that_person(
    alice: User, northgate: Organisation
) -> None:
    person = make_candidate(alice.organisation, emails=["a@x.example"], linkedin_url="linkedin.com/in/a")
    suppressing.suppress_person(candidate=person, actor=alice, reason=SuppressionReason.COMPLAINT)
    person.delete()
    by_address = make_candidate(alice.organisation, "Again", emails=["a@x.example"])
    by_profile = make_candidate(alice.organisation, "Again", linkedin_url="linkedin.com/in/a")
    for back in (by_address, by_profile):
        assert suppression.is_suppressed(back.organisation_id, back.pk, "new@x.example")
        assert back.suppressions.get().reason == SuppressionReason.COMPLAINT
