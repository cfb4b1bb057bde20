"""Finding a person with few calls, and believing no row that was not compared."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.records import PersonKeys, RemotePerson
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import ADA, NOBODY, page
from tests.integrations.vendor_server import Answer, VendorServer

DUMMY = "no-email-7@beckon.example.com"
KEYS = PersonKeys(
    markers=(DUMMY,),
    emails=("ada@example.org", "ada@work.example"),
    social_links=("https://linkedin.com/in/ada",),
    phones=("+44 20 7946 0000",),
    name="Ada Byron",
)


def find(
    connector: CatsConnector, keys: PersonKeys, record_type: str = "candidate"
) -> tuple[RemotePerson, ...]:
    return connector.find(keys, record_type=record_type, target=None, acting_as="")


def test_an_address_is_asked_for_exactly_then_loosely_and_last_the_name(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(*[NOBODY] * 6)
    assert find(cats, KEYS) == ()
    asked = [(seen.method, seen.params.get("query"), (seen.body or {}).get("value")) for seen in vendor.seen]
    assert asked == [
        ("POST", None, DUMMY),
        ("POST", None, "ada@example.org"),
        ("GET", "ada@example.org", None),
        ("POST", None, "ada@work.example"),
        ("GET", "ada@work.example", None),
        ("GET", "Ada Byron", None),
    ]
    assert vendor.seen[0].body == {"field": "emails.primary", "filter": "exactly", "value": DUMMY}
    assert {seen.path for seen in vendor.seen} == {"/candidates/search"}
    assert {seen.headers["authorization"] for seen in vendor.seen} == {"Token cats-key/with+odd=signs-1234"}


def test_the_first_address_with_a_hit_ends_the_search(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(page("candidates", ADA))
    (person,) = find(cats, PersonKeys(emails=("ADA@example.org", "ada@work.example")))
    assert person.external_id == "401"
    assert len(vendor.seen) == 1


def test_a_second_address_is_found_by_the_loose_search(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(NOBODY, page("candidates", {"id": 1, "emails": {"primary": "x@work.example"}}, ADA))
    (person,) = find(cats, PersonKeys(emails=("ada@work.example",)))
    assert person.external_id == "401"


def test_rows_that_only_share_a_word_of_the_address_are_nobody(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    """``contains`` and ``query`` match any word; a wrong parameter would bring everybody."""
    everybody = [{"id": number, "emails": {"primary": f"p{number}@example.org"}} for number in range(1, 30)]
    vendor.will_answer(page("candidates", *everybody), page("candidates", *everybody))
    assert find(cats, PersonKeys(emails=("ada@example.org",))) == ()


def test_a_link_is_compared_among_the_people_of_that_name(cats: CatsConnector, vendor: VendorServer) -> None:
    other = {"id": 5, "first_name": "Ada", "last_name": "Byron", "social_media_urls": ["https://x.com/ada"]}
    vendor.will_answer(page("candidates", other, ADA))
    (person,) = find(cats, PersonKeys(social_links=("http://linkedin.com/in/Ada/",), name="Ada Byron"))
    assert person.external_id == "401"
    assert vendor.seen[0].params["query"] == "Ada Byron"


def test_a_phone_counts_only_with_the_name(cats: CatsConnector, vendor: VendorServer) -> None:
    keys = PersonKeys(phones=("0044-20-7946-0000".replace("00", "+", 1),), name="Ada Byron")
    brother = {**ADA, "id": 402, "first_name": "Ralph"}
    vendor.will_answer(page("candidates", brother), page("candidates", brother, ADA))
    assert find(cats, keys) == ()
    assert [person.external_id for person in find(cats, keys)] == ["401"]


def test_without_a_name_a_phone_proves_nothing_and_costs_no_call(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    assert find(cats, PersonKeys(phones=("+442079460000",))) == ()
    assert vendor.seen == []


def test_of_several_records_the_oldest_comes_first(cats: CatsConnector, vendor: VendorServer) -> None:
    young = {**ADA, "id": 3, "date_created": "2025-01-01T00:00:00Z"}
    unknown = {key: value for key, value in ADA.items() if key != "date_created"} | {"id": 2}
    vendor.will_answer(page("candidates", young, unknown, ADA))
    assert [person.external_id for person in find(cats, PersonKeys(emails=("ada@example.org",)))] == [
        "401",
        "3",
        "2",
    ]


def test_contacts_are_looked_for_among_contacts(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(page("contacts", {**ADA, "phones": {"work": "1", "cell": None, "other": None}}))
    (person,) = find(cats, PersonKeys(emails=("ada@example.org",)), "contact")
    assert (person.record_type, vendor.seen[0].path) == ("contact", "/contacts/search")


def test_a_common_name_is_read_for_three_pages_and_no_further(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    many = [
        page("candidates", *({"id": 100 * n + i} for i in range(1, 101)), total="900", more=True)
        for n in range(9)
    ]
    vendor.will_answer(*many)
    assert find(cats, PersonKeys(social_links=("https://linkedin.com/in/ada",), name="Li Wang")) == ()
    assert [seen.params["page"] for seen in vendor.seen] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"candidates": []},
        {"_embedded": {"candidates": {}}},
        {"_embedded": {"candidates": ["text"]}},
        {"_embedded": {"candidates": [{"first_name": "Ada"}]}},
        {"_embedded": {"candidates": [{"id": 1, "emails": "ada@example.org"}]}},
        {"_embedded": {"candidates": [{"id": 1, "date_created": "yesterday"}]}},
        {"_embedded": {"candidates": [{"id": {"$oid": 1}}]}},
    ],
    ids=str,
)
def test_an_answer_of_another_shape_is_malformed_and_not_half_read(
    body: Any, cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body=body))
    with pytest.raises(MalformedResponse):
        find(cats, PersonKeys(emails=("ada@example.org",)))


def test_an_empty_list_may_come_without_its_embedded_part(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(body={"count": 0, "total": "0", "_links": {}}), NOBODY)
    assert find(cats, PersonKeys(emails=("ada@example.org",))) == ()
