"""Get Email and Get Phone: who is charged, what is stored, and what no crash, cancel or lying provider can break."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Event, Run
from foundation.problems import Conflict, Invalid
from sourcing import contact_points, people, suppressing
from sourcing.finding import asking, finding, ledger, setup
from sourcing.models import (
    Candidate,
    ContactPoint,
    CreditEntry,
    Finding,
    FindingItem,
    FindingProvider,
    PersonSearch,
    ProviderAnswer,
    ProviderCall,
)
from tests.integrations.vendor_server import Answer, Seen, VendorServer
from tests.sourcing.factories import make_project
from tests.sourcing.finding.conftest import (
    NOTHING,
    ask,
    books,
    employee,
    found,
    hunter_knows,
    pdl_knows,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
Credits = Callable[..., None]
LONG_AGO = datetime.datetime(2020, 3, 1, tzinfo=datetime.UTC)


def addresses(person: Candidate) -> list[tuple[str, str, str, bool, str, str]]:
    rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return [
        (row.normalised, row.type, row.status, row.shared, row.origin, row.source)
        for row in rows.order_by("kind", "position", "pk")
    ]


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


# ── order, cache, suppression ───────────────────────────────────────────────


def test_the_next_provider_is_asked_only_when_the_first_knows_nothing(
    alice: User,
    hunter: FindingProvider,
    pdl: FindingProvider,
    hunter_server: VendorServer,
    pdl_server: VendorServer,
    give: Credits,
) -> None:
    give(email=5)
    hunter_server.answer = lambda seen: (
        hunter_knows("ada@voltra.example") if seen.params["first_name"] == "Ada" else NOTHING
    )
    pdl_server.answer = lambda _seen: pdl_knows(work_email="bea@voltra.example")
    work(ask(alice, [employee(alice), employee(alice, "Bea")]))
    assert (len(hunter_server.seen), len(pdl_server.seen)) == (2, 1)
    setup.move(actor=alice, slug="people_data_labs", earlier=True)
    work(ask(alice, [employee(alice, "Cleo")]))
    assert (len(hunter_server.seen), len(pdl_server.seen)) == (2, 2)


def test_nothing_found_is_remembered_until_the_person_changes_or_a_month_is_over(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    hunter_server.answer = lambda _seen: NOTHING
    ada = employee(alice)
    work(ask(alice, [ada]))
    again = work(ask(alice, [ada]))
    assert found(again) == {"Ada": "not_found"}
    assert len(hunter_server.seen) == 1
    people.edit_candidate(candidate=ada, actor=alice, version=1, changes={"company": "Nimbus"})
    work(ask(alice, [ada]))
    assert len(hunter_server.seen) == 2
    ProviderAnswer.objects.for_organisation(alice.organisation_id).update(
        answered_at=timezone.now() - finding.NOT_FOUND_KEPT - datetime.timedelta(hours=1)
    )
    work(ask(alice, [ada]))
    assert len(hunter_server.seen) == 3
    assert books(alice) == (5, 0)


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


def test_whoever_opted_out_meanwhile_is_not_asked_about(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    ada = employee(alice)
    request = ask(alice, [ada])
    suppressing.suppress_person(candidate=ada, actor=alice)
    assert found(work(request)) == {"Ada": "skipped"}
    assert (hunter_server.seen, books(alice)) == ([], (5, 0))


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


# ── crashes, cancel, providers that misbehave ───────────────────────────────


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing after it runs."""


def killed(*_args: object, **_kwargs: object) -> None:
    raise Killed


@pytest.mark.parametrize("place", ["_take", "_add", "_mark"])
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
        patched.setattr(asking, place, killed)
        with pytest.raises(Killed):
            runs.work(request.run_id)
    assert books(alice) == (4, 1)
    assert addresses(ada) == []
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    assert found(work(request)) == {"Ada": "found"}
    assert books(alice) == (4, 0)
    assert (len(hunter_server.seen), len(addresses(ada))) == (1, 1)


