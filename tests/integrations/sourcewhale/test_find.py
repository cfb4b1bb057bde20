"""Finding a person: one value of one key per call, the surest key first."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.records import PersonKeys
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations.vendor_server import Answer, VendorServer

ADAS = PersonKeys(emails=("ada@example.org",))
KEYS = PersonKeys(
    markers=("no-email-7@beckon.example.com",),
    emails=("ada@example.org", "ada@work.example"),
    social_links=("https://linkedin.com/in/ada",),
    phones=("+44 20 7946 0000",),
    name="Ada Byron",
)


def found(**row: Any) -> Answer:
    return Answer(body={"candidates": [{"candidateId": "c1", **row}]})


NOBODY = Answer(body={"candidates": []})


def test_it_asks_marker_then_emails_then_links_then_phone(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(*[NOBODY] * 5)
    assert sourcewhale.find(KEYS, record_type="candidate", target=None, acting_as="alice@example.com") == ()
    assert [(seen.params["key"], seen.params["value"]) for seen in vendor.seen] == [
        ("email", "no-email-7@beckon.example.com"),
        ("email", "ada@example.org"),
        ("email", "ada@work.example"),
        ("socialLink", "https://linkedin.com/in/ada"),
        ("phone", "+44 20 7946 0000"),
    ]
    assert {seen.path for seen in vendor.seen} == {"/v1/candidates/search"}
    assert {seen.params["userEmail"] for seen in vendor.seen} == {"alice@example.com"}
    assert {seen.headers["api-key"] for seen in vendor.seen} == {"sw-key/with+odd=signs-1234"}


def test_the_first_key_with_a_hit_ends_the_search(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        NOBODY, found(firstName="Ada", emails=["ada@example.org"], projectIds=["p1"], campaignId="k1")
    )
    (person,) = sourcewhale.find(KEYS, record_type="candidate", target=None, acting_as="")
    assert person.external_id == "c1"
    assert person.emails == ("ada@example.org",)
    assert person.target_ids == {"p1", "k1"}
    assert len(vendor.seen) == 2
    assert "userEmail" not in vendor.seen[0].params


def test_a_phone_counts_only_with_the_name(sourcewhale: SourceWhaleConnector, vendor: VendorServer) -> None:
    keys = PersonKeys(phones=("+44 20 7946 0000",), name="Ada Byron")
    vendor.will_answer(found(firstName="Charles", lastName="Babbage"))
    assert sourcewhale.find(keys, record_type="candidate", target=None, acting_as="") == ()
    vendor.will_answer(found(firstName="ADA", lastName="Byron"))
    assert len(sourcewhale.find(keys, record_type="candidate", target=None, acting_as="")) == 1


def test_of_several_records_the_oldest_comes_first(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    rows = [
        {"candidateId": "unknown"},
        {"candidateId": "young", "createdAt": 1_700_000_000},
        {"candidateId": "old", "createdAt": 1_600_000_000},
    ]
    vendor.will_answer(Answer(body={"candidates": rows}))
    people = sourcewhale.find(
        PersonKeys(emails=("ada@example.org",)), record_type="candidate", target=None, acting_as=""
    )
    assert [person.external_id for person in people] == ["old", "young", "unknown"]


def test_nulls_and_missing_keys_are_empty(sourcewhale: SourceWhaleConnector, vendor: VendorServer) -> None:
    vendor.will_answer(found(firstName=None, emails=None, phones=["", None], createdAt=None, projectIds=None))
    (person,) = sourcewhale.find(
        PersonKeys(emails=("ada@example.org",)), record_type="candidate", target=None, acting_as=""
    )
    assert (person.first_name, person.emails, person.phones, person.created_at) == ("", (), (), None)


@pytest.mark.parametrize(
    "row",
    [
        "text",
        {},
        {"candidateId": ""},
        {"candidateId": {"$oid": "1"}},
        {"candidateId": "c1", "emails": "ada@example.org"},
        {"candidateId": "c1", "createdAt": "yesterday"},
        {"candidateId": "c1", "createdAt": 1e300},
    ],
    ids=str,
)
def test_a_row_of_another_shape_is_malformed_and_not_half_read(
    row: Any, sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body={"candidates": [row]}))
    with pytest.raises(MalformedResponse):
        sourcewhale.find(
            PersonKeys(emails=("ada@example.org",)), record_type="candidate", target=None, acting_as=""
        )
