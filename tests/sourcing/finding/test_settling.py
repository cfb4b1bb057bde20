"""What is found: what is stored, who is charged, and that nothing is paid twice."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Event, Run
from sourcing import contact_points, suppressing
from sourcing.finding import settling
from sourcing.models import ContactPoint, FindingProvider, PersonSearch, ProviderCall
from tests.integrations.vendor_server import VendorServer
from tests.sourcing.finding.conftest import (
    NOTHING,
    Credits,
    Killed,
    addresses,
    ask,
    books,
    employee,
    found,
    hunter_knows,
    killed,
    pdl_knows,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = datetime.datetime(2020, 3, 1, tzinfo=datetime.UTC)


def test_what_is_found_is_everybodys_and_costs_one_credit_whatever_the_number(
    alice: User, pdl: FindingProvider, pdl_server: VendorServer, give: Credits
) -> None:
    give(email=10)
    ada = employee(alice)
    pdl_server.will_answer(
        pdl_knows(work_email="Ada@Voltra.example", personal_emails=["ada@home.example"], emails=[])
    )
    request = work(ask(alice, [ada]))
    assert found(request) == {"Ada": "found"}
    assert addresses(ada) == [
        ("ada@voltra.example", "work", "unknown", True, "found", "People Data Labs"),
        ("ada@home.example", "personal", "unknown", True, "found", "People Data Labs"),
    ]
    assert books(alice) == (9, 0)
    (call,) = ProviderCall.objects.for_organisation(alice.organisation_id)
    assert (call.outcome, str(call.cost), call.currency, call.member) == ("found", "0.0500", "EUR", alice)
    assert Event.objects.for_organisation(alice.organisation_id).filter(kind="candidate.updated").exists()


def test_a_verified_address_is_told_from_an_unknown_one(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=2)
    ada, bea = employee(alice), employee(alice, "Bea")
    hunter_server.will_answer(
        hunter_knows("ada@voltra.example"), hunter_knows("bea@voltra.example", "accept_all")
    )
    work(ask(alice, [ada, bea]))
    assert [addresses(person)[0][2] for person in (ada, bea)] == ["verified", "unknown"]


def test_numbers_are_paid_with_phone_credits_and_stored_in_one_form(
    alice: User, pdl: FindingProvider, pdl_server: VendorServer, give: Credits
) -> None:
    give(email=1, phone=1)
    ada = employee(alice, emails=["ada@voltra.example"])
    pdl_server.will_answer(pdl_knows(mobile_phone="+49 151 555 01420", phone_numbers=[]))
    work(ask(alice, [ada], "phone"))
    assert addresses(ada)[-1][:3] == ("+4915155501420", "mobile", "unknown")
    assert (books(alice, "phone"), books(alice)) == ((0, 0), (1, 0))


def test_nothing_found_costs_nothing(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    """100 → 90 while it runs → 92 when two of ten are not found."""
    give(email=100)
    team = [employee(alice, f"P{number}") for number in range(10)]
    request = ask(alice, team)
    assert books(alice) == (90, 10)
    hunter_server.answer = lambda seen: (
        NOTHING
        if seen.params["first_name"] in {"P3", "P7"}
        else hunter_knows(f"{seen.params['first_name']}@voltra.example")
    )
    work(request)
    assert books(alice) == (92, 0)
    assert Run.objects.for_organisation(alice.organisation_id).get().result["summary"] == (
        "8 found, 8 credits spent"
    )


def test_the_private_address_of_a_user_is_found_again_for_all_and_both_stay(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=1)
    ada = employee(alice)
    contact_points.add_email(candidate=ada, actor=alice, type="work", value="ada@voltra.example")
    hunter_server.will_answer(hunter_knows("ada@voltra.example"))
    work(ask(alice, [ada]))
    assert [(row[3], row[4]) for row in addresses(ada)] == [(False, "added"), (True, "found")]
    assert books(alice) == (0, 0)


def test_a_bounced_address_does_not_count_as_had_and_bringing_it_again_costs_nothing(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=1)
    ada = employee(alice, emails=["ada@voltra.example"])
    contact_points.mark_bounced(
        organisation_id=alice.tenant_id,
        candidate_id=ada.pk,
        address="ada@voltra.example",
        at=timezone.now(),
        cause="5.1.1",
    )
    hunter_server.will_answer(hunter_knows("ada@voltra.example"))
    row = ContactPoint.objects.for_organisation(alice.organisation_id).filter(candidate=ada)
    row.update(last_seen_at=LONG_AGO)
    assert found(work(ask(alice, [ada]))) == {"Ada": "not_found"}
    assert books(alice) == (1, 0)
    assert len(addresses(ada)) == 1
    assert row.get().last_seen_at > LONG_AGO, "the provider still knows it"


def test_suppressed_generated_and_broken_addresses_are_not_stored_and_cost_nothing(
    alice: User, pdl: FindingProvider, pdl_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    assert alice.organisation is not None
    suppressing.suppress_address(organisation=alice.organisation, address="no@voltra.example", actor=alice)
    suppressing.suppress_domain(organisation=alice.organisation, domain="shut.example", actor=alice)
    pdl_server.answer = lambda _seen: pdl_knows(
        work_email="no@voltra.example",
        personal_emails=["a@shut.example", "no-email-12@beckon.example.com", "nobody", "a@@b", "x" * 400, ""],
        emails=[],
    )
    ada = employee(alice)
    assert found(work(ask(alice, [ada]))) == {"Ada": "not_found"}
    assert addresses(ada) == []
    assert books(alice) == (5, 0)


def test_no_address_enters_the_search_document(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    hunter_server.will_answer(hunter_knows("zanzibar@voltra.example"))
    work(ask(alice, [employee(alice)]))
    document = (
        PersonSearch.objects.for_organisation(alice.organisation_id).values_list("doc", flat=True).get()
    )
    assert "zanzibar" not in str(document)


@pytest.mark.parametrize("place", ["take", "_add", "_mark"])
def test_a_worker_killed_after_the_answer_is_charged_once_and_asks_nobody_again(
    alice: User,
    hunter: FindingProvider,
    hunter_server: VendorServer,
    give: Credits,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    give(email=5)
    ada = employee(alice)
    request = ask(alice, [ada])
    hunter_server.will_answer(hunter_knows("ada@voltra.example"))
    assert request.run_id is not None
    with monkeypatch.context() as patched:
        patched.setattr(settling, place, killed)
        with pytest.raises(Killed):
            runs.work(request.run_id)
    assert books(alice) == (4, 1)
    assert addresses(ada) == []
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    assert found(work(request)) == {"Ada": "found"}
    assert books(alice) == (4, 0)
    assert (len(hunter_server.seen), len(addresses(ada))) == (1, 1)