def test_a_worker_killed_before_the_answer_was_stored_asks_again_and_charges_once(
    alice: User,
    hunter: FindingProvider,
    hunter_server: VendorServer,
    give: Credits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    hunter_server.answer = lambda _seen: hunter_knows("ada@voltra.example")
    assert request.run_id is not None
    with monkeypatch.context() as patched:
        patched.setattr(asking, "_store", killed)
        with pytest.raises(Killed):
            runs.work(request.run_id)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    work(request)
    assert books(alice) == (4, 0)


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


def test_a_request_nobody_has_begun_is_cancelled_at_once(
    alice: User, hunter: FindingProvider, give: Credits
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    finding.cancel(actor=alice, finding=request)
    assert found(request) == {"Ada": "cancelled"}
    assert books(alice) == (5, 0)


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


def make_due(alice: User) -> None:
    FindingProvider.objects.for_organisation(alice.organisation_id).update(not_before=None)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)


@pytest.mark.parametrize("answer", [Answer(500, {}), Answer(cut=True), Answer(body=b"{"), Answer(body=[])])
def test_a_provider_that_does_not_answer_is_tried_again_later_and_then_nothing_is_charged(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits, answer: Answer
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    hunter_server.answer = lambda _seen: answer
    for _ in range(asking.MOST_ATTEMPTS):
        assert found(request) == {"Ada": "waiting"}
        make_due(alice)
        work(request)
    assert found(request) == {"Ada": "failed"}
    assert books(alice) == (5, 0)
    assert len(hunter_server.seen) == asking.MOST_ATTEMPTS
    hunter.refresh_from_db()
    assert hunter.trouble == ""


def test_a_provider_that_hangs_is_left_after_its_timeout_and_another_one_answers(
    alice: User,
    hunter: FindingProvider,
    pdl: FindingProvider,
    hunter_server: VendorServer,
    pdl_server: VendorServer,
    give: Credits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sourcing.finding.providers.hunter.Hunter.timeout", 0.2)
    give(email=5)
    hunter_server.answer = lambda _seen: Answer(delay=1.0)
    pdl_server.answer = lambda _seen: pdl_knows(work_email="ada@voltra.example")
    assert found(work(ask(alice, [employee(alice)]))) == {"Ada": "found"}
    assert books(alice) == (4, 0)


def test_a_provider_that_never_answers_anybody_waits_for_an_administrator_and_the_run_says_why(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=50)
    request = ask(alice, [employee(alice, f"P{number}") for number in range(20)])
    hunter_server.answer = lambda _seen: Answer(500, {})
    for _ in range(asking.MOST_FAILURES + 1):
        make_due(alice)
        work(request)
    hunter.refresh_from_db()
    assert "in a row went unanswered" in hunter.trouble
    run = Run.objects.for_organisation(alice.organisation_id).get()
    assert (run.status, run.problem_code) == ("failed", "no_provider")
    assert books(alice) == (50, 0)
    assert len(hunter_server.seen) == asking.MOST_FAILURES


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


def test_a_refused_key_is_told_to_the_administrator_and_saving_it_again_goes_on(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    request = ask(alice, [employee(alice)])
    hunter_server.answer = lambda _seen: Answer(401, {"errors": [{"details": "No user found for the key"}]})
    work(request)
    hunter.refresh_from_db()
    assert hunter.trouble == "Hunter: No user found for the key"
    run = Run.objects.for_organisation(alice.organisation_id).get()
    assert (run.status, run.problem_text) == ("failed", "Hunter: No user found for the key")
    assert found(request) == {"Ada": "cancelled"}
    assert books(alice) == (5, 0)
    setup.save(actor=alice, slug="hunter", base_url=hunter_server.url)
    hunter_server.answer = lambda _seen: hunter_knows("ada@voltra.example")
    assert found(work(ask(alice, list(Candidate.objects.for_organisation(alice.organisation_id))))) == {
        "Ada": "found"
    }


def test_a_question_that_is_refused_is_no_answer_that_is_kept(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits
) -> None:
    give(email=5)
    hunter_server.answer = lambda _seen: Answer(400, {"errors": [{"details": "invalid first name"}]})
    assert found(work(ask(alice, [employee(alice)]))) == {"Ada": "not_found"}
    assert not ProviderAnswer.objects.for_organisation(alice.organisation_id).exists()


@pytest.mark.parametrize("name", ["\u202eadA", "Zero\u200bWidth", "Łukasz 李", "'; DROP TABLE--", "A" * 300])
def test_odd_names_are_asked_about_as_they_are(
    alice: User, hunter: FindingProvider, hunter_server: VendorServer, give: Credits, name: str
) -> None:
    give(email=5)
    ada = employee(alice, name)
    hunter_server.will_answer(hunter_knows("ada@voltra.example"))
    work(ask(alice, [ada]))
    assert hunter_server.seen[0].params["first_name"] == ada.first_name
    assert books(alice) == (4, 0)


# ── a large project ─────────────────────────────────────────────────────────


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
