"""Looking people up: by address only, compared here, and only those on a job."""

from __future__ import annotations

from integrations.base.records import PersonKeys
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import ADA, JOB, POOL, rule, writing
from tests.integrations.vendor_server import Answer, VendorServer

DUMMY = "no-email-7@beckon.example.com"


def ids(connector: SmartRecruitersConnector, keys: PersonKeys) -> list[str]:
    rows = connector.find(keys, record_type="candidate", target=JOB, acting_as="")
    return [row.external_id for row in rows]


def test_the_word_search_is_narrowed_to_the_address_itself(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    rows = [
        {"id": "2", "email": "ADA@people.example", "createdOn": "2026-02-01T00:00:00.000Z"},
        {"id": "3", "email": "ada@people.example.org", "createdOn": "2026-01-01T00:00:00.000Z"},
        {"id": "1", "email": "ada@people.example", "createdOn": "2026-01-01T00:00:00.000Z"},
        {"id": "4", "createdOn": "2026-01-01T00:00:00.000Z"},
    ]
    vendor.will_answer(Answer(body={"totalFound": "4", "content": rows}))
    assert ids(scripted, PersonKeys(emails=("ada@people.example",))) == ["1", "2"]
    assert vendor.seen[0].params["q"] == "ada@people.example"


def test_our_own_dummy_is_asked_before_addresses_and_the_first_hit_decides(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        Answer(body={"content": []}), Answer(body={"content": [{"id": "9", "email": "b@x.example"}]})
    )
    assert ids(scripted, PersonKeys(markers=(DUMMY,), emails=("b@x.example", "c@x.example"))) == ["9"]
    assert [seen.params["q"] for seen in vendor.seen] == [DUMMY, "b@x.example"]


def test_links_and_phones_alone_ask_nothing(scripted: SmartRecruitersConnector, vendor: VendorServer) -> None:
    assert ids(scripted, PersonKeys(social_links=("https://linkedin.com/in/ada",), phones=("+1",))) == []
    assert vendor.seen == []


def test_a_talent_pool_record_is_not_found_and_the_connector_says_that_this_proves_nothing(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    there.push(writing(target=POOL), existing=None)
    keys = PersonKeys(emails=("ada@people.example",))
    assert ids(there, keys) == []
    assert not there.finds_everybody(POOL)
    assert not there.finds_everybody(None)
    assert there.finds_everybody(JOB)
    rule(world, talent_pool_searchable=True)
    assert len(ids(there, keys)) == 1


def test_one_address_on_two_records_gives_the_older_first(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    rule(world, duplicates="create")
    made = [there.push(writing(ADA, target=JOB), existing=None).external_id for _ in range(2)]
    assert ids(there, PersonKeys(emails=("Ada@People.Example",))) == made
