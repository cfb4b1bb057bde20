"""Companies of CATS: told apart, made with an owner, named by every contact. Which it is, the engine settles."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import Rejected
from integrations.base.records import PersonWrite, PushResult
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import made, page
from tests.integrations.vendor_server import Answer, VendorServer

ALICE = {"id": 7, "first_name": "Alice", "last_name": "Owner", "email": "Alice@Example.com"}
NAME = {"first_name": "Ada", "last_name": "Byron"}


def push(connector: CatsConnector, **values: Any) -> PushResult:
    filled = {**NAME, **values}
    write = PersonWrite(values=filled, whole=filled, record_type="contact", acting_as="alice@example.com")
    return connector.push(write, existing=None)


def test_a_company_is_made_with_the_owner_chosen_or_whoever_acts(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        made(40, "companies"), page("users", {**ALICE, "id": 6, "email": "bob@example.com"}, ALICE), made(41)
    )
    first = cats.make_company("Engines", owner_id="7", acting_as="")
    assert (first.external_id, first.name) == ("40", "Engines")
    assert (vendor.seen[0].path, vendor.seen[0].params) == ("/companies", {"check_duplicate": "true"})
    assert vendor.seen[0].body == {"name": "Engines", "owner_id": 7}
    cats.make_company("Engines", owner_id="", acting_as="ALICE@example.com")
    assert vendor.seen[2].body["owner_id"] == 7
    vendor.will_answer(page("users"))
    with pytest.raises(Rejected) as caught:
        cats.make_company("Engines", owner_id="", acting_as="eve@example.com")
    assert list(caught.value.fields) == ["owner_id"]


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
        ({"owner_id": "7", "company": ""}, "company"),
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
    vendor.will_answer(Answer(status=409, body={"message": "Duplicate company."}))
    with pytest.raises(Rejected) as caught:
        cats.make_company("Engines", owner_id="7", acting_as="")
    assert caught.value.fields == {"company": "Duplicate company."}


def test_hints_tell_companies_apart_by_the_ids_of_their_fields(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    row = {
        "id": 31,
        "name": "Engines",
        "website": "https://engines.example",
        "phones": {"main": "+44 20 1", "fax": None},
        "address": {"street": "", "city": "London", "state": None, "postal_code": "SW1"},
        "country_code": "GB",
        "_embedded": {
            "custom_fields": [
                {"id": 5, "value": ["Gold", "Net 30"]},
                {"id": 6, "value": None},
                {"id": None, "value": "odd"},
            ]
        },
    }
    vendor.will_answer(
        page("companies", {"id": 132, "name": "Engines"}, row),
        page("custom_fields", {"id": 5, "name": "Terms"}, {"id": 6, "name": "Tier"}),
    )
    first, second = cats.find_companies("Engines")
    assert (first.external_id, first.name) == ("31", "Engines"), "the oldest first"
    assert first.hints == {
        "website": "https://engines.example",
        "phone": "+44 20 1",
        "address": "London, SW1",
        "country_code": "GB",
        "custom:5": "Gold, Net 30",
    }
    assert second.hints == {}
    labels = {option.id: option.label for option in cats.list_company_fields()}
    assert (labels["custom:5"], labels["website"], "custom:6" in labels) == ("Terms", "Website", True)
    assert [seen.path for seen in vendor.seen] == ["/companies/search", "/companies/custom_fields"]
