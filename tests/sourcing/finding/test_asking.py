"""The providers are asked in order, what they said is kept, and one that misbehaves is left alone."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run
from sourcing import people
from sourcing.finding import asking, finding, setup
from sourcing.models import Candidate, FindingProvider, ProviderAnswer
from tests.integrations.vendor_server import Answer, VendorServer
from tests.sourcing.finding.conftest import (
    NOTHING,
    Credits,
    Killed,
    ask,
    books,
    employee,
    found,
    hunter_knows,
    killed,
    make_due,
    pdl_knows,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


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
