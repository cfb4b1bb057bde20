"""The run of a request: what no crash, cancel, pause or second run can break."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict
from sourcing import suppressing
from sourcing.finding import finding, running
from sourcing.models import Finding, FindingProvider
from tests.integrations.vendor_server import Answer, Seen, VendorServer
from tests.sourcing.finding.conftest import (
    NOTHING,
    Credits,
    addresses,
    ask,
    books,
    employee,
    found,
    hunter_knows,
    make_due,
    pdl_knows,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_requests_for_the_same_person_pay_once(
    alice: User, bob: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    ada = employee(alice)
    hunter_server.answer = lambda _seen: hunter_knows("ada@voltra.example")
    requests = [ask(alice, [ada]), ask(bob, [ada])]
    assert books(alice) == (3, 2)

    def visit(request: Finding) -> Callable[[], None]:
        def go() -> None:
            try:
                assert request.run_id is not None
                runs.work(request.run_id)
            finally:
                connection.close()

        return go

    threads = [threading.Thread(target=visit(request)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found(request)["Ada"] for request in requests) == ["found", "had"]
    assert books(alice) == (4, 0)
    assert len(addresses(ada)) == 1


def test_whoever_opted_out_meanwhile_is_not_asked_about(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    ada = employee(alice)
    request = ask(alice, [ada])
    suppressing.suppress_person(candidate=ada, actor=alice)
    assert found(work(request)) == {"Ada": "skipped"}
    assert (hunter_server.seen, books(alice)) == ([], (5, 0))


def test_a_worker_that_lost_its_lease_writes_nothing(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    ada = employee(alice)
    request = ask(alice, [ada])

    def slow(_seen: Seen) -> Answer:
        Run.objects.for_organisation(alice.organisation_id).update(lease_token="somebody else")
        connection.close()
        return hunter_knows("ada@voltra.example")

    hunter_server.answer = slow
    assert request.run_id is not None
    runs.work(request.run_id)
    assert books(alice) == (4, 1)
    assert addresses(ada) == []


def test_cancel_gives_back_what_is_held_and_keeps_what_was_found(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    team = [employee(alice, f"P{number}") for number in range(4)]
    request = ask(alice, team)

    def first_only(seen: Seen) -> Answer:
        Run.objects.for_organisation(alice.organisation_id).update(cancel_requested=True)
        connection.close()
        return hunter_knows(f"{seen.params['first_name']}@voltra.example")

    hunter_server.answer = first_only
    work(request)
    assert sorted(found(request).values()) == ["cancelled", "cancelled", "cancelled", "found"]
    assert books(alice) == (4, 0)
    with pytest.raises(Conflict):
        finding.cancel(actor=alice, finding=request)


def test_people_who_are_deleted_while_they_wait_leave_no_credit_held(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    ada, bea = employee(alice), employee(alice, "Bea")
    request = ask(alice, [ada, bea])
    ada.delete()
    hunter_server.answer = lambda _seen: NOTHING
    work(request)
    assert books(alice) == (5, 0)


@pytest.mark.parametrize("answer", [Answer(500, {}), Answer(cut=True), Answer(body=b"{"), Answer(body=[])])
def test_a_provider_that_does_not_answer_is_tried_again_later_and_then_nothing_is_charged(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits, answer: Answer
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    hunter_server.answer = lambda _seen: answer
    for _ in range(running.MOST_ATTEMPTS):
        assert found(request) == {"Ada": "waiting"}
        make_due(alice)
        work(request)
    assert found(request) == {"Ada": "failed"}
    assert books(alice) == (5, 0)
    assert len(hunter_server.seen) == running.MOST_ATTEMPTS
    hunter.refresh_from_db()
    assert hunter.trouble == ""


def test_a_pause_makes_the_run_rest_and_go_on_with_the_same_person(
    alice: User, pdl: FindingProvider, pdl_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    pdl_server.will_answer(Answer(429, {}, {"Retry-After": "1"}))
    work(request)
    run = Run.objects.for_organisation(alice.organisation_id).get()
    assert (run.status, run.lease_token) == ("running", "")
    assert found(request) == {"Ada": "waiting"}
    pdl_server.answer = lambda _seen: pdl_knows(work_email="ada@voltra.example")
    threading.Event().wait(1.2)
    make_due(alice)
    assert found(work(request)) == {"Ada": "found"}
