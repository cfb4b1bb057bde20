"""A contact needs a company: the one of that name, a new one, or somebody to choose."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import Rejected
from integrations.base.records import PersonWrite, PushResult
from integrations.vendors.cats import companies
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import made, page
from tests.integrations.vendor_server import Answer, VendorServer

ALICE = {"id": 7, "first_name": "Alice", "last_name": "Owner", "email": "Alice@Example.com"}
NAME = {"first_name": "Ada", "last_name": "Byron"}


def push(connector: CatsConnector, **values: Any) -> PushResult:
    filled = {**NAME, **values}
    write = PersonWrite(values=filled, whole=filled, record_type="contact", acting_as="alice@example.com")
    return connector.push(write, existing=None)


def test_the_one_company_of_that_name_is_taken(cats: CatsConnector, vendor: VendorServer) -> None:
    rows = [
        {"id": 31, "name": "Engines Ltd"},
        {"id": 32, "name": "ENGINES  ltd"},
        {"id": 33, "name": "Engines"},
    ]
    vendor.will_answer(page("companies", rows[0], rows[2]), made(900, "contacts"))
    assert push(cats, company="engines ltd", owner_id="7").external_id == "900"
    assert vendor.seen[0].path == "/companies/search"
    assert vendor.seen[0].params["query"] == "engines ltd"
    create = vendor.seen[1]
    assert (create.path, create.params) == ("/contacts", {"check_duplicate": "false"})
    assert create.body == {**NAME, "owner_id": 7, "company_id": 31}


def test_an_unknown_company_is_made_with_the_owner(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(page("companies"), made(40, "companies"), made(900, "contacts"))
    push(cats, company="Engines", owner_id="7")
    assert (vendor.seen[1].path, vendor.seen[1].params) == ("/companies", {"check_duplicate": "true"})
    assert vendor.seen[1].body == {"name": "Engines", "owner_id": 7}
    assert vendor.seen[2].body["company_id"] == 40


@pytest.mark.parametrize(
    "names", [["Engines Inc", "Engines GmbH"], ["Engines, Ltd."], ["ENGINES", "engines"]], ids=str
)
def test_look_alikes_are_for_a_person_to_tell_apart_and_nothing_is_made(
    names: list[str], cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(page("companies", *({"id": 30 + i, "name": name} for i, name in enumerate(names))))
    with pytest.raises(Rejected) as caught:
        push(cats, company="Engines", owner_id="7")
    assert "company" in caught.value.fields
    assert f"{names[0]} (30)" in str(caught.value)
    assert "Company id in CATS" in str(caught.value)
    assert [seen.method for seen in vendor.seen] == ["GET"]


def test_a_chosen_company_is_believed_without_a_search(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(made(900, "contacts"))
    push(cats, company="Engines", company_id="31", owner_id="7")
    assert [seen.path for seen in vendor.seen] == ["/contacts"]
    assert vendor.seen[0].body["company_id"] == 31


def test_whoever_acts_is_the_owner_where_none_is_chosen(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        page("users", {**ALICE, "id": 6, "email": "bob@example.com"}, ALICE), made(900, "contacts")
    )
    push(cats, company_id="31")
    assert vendor.seen[1].body["owner_id"] == 7


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"company_id": "31"}, "owner_id"),
        ({"owner_id": "7"}, "company"),
        ({"owner_id": "7", "company_id": "Engines"}, "company_id"),
    ],
    ids=["no-owner", "no-company", "no-number"],
)
def test_what_is_missing_is_named_before_anything_is_made(
    values: dict[str, str], field: str, cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(page("users"))
    with pytest.raises(Rejected) as caught:
        push(cats, **values)
    assert list(caught.value.fields) == [field]
    assert all(seen.method == "GET" for seen in vendor.seen)


def test_a_company_that_cats_calls_a_duplicate_is_the_companys_fault(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(page("companies"), Answer(status=409, body={"message": "Duplicate company."}))
    with pytest.raises(Rejected) as caught:
        push(cats, company="Engines", owner_id="7")
    assert caught.value.fields == {"company": "Duplicate company."}


def test_hints_tell_companies_apart_by_their_own_labels(cats: CatsConnector, vendor: VendorServer) -> None:
    row = {
        "id": 31,
        "name": "Engines",
        "website": "https://engines.example",
        "phones": {"main": "+44 20 1", "fax": None},
        "address": {"street": "", "city": "London", "state": None, "postal_code": "SW1"},
        "country_code": "GB",
        "_embedded": {"custom_fields": [{"id": 5, "value": ["Gold", "Net 30"]}, {"id": 6, "value": None}]},
    }
    vendor.will_answer(
        page("companies", row, {"id": 32, "name": "Engines"}),
        page("custom_fields", {"id": 5, "name": "Terms"}, {"id": 6, "name": "Tier"}),
    )
    first, second = cats.find_companies("Engines")
    assert (first.external_id, first.name) == ("31", "Engines")
    assert first.hints == {
        "Website": "https://engines.example",
        "Phone": "+44 20 1",
        "Address": "London, SW1",
        "Country": "GB",
        "Terms": "Gold, Net 30",
    }
    assert second.hints == {}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Engines Ltd", "Engines, Inc.", True),
        ("The Engines Group", "engines", True),
        ("Engines", "Difference Engines", False),
        ("Group Holding", "Holding", False),
    ],
)
def test_legal_forms_do_not_tell_companies_apart(one: str, other: str, alike: bool) -> None:
    assert (companies.kin(one) == companies.kin(other)) is alike
