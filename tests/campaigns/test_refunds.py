"""A campaign that ends as Bounced gives the credit back, exactly as docs/behaviour.md §4 says."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import User
from campaigns.models import Campaign
from outreach.states import MessageStatus
from sourcing import contact_points, suppressing
from sourcing.finding import ledger, refunds
from sourcing.models import Candidate, ContactPoint, CreditEntry, Finding, FindingItem
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db


def bought(of: User, person: Candidate, *addresses: str) -> FindingItem:
    """A finished request that brought these addresses for one credit."""
    assert of.organisation is not None
    cause = uuid.uuid4().hex
    ledger.grant(organisation=of.organisation, kind="email", amount=1, actor=of, cause=f"g{cause}")
    ledger.hold(organisation_id=of.tenant_id, kind="email", amount=1, actor=of, cause=cause)
    request = Finding.objects.create(
        organisation=of.organisation, kind="email", request_key=uuid.uuid4(), created_by=of
    )
    return FindingItem.objects.create(
        organisation=of.organisation,
        finding=request,
        candidate=person,
        kind="email",
        status="found",
        brought=list(addresses),
        spend=ledger.spend(organisation_id=of.tenant_id, kind="email", cause=f"{cause}:item:1", actor=of),
    )


def bounced(made: Campaign, address: str, person: Candidate) -> None:
    contact_points.mark_bounced(
        organisation_id=made.organisation_id, candidate_id=person.pk, address=address, at=NOW, cause="5.1.1"
    )


def send_and_bounce(made: Campaign, *, marked: bool = True) -> None:
    """Every message that is due leaves and comes back as not deliverable."""
    for message in making.written(made):
        if marked and message.candidate is not None:
            bounced(made, message.to_normalised, message.candidate)
        making.settle(message, MessageStatus.BOUNCED, failure_class="hard")


def refunded(made: Campaign) -> int:
    return CreditEntry.objects.for_organisation(made.organisation_id).filter(event="refund").count()


def one(*addresses: str) -> tuple[Campaign, Candidate]:
    made = making.started(making.campaign("Ada", addresses={"Ada": list(addresses)}))
    return made, making.recipient(made, "Ada").candidate


@pytest.mark.parametrize("marked", [True, False])
def test_the_last_address_bounces_and_its_credit_comes_back(marked: bool) -> None:
    made, ada = one("ada@work.example")
    bought(made.owner, ada, "ada@work.example")
    send_and_bounce(made, marked=marked)
    assert making.recipient(made, "Ada").progress == "bounced"
    assert refunded(made) == 1
    assert ledger.balance(made.organisation_id, "email").available == 1


def test_nothing_comes_back_while_another_address_is_left() -> None:
    made, ada = one("ada@work.example", "ada@home.example")
    bought(made.owner, ada, "ada@work.example")
    send_and_bounce(made)
    assert making.recipient(made, "Ada").progress != "bounced"
    assert refunded(made) == 0


def test_an_address_of_a_type_the_campaign_may_not_use_counts_as_valid() -> None:
    made, ada = one("ada@work.example", "ada@home.example")
    Campaign.objects.for_organisation(made.organisation_id).update(prefer="work", strict_type=True)
    made = making.fresh(made)
    bought(made.owner, ada, "ada@work.example")
    send_and_bounce(made)
    assert making.recipient(made, "Ada").progress == "bounced"
    assert refunded(made) == 0


def test_nothing_spent_nothing_refunded_and_a_spend_for_another_address_stays() -> None:
    made, ada = one("ada@work.example")
    bought(made.owner, ada, "somebody@else.example")
    send_and_bounce(made)
    assert making.recipient(made, "Ada").progress == "bounced"
    assert refunded(made) == 0


def back(of: User, person: Candidate, starter: User | None = None) -> int:
    return refunds.refund_bounce(
        organisation_id=of.tenant_id,
        candidate_id=person.pk,
        starter_id=(starter or of).pk,
    )


@pytest.fixture
def ada() -> Candidate:
    """A person whose only shared address has bounced."""
    alice = user()
    person = making.person(alice, "Ada", "ada@work.example")
    ContactPoint.objects.for_organisation(alice.organisation_id).update(status="bounced")
    person.created_by = alice
    return person


def test_one_refund_per_spend_whatever_the_number_of_campaigns(ada: Candidate) -> None:
    alice = ada.created_by
    assert alice is not None
    bought(alice, ada, "ada@work.example")
    assert [back(alice, ada) for _ in range(3)] == [1, 0, 0]


def test_each_spend_that_brought_a_dead_address_comes_back(ada: Candidate) -> None:
    alice = ada.created_by
    assert alice is not None
    bought(alice, ada, "ada@work.example")
    bought(alice, ada, "ada@work.example", "other@work.example")
    assert back(alice, ada) == 2


def test_another_users_private_address_is_none_and_the_starters_own_is_one(ada: Candidate) -> None:
    alice = ada.created_by
    assert alice is not None
    bob = user("bob", of=alice.organisation)
    bought(alice, ada, "ada@work.example")
    contact_points.add_email(candidate=ada, actor=bob, type="work", value="secret@x.example")
    assert back(alice, ada, starter=bob) == 0
    assert back(alice, ada, starter=alice) == 1


def test_a_suppressed_address_is_no_valid_one(ada: Candidate) -> None:
    alice = ada.created_by
    assert alice is not None
    bought(alice, ada, "ada@work.example")
    ContactPoint.objects.create(
        organisation=ada.organisation,
        candidate=ada,
        kind="email",
        value="b@shut.example",
        normalised="b@shut.example",
        origin="imported",
    )
    assert back(alice, ada) == 0
    suppressing.suppress_domain(organisation=ada.organisation, domain="shut.example", actor=alice)
    assert back(alice, ada) == 1


def test_a_spend_that_moved_with_a_merge_is_refunded_once(ada: Candidate) -> None:
    alice = ada.created_by
    assert alice is not None
    item = bought(alice, ada, "ada@work.example")
    target = making.person(alice, "Ada2", "ada2@work.example")
    ContactPoint.objects.for_organisation(alice.organisation_id).filter(candidate=target).delete()
    ContactPoint.objects.for_organisation(alice.organisation_id).filter(candidate=ada).update(
        candidate=target
    )
    FindingItem.objects.for_organisation(alice.organisation_id).filter(pk=item.pk).update(candidate=target)
    assert [back(alice, target), back(alice, target), back(alice, ada)] == [1, 0, 0]
