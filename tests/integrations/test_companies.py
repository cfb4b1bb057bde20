"""Which company a contact belongs to there: chosen by people, never doubled, and nobody goes with a wrong one."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from integrations import companies, company_choice, field_entries, field_table, trying
from integrations.base.errors import OutcomeUnknown, Rejected
from integrations.base.records import Company
from integrations.models import CompanyMatch, Connection, ExportItem, FieldRow, SyncStatus
from sourcing.models import Candidate
from tests.integrations import making, syncs
from tests.integrations.toy import ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db

CUT = Answer(cut=True)


@pytest.fixture
def row(toy_contacts: ToyServer) -> Connection:
    row = syncs.connection(making.alice())
    field_table.discover(row)
    return row


@pytest.fixture
def alice(row: Connection) -> User:
    return row.created_by


def contact(alice: User, name: str = "Ada", company: str = "Engines", **values: Any) -> Candidate:
    return making.person(alice, name, record_type="contact", company=company, **values)


def sent(row: Connection, *people: Candidate, **values: Any) -> list[ExportItem]:
    """An export of these, worked on until it rests or ends."""
    made = making.export(row.created_by, row, *people, mode="candidates", target_id="j1", **values)
    making.work(made)
    return [making.item(made, person) for person in people]


def matches(row: Connection) -> list[tuple[str, str, bool]]:
    rows = CompanyMatch.objects.for_organisation(row.organisation_id).order_by("pk")
    return [(match.state, match.remote_id, match.candidate_id is None) for match in rows]


def choose(alice: User, row: Connection, person: Candidate, company_id: str, **values: Any) -> CompanyMatch:
    asked = {"search": "", "everybody": False, **values}
    return company_choice.choose(
        actor=alice, connection=row, candidate=person, company_id=company_id, **asked
    )


def test_the_only_one_of_the_name_is_used_and_an_unknown_one_is_made_once_for_all(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies["c1"] = {"name": "Engines"}
    (known,) = sent(row, contact(alice, company=" ENGINES "))
    first, second = sent(row, contact(alice, "Bea", "Brand New"), contact(alice, "Cal", "brand  new"))
    assert [item.status for item in (known, first, second)] == ["sent"] * 3
    assert [person["company_id"] for person in toy.people.values()] == ["c1", "c2", "c2"]
    assert toy.companies["c2"] == {"name": "Brand New", "owner": "alice@example.com"}
    assert matches(row) == [("linked", "c2", True)]
    assert len(toy.calls("GET", "/companies")) == 2, "what was made is not looked for again"
    assert {"field": "Company", "outcome": "written", "why": "made there"} in first.fields


def test_look_alikes_wait_for_a_person_and_the_choice_lets_everybody_of_the_company_go(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies |= {
        "c1": {"name": "Engines Inc"},
        "c2": {"name": "Engines GmbH", "warning": "Do not contact"},
    }
    ada, bea = contact(alice), contact(alice, "Bea")
    for item in sent(row, ada, bea):
        assert (item.status, item.reason_code) == ("failed", "company")
        assert "Engines Inc (c1), Engines GmbH (c2)" in item.reason
    assert toy.people == {}
    choose(alice, row, ada, "c2", everybody=True)
    assert [item.status for item in sent(row, ada, bea)] == ["sent", "sent"]
    assert {person["company_id"] for person in toy.people.values()} == {"c2"}


def test_a_choice_for_one_person_goes_before_everybodys_and_ends_with_their_company(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies |= {"c1": {"name": "Engines Inc"}, "c2": {"name": "Engines GmbH"}, "c3": {"name": "Mills"}}
    ada, bea = contact(alice), contact(alice, "Bea")
    choose(alice, row, bea, "c1", everybody=True)
    choose(alice, row, ada, "c2")
    assert [companies.entered(row, person)["company_id"] for person in (ada, bea)] == ["c2", "c1"]
    ada.company = "Mills"
    assert companies.entered(row, ada) == {}
    ada.company = "Engines"
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="company_id").update(displayed=True)
    field_entries.enter(
        actor=alice, connection=row, record_type="contact", values={"company_id": "c3"}, candidate=ada
    )
    assert companies.entered(row, ada)["company_id"] == "c3", "what was typed goes first"
    choose(alice, row, ada, "c1", everybody=True)
    assert companies.entered(row, ada)["company_id"] == "c1", "until somebody chooses again"
    company_choice.forget(actor=alice, connection=row, candidate=ada)
    assert companies.entered(row, bea) == {}


def test_after_an_unclear_create_it_is_looked_for_first_and_never_doubled(
    row: Connection, alice: User, toy: ToyServer, settings: Any
) -> None:
    def made_and_cut(work: Any) -> Answer:
        work()
        return CUT

    toy.fail("POST /companies", made_and_cut)
    (item,) = sent(row, contact(alice))
    assert (item.status, matches(row)) == ("queued", [("creating", "", True)])
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(minutes=1)
    (other,) = sent(row, contact(alice, "Bea"))
    assert (other.status, len(toy.companies)) == ("queued", 1), "nobody asks again before it can be found"
    assert other.not_before is not None
    assert other.not_before > timezone.now()
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
    (third,) = sent(row, contact(alice, "Cal"))
    assert (third.status, list(toy.companies), matches(row)) == ("sent", ["c1"], [("linked", "c1", True)])


def test_a_create_that_certainly_failed_leaves_nothing_and_one_that_left_no_company_is_made_again(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.fail("POST /companies", Answer(status=422, body={"message": "No"}))
    (refused,) = sent(row, contact(alice))
    assert (refused.status, refused.reason_code, matches(row)) == ("failed", "rejected", [])
    toy.fail("POST /companies", CUT)
    (unclear,) = sent(row, contact(alice, "Bea"))
    assert (unclear.status, matches(row)) == ("queued", [("creating", "", True)])
    (item,) = sent(row, contact(alice, "Cal"))
    assert (item.status, list(toy.companies), matches(row)) == ("sent", ["c1"], [("linked", "c1", True)])


def test_a_chosen_company_that_is_gone_there_is_forgotten_so_that_a_retry_finds_another(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies |= {"c7": {"name": "Engines"}, "c8": {"name": "Engines"}}
    ada = contact(alice)
    choose(alice, row, ada, "c7")
    del toy.companies["c7"]
    (item,) = sent(row, ada)
    assert (item.status, item.reason_code, matches(row)) == ("failed", "rejected", [])
    assert making.link(row, ada) is None
    assert sent(row, ada)[0].status == "sent"
    assert toy.people["t1"]["company_id"] == "c8"


def test_a_dry_run_and_a_try_ask_for_the_choice_and_make_nothing(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies |= {"c1": {"name": "Mills Inc"}, "c2": {"name": "Mills GmbH"}}
    new, like = contact(alice), contact(alice, "Bea", "Mills")
    first, second = sent(row, new, like, dry_run=True)
    assert (first.status, second.reason_code) == ("sent", "company")
    assert {"field": "Company", "outcome": "written", "why": "would be made there"} in first.fields
    assert "Choose the company" in trying.on(viewer=alice, connection=row, candidate=like).trouble
    assert (list(toy.companies), toy.people, matches(row)) == (["c1", "c2"], {}, [])


def test_a_sync_that_waits_for_the_company_goes_on_by_itself_once_it_is_chosen(
    row: Connection, alice: User, toy: ToyServer
) -> None:
    toy.companies |= {"c1": {"name": "Engines Inc"}, "c2": {"name": "Engines GmbH"}}
    campaign = syncs.campaign(alice, "ada", "bea")
    people = [syncs.recipient(campaign, name).candidate for name in ("ada", "bea")]
    for person in people:
        Candidate.objects.for_organisation(row.organisation_id).filter(pk=person.pk).update(
            record_type="contact", company="Engines"
        )
        person.refresh_from_db()
    syncs.choose(row, "add", "added", record_type="contact")
    syncs.sync(row)
    assert [(task.status, task.reason_code) for task in syncs.tasks(row)] == [("attention", "company")] * 2
    choose(alice, row, people[0], "c1", everybody=True)
    syncs.visit(row)
    assert {task.status for task in syncs.tasks(row)} == {SyncStatus.DONE}
    assert {person["company_id"] for person in toy.people.values()} == {"c1"}


def test_somebody_makes_one_although_others_are_like_it_and_an_unclear_answer_doubles_nothing(
    row: Connection, alice: User, toy: ToyServer, settings: Any
) -> None:
    toy.companies["c1"] = {"name": "Engines"}
    ada = contact(alice)
    asked: dict[str, Any] = {"actor": alice, "connection": row, "candidate": ada, "everybody": False}
    choose(alice, row, ada, "c1")
    toy.fail("POST /companies", Answer(status=422, body={"message": "No"}))
    with pytest.raises(Rejected):
        company_choice.make(owner_id="o1", **asked)
    assert matches(row) == [("linked", "c1", False)], "what was chosen before counts on"
    toy.fail("POST /companies", lambda work: (work(), CUT)[1])
    with pytest.raises(OutcomeUnknown):
        company_choice.make(owner_id="o1", **asked)
    assert companies.entered(row, ada) == {}
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(minutes=1)
    with pytest.raises(company_choice.NotConfirmed):
        company_choice.make(owner_id="o1", **asked)
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
    assert company_choice.make(owner_id="o1", **asked).remote_id == "c2"
    assert toy.companies["c2"] == {"name": "Engines", "owner": "o1"}
    assert (list(toy.companies), matches(row)) == (["c1", "c2"], [("linked", "c2", False)])


def test_names_are_the_same_but_for_case_and_alike_but_for_their_legal_form() -> None:
    def like(name: str, *found: str) -> list[str]:
        return [
            one.name
            for one in companies.alike(
                name, [Company(external_id=str(place), name=each) for place, each in enumerate(found)]
            )
        ]

    assert like("engines  LTD", "Engines Ltd", "Engines") == ["Engines Ltd"]
    assert like("Engines", "The Engines Group", "Voltra", "Difference Engines") == ["The Engines Group"]
    assert like("Voltra Énergie S.A.", "voltra energie") == ["voltra energie"]
    assert like("李雷", "李雷", "王") == ["李雷"]
