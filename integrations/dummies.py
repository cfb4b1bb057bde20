"""Generated addresses for people who have none, so that systems that insist on one take them (seed 000).

``no-email-<signed 32-bit integer>@<domain>``: the integer is drawn once per person, is unique in the
organisation and lives in its own table, never among addresses. Nobody mails or matches on one
(``sourcing.normalising.is_dummy_address`` recognises them at every door).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection

from accounts.models import Organisation
from integrations.models import DummyAddress
from sourcing.models import Candidate

#: The number of the record that verification sends; never drawn for a person.
TEST_NUMBER = 0
#: Collisions are one in four thousand million per person already numbered.
TRIES = 20


class NoNumberLeft(RuntimeError):
    """Twenty draws in a row were taken: the random source is broken."""


def address(number: int, *, organisation: Organisation) -> str:
    """The address of a number under the organisation's domain."""
    return f"no-email-{number}@{organisation.dummy_email_domain}"


def address_of(candidate: Candidate, *, organisation: Organisation) -> str:
    """The address drawn for this person earlier, or empty."""
    return addresses_of([candidate.pk], organisation=organisation).get(candidate.pk, "")


def addresses_of(candidate_ids: Collection[int], *, organisation: Organisation) -> dict[int, str]:
    """The addresses drawn earlier, by person; who has none is left out. One query."""
    drawn = DummyAddress.objects.for_organisation(organisation).filter(candidate_id__in=candidate_ids)
    return {
        candidate_id: address(number, organisation=organisation)
        for candidate_id, number in drawn.values_list("candidate_id", "number")
    }


def draw(candidate: Candidate, *, organisation: Organisation) -> str:
    """The person's address, drawn now if there is none. Safe to call from two workers at once."""
    for _ in range(TRIES):
        known = address_of(candidate, organisation=organisation)
        if known:
            return known
        # Either unique constraint may say no: the person was numbered meanwhile, or the number is taken.
        DummyAddress.objects.bulk_create(
            [DummyAddress(organisation=organisation, candidate=candidate, number=_number())],
            ignore_conflicts=True,
        )
    raise NoNumberLeft


def _number() -> int:
    while True:
        number = secrets.randbits(32) - 2**31
        if number != TEST_NUMBER:
            return number
