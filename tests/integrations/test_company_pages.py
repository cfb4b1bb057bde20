"""Choosing a contact's company on pages and over the API: what is shown, who may, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Role, User
from integrations import company_choice, field_table
from integrations.models import CompanyMatch, Connection
from sourcing.models import Candidate
from tests.integrations import making, syncs
from tests.integrations.pages import logged_in, text, url
from tests.integrations.toy import ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db

BEWARE = "Client – do not contact <b>\u202e"
JSON = "application/json"


@pytest.fixture
def row(toy_contacts: ToyServer) -> Connection:
    toy_contacts.companies |= {
        "c1": {"name": "Engines Inc", "town": "Bath", "warning": BEWARE},
        "c2": {"name": "Engines GmbH", "town": "Berlin"},
    }
    # The toy has no addresses of exports, which the person's page would lead to.
    row = syncs.connection(making.alice(), capabilities=[])
    field_table.discover(row)
    return row


@pytest.fixture
def alice(row: Connection) -> User:
    return row.created_by


@pytest.fixture
def ada(alice: User) -> Candidate:
    return making.person(alice, record_type="contact", company="Engines")


def chosen(row: Connection) -> list[tuple[str, bool]]:
    rows = CompanyMatch.objects.for_organisation(row.organisation_id)
    return [(match.remote_id, match.candidate_id is None) for match in rows]


def test_administrators_say_what_is_shown_of_companies(row: Connection, alice: User) -> None:
    page, bob = logged_in(alice), making.bob(alice)
    assert url("companies", row.pk) in text(page.get(url("settings", row.pk)))
    shown = text(page.get(url("companies", row.pk)))
    assert "Displayed Company info" in shown
    assert "Displayed Company Warning" in shown
    assert page.post(url("companies", row.pk), {"info": "town", "warning": "warning"}).status_code == 302
    row.refresh_from_db()
    assert (row.company_info, row.company_warning) == ("town", "warning")
    assert page.post(url("companies", row.pk), {"info": "shoe size"}).status_code == 422
    assert logged_in(bob).post(url("companies", row.pk), {"info": ""}).status_code == 403

    api = f"/api/v1/connections/{row.pk}/company-fields/"
    assert logged_in(bob).put(api, {"info": "", "warning": ""}, content_type=JSON).status_code == 403
    told = page.put(api, {"info": "warning", "warning": "warning"}, content_type=JSON).json()
    assert [(field["id"], field["shown_as"]) for field in told] == [("town", None), ("warning", "both")]


def test_a_system_without_companies_has_no_page_about_them(alice: User) -> None:
    pinpoint = making.connection(alice, vendor="pinpoint")
    assert logged_in(alice).get(url("companies", pinpoint.pk)).status_code == 404


def test_look_alikes_are_shown_with_information_and_warning_before_anybody_is_sent(
    row: Connection, alice: User, ada: Candidate, toy_contacts: ToyServer
) -> None:
    row.company_warning = "warning"
    row.save()
    page = logged_in(alice)
    address = url("person_company", row.pk, ada.pk)
    drawer = text(page.get(ada.url))
    assert "Company in Toy" in drawer
    assert "not chosen" in drawer
    assert address in drawer
    dialogue = text(page.get(address))
    assert "Beware: <bdi>Client – do not contact &lt;b&gt;" in dialogue
    assert "Town: <bdi>Berlin</bdi>" in dialogue
    assert page.post(address, {"choose": "1"}).status_code == 422
    assert page.post(address, {"choose": "1", "company": "c9"}).status_code == 422
    assert chosen(row) == []

    back = page.post(address, {"choose": "1", "company": "c1", "next": "/exports/7/"})
    assert back.url == "/exports/7/"
    assert chosen(row) == [("c1", False)]
    assert "Engines Inc" in text(page.get(ada.url))
    assert page.post(address, {"forget": "1", "next": "//evil.example/"}).url == ada.url
    assert chosen(row) == []
    assert len(toy_contacts.calls("GET", "/companies")) == 1, "one name is asked for once a minute"


def test_a_new_company_is_made_with_its_owner_by_those_who_may_send(
    row: Connection, alice: User, ada: Candidate, toy_contacts: ToyServer
) -> None:
    address = url("person_company", row.pk, ada.pk)
    page = logged_in(alice)
    assert "Olga" in text(page.get(address))
    toy_contacts.fail("POST /companies", Answer(status=422, body={"message": "The owner has left"}))
    refused = page.post(address, {"make": "1", "owner": "o1"})
    assert (refused.status_code, "The owner has left" in text(refused)) == (422, True)
    assert page.post(address, {"make": "1", "owner": "o1", "everybody": "on"}).url == ada.url
    assert toy_contacts.companies["c3"] == {"name": "Engines", "owner": "o1"}
    assert chosen(row) == [("c3", True)]
    viewer = making.bob(alice, role=Role.VIEWER)
    assert logged_in(viewer).post(address, {"make": "1"}).status_code == 403


def test_a_person_without_a_company_and_one_of_another_type_are_told_so(
    row: Connection, alice: User, ada: Candidate, toy_contacts: ToyServer
) -> None:
    page = logged_in(alice)
    nobody = making.person(alice, "Bea", record_type="contact")
    address = url("person_company", row.pk, nobody.pk)
    assert "Fill in the person’s company first" in text(page.get(address))
    assert page.post(address, {"make": "1"}).status_code == 422
    candidate = making.person(alice, "Cal", company="Engines")
    assert page.get(url("person_company", row.pk, candidate.pk)).url == candidate.url
    assert "Company in Toy" not in text(page.get(candidate.url))
    toy_contacts.fail("GET /companies", *[Answer(status=500)] * 5)
    assert page.get(url("person_company", row.pk, ada.pk)).status_code == 200
    elsewhere = logged_in(making.mallory())
    assert elsewhere.get(url("person_company", row.pk, ada.pk)).status_code == 404
    assert elsewhere.get(url("companies", row.pk)).status_code == 404


def test_the_api_looks_chooses_makes_and_forgets(row: Connection, alice: User, ada: Candidate) -> None:
    page, api = logged_in(alice), f"/api/v1/connections/{row.pk}/companies/"
    found = page.get(api, {"candidate": ada.pk}).json()
    assert [(one["id"], one["same_name"]) for one in found] == [("c1", False), ("c2", False)]
    assert {"label": "Town", "text": "Bath"} in found[0]["info"]

    def put(**body: Any) -> Any:
        return page.put(api, {"candidate": ada.pk, **body}, content_type=JSON)

    assert put(company="c2").json() == {"company": "c2", "name": "Engines GmbH", "everybody": False}
    assert put(company="c9").status_code == 422
    assert put(company=None).json() == {"company": None, "name": "", "everybody": False}
    asked = {"candidate": ada.pk, "owner": "o1", "everybody": True}
    key = {"Idempotency-Key": "c1"}
    made = page.post(api, asked, content_type=JSON, headers=key)
    assert page.post(api, asked, content_type=JSON, headers=key).json() == made.json()
    assert (made.status_code, made.json()) == (201, {"company": "c3", "name": "Engines", "everybody": True})
    stranger = making.person(making.mallory(), record_type="contact", company="Engines")
    assert page.get(api, {"candidate": stranger.pk}).status_code == 404
    cal = making.person(alice, "Cal")
    assert page.get(api, {"candidate": cal.pk}).status_code == 422


def test_the_companies_of_those_about_to_go_are_listed_before_an_export(
    row: Connection, alice: User, ada: Candidate
) -> None:
    people = [ada, making.person(alice, "Bea", record_type="contact", company="ENGINES")]
    people += [
        making.person(alice, "Cal", record_type="contact", company="Mills"),
        making.person(alice, "Dan"),
    ]
    company_choice.choose(
        actor=alice, connection=row, candidate=people[2], company_id="c1", search="Engines", everybody=True
    )
    listed = company_choice.waiting(row, [person.pk for person in people])
    assert [(one.name, one.people, one.match is not None) for one in listed] == [
        ("ENGINES", 2, False),
        ("Mills", 1, True),
    ]
