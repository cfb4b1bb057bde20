"""Get Email and Get Phone: whom a request would be for, what it holds, and that no second press holds more."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from foundation.models import Run
from foundation.problems import Invalid
from sourcing import contact_points, suppressing
from sourcing.finding import finding, ledger, setup
from sourcing.models import Candidate, CreditEntry, Finding, FindingItem, FindingProvider
from tests.integrations.vendor_server import VendorServer
from tests.sourcing.factories import make_project
from tests.sourcing.finding.conftest import Credits, ask, books, employee, found

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_for_more_people_than_credits_is_refused_before_anything_is_spent(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=2)
    with pytest.raises(ledger.NotEnoughCredits) as caught:
        ask(alice, [employee(alice, f"P{number}") for number in range(3)])
    assert caught.value.extra == {"needed": 3, "available": 2}
    assert books(alice) == (2, 0)
    assert not Finding.objects.for_organisation(alice.organisation_id).exists()
    assert not Run.objects.for_organisation(alice.organisation_id).exists()
    assert hunter_server.seen == []


def test_only_people_who_could_be_charged_are_counted(
    alice: User, bob: User, hunter: FindingProvider, give: Credits
) -> None:
    give(email=2)
    had = employee(alice, "Had", emails=["had@x.example"])
    private = employee(alice, "Private")
    contact_points.add_email(candidate=private, actor=alice, type="work", value="p@x.example")
    of_bob = employee(alice, "Ofbob")
    contact_points.add_email(candidate=of_bob, actor=bob, type="work", value="b@x.example")
    gone = employee(alice, "Gone")
    suppressing.suppress_person(candidate=gone, actor=alice)
    bare = employee(alice, "Bare", company="")
    plan = finding.plan(
        viewer=alice, kind="email", candidate_ids=[p.pk for p in (had, private, of_bob, gone, bare)]
    )
    assert plan.chargeable == (private.pk, of_bob.pk)
    assert plan.had == (had.pk,)
    assert plan.skipped == {finding.SUPPRESSED: (gone.pk,), finding.UNKNOWN: (bare.pk,)}
    assert plan.affordable
    assert finding.plan(viewer=bob, kind="email", candidate_ids=[private.pk]).chargeable == (private.pk,)


def test_another_organisations_people_fall_away(
    alice: User, mallory: User, hunter: FindingProvider, give: Credits
) -> None:
    give(email=5)
    theirs = employee(mallory)
    assert finding.plan(viewer=alice, kind="email", candidate_ids=[theirs.pk, 10**12]).people == 0
    with pytest.raises(Invalid):
        ask(alice, [theirs])
    assert books(alice) == (5, 0)


def test_without_a_provider_nobody_can_ask(alice: User, give: Credits) -> None:
    give(email=5)
    with pytest.raises(setup.NoProvider):
        ask(alice, [employee(alice)])
    assert "email" not in setup.kinds_offered(alice.tenant_id)


@pytest.mark.parametrize("kind", ["fax", "", "EMAIL"])
def test_an_unknown_kind_is_refused(alice: User, kind: str) -> None:
    with pytest.raises(Invalid):
        finding.plan(viewer=alice, kind=kind, candidate_ids=[])


def test_a_second_press_is_the_first_request(alice: User, hunter: FindingProvider, give: Credits) -> None:
    give(email=5)
    ada, key = employee(alice), uuid.uuid4()
    made = {
        finding.start(actor=alice, kind="email", candidate_ids=[ada.pk], request_key=key).pk for _ in range(3)
    }
    assert len(made) == 1
    assert books(alice) == (4, 1)


def test_presses_at_the_same_time_hold_once(alice: User, hunter: FindingProvider, give: Credits) -> None:
    give(email=5)
    ada, key = employee(alice), uuid.uuid4()
    made: list[int] = []
    gate = threading.Barrier(4)

    def press() -> None:
        try:
            gate.wait()
            made.append(finding.start(actor=alice, kind="email", candidate_ids=[ada.pk], request_key=key).pk)
        finally:
            connection.close()

    _together(press, 4)
    assert len(made) == 4
    assert len(set(made)) == 1
    assert books(alice) == (4, 1)


def test_requests_at_the_same_time_never_hold_more_than_there_is(
    alice: User, hunter: FindingProvider, give: Credits
) -> None:
    give(email=3)
    team = [employee(alice, f"P{number}") for number in range(2)]
    refused: list[Exception] = []
    gate = threading.Barrier(4)

    def press() -> None:
        try:
            gate.wait()
            ask(alice, team)
        except ledger.NotEnoughCredits as problem:
            refused.append(problem)
        finally:
            connection.close()

    _together(press, 4)
    assert len(refused) == 3
    assert books(alice) == (1, 2)


def test_a_request_nobody_has_begun_is_cancelled_at_once(
    alice: User, hunter: FindingProvider, give: Credits
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    finding.cancel(actor=alice, finding=request)
    assert found(request) == {"Ada": "cancelled"}
    assert books(alice) == (5, 0)


def test_ten_thousand_people_are_planned_held_and_given_back_in_a_few_statements(
    alice: User,
    hunter: FindingProvider,
    give: Credits,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    give(email=10_000)
    Candidate.objects.bulk_create(
        [
            Candidate(organisation=alice.organisation, first_name=f"P{n}", last_name="X", company="Voltra")
            for n in range(10_000)
        ]
    )
    ids = list(Candidate.objects.for_organisation(alice.organisation_id).values_list("pk", flat=True))
    project = make_project(alice)
    with django_assert_max_num_queries(12):
        assert finding.plan(viewer=alice, kind="email", candidate_ids=ids).most == 10_000
    with django_assert_max_num_queries(60):
        request = finding.start(
            actor=alice, kind="email", candidate_ids=ids, request_key=uuid.uuid4(), project=project
        )
    assert books(alice) == (0, 10_000)
    with django_assert_max_num_queries(40):
        finding.cancel(actor=alice, finding=request)
    assert books(alice) == (10_000, 0)
    items = FindingItem.objects.for_organisation(alice.organisation_id)
    assert items.filter(status="cancelled").count() == 10_000
    assert (
        CreditEntry.objects.for_organisation(alice.organisation_id).filter(event="release").count() == 10_000
    )


def test_more_people_than_one_request_takes_are_refused(alice: User) -> None:
    with pytest.raises(Invalid, match="At most"):
        finding.plan(viewer=alice, kind="email", candidate_ids=range(finding.MOST_PEOPLE + 1))


def _together(act: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
