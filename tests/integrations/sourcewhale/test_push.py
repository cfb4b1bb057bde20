"""``add`` or ``modify``, and exactly what leaves in each."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.records import (
    Education,
    Employment,
    PersonRecord,
    PushAction,
    RemotePerson,
    Target,
    TargetKind,
)
from integrations.vendors.sourcewhale import mapping
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations.vendor_server import Answer, VendorServer

CAMPAIGN = Target(kind=TargetKind.POOL, external_id="camp-1", name="Spring")
PROJECT = Target(kind=TargetKind.JOB, external_id="proj-1", name="Ruby lead")
ADDED = Answer(body={"url": "https://sourcewhale.app/c/9", "candidateIds": ["9"]})
MODIFIED = Answer(body="success")
DUMMY = "no-email--352233856@beckon.example.com"

ADA = PersonRecord(
    first_name="Ada",
    last_name="Byron",
    emails=("ada@example.org", "ada@work.example"),
    own_dummy=DUMMY,
    phones=("+44 20 7946 0000",),
    social_links=("https://linkedin.com/in/ada",),
    location="London",
    source="Beckon",
    experience=(Employment(title="Analyst", company="Engines", started="1842-09"),),
    education=(Education(school="Home", degree="Mathematics", started="1832", ended="1835"),),
)
HELD = RemotePerson(
    external_id="9",
    first_name="Ada",
    last_name="Byron",
    emails=("ada@example.org", "ada@work.example"),
    phones=("+442079460000",),
    social_links=("http://www.linkedin.com/in/Ada/",),
    location="London",
)


def push(
    connector: SourceWhaleConnector,
    record: PersonRecord = ADA,
    *,
    existing: RemotePerson | None = None,
    history_changed: bool = False,
    target: Target | None = None,
) -> Any:
    return connector.push(
        record,
        existing=existing,
        history_changed=history_changed,
        target=target,
        acting_as="alice@example.com",
    )


def test_a_new_person_is_added_with_the_promised_fields_and_nothing_else(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(ADDED)
    result = push(sourcewhale, target=CAMPAIGN)
    assert (result.external_id, result.action) == ("9", PushAction.CREATED)
    assert result.url == "https://sourcewhale.app/c/9"
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.params) == (
        "POST",
        "/v1/candidates/add",
        {"userEmail": "alice@example.com"},
    )
    assert seen.body == {
        "candidates": [
            {
                "name": "Ada Byron",
                "firstName": "Ada",
                "lastName": "Byron",
                "emails": ["ada@example.org", "ada@work.example"],
                "phones": ["+44 20 7946 0000"],
                "location": "London",
                "socialLinks": ["https://linkedin.com/in/ada"],
                "source": "Beckon",
                "experience": [{"role": "Analyst", "company": "Engines", "startedAt": "1842-09"}],
                "education": [
                    {"school": "Home", "degree": "Mathematics", "startedAt": "1832", "endedAt": "1835"}
                ],
            }
        ],
        "campaignId": "camp-1",
        "sendImmediately": False,
    }


def test_a_candidate_goes_on_the_project(sourcewhale: SourceWhaleConnector, vendor: VendorServer) -> None:
    vendor.will_answer(ADDED)
    push(sourcewhale, target=PROJECT)
    assert vendor.seen[0].body["projectIds"] == ["proj-1"]
    assert "campaignId" not in vendor.seen[0].body


def test_a_found_person_whose_plain_fields_differ_is_modified_with_those_fields_only(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    held = RemotePerson(
        external_id="9",
        first_name="Ada",
        last_name="King",
        emails=("ada@old.example",),
        phones=("+442079460000",),
        social_links=("http://www.linkedin.com/in/Ada/",),
        location="London",
    )
    vendor.will_answer(MODIFIED)
    result = push(sourcewhale, existing=held)
    assert (result.external_id, result.action) == ("9", PushAction.UPDATED)
    (seen,) = vendor.seen
    assert seen.path == "/v1/candidates/modify"
    assert seen.body == {
        "candidate": {
            "candidateId": "9",
            "lastName": "Byron",
            "name": "Ada Byron",
            "emails": ["ada@old.example", "ada@example.org", "ada@work.example"],
        }
    }


def test_a_found_person_without_a_difference_costs_no_write(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    result = push(sourcewhale, existing=HELD)
    assert result.action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_a_person_already_on_the_project_is_not_attached_again(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    held = RemotePerson(**{**_values(HELD), "target_ids": frozenset({"proj-1"})})
    assert push(sourcewhale, existing=held, target=PROJECT).action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_attaching_a_found_person_adds_it_again_with_the_address_it_is_known_by(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(ADDED)
    result = push(sourcewhale, existing=HELD, target=CAMPAIGN)
    assert result.action is PushAction.UPDATED
    (seen,) = vendor.seen
    assert seen.path == "/v1/candidates/add"
    assert seen.body["candidates"][0]["emails"][0] == "ada@example.org"
    assert seen.body["campaignId"] == "camp-1"
    assert seen.body["sendImmediately"] is False


def test_changed_history_is_added_again_without_attaching(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(ADDED)
    push(sourcewhale, existing=HELD, history_changed=True)
    assert vendor.seen[0].path == "/v1/candidates/add"
    assert "campaignId" not in vendor.seen[0].body
    assert "projectIds" not in vendor.seen[0].body


def test_our_dummy_is_replaced_by_the_real_address_before_the_person_is_matched_by_it(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    held = RemotePerson(**{**_values(HELD), "emails": (DUMMY,)})
    vendor.will_answer(MODIFIED, ADDED)
    push(sourcewhale, existing=held, target=CAMPAIGN)
    modify, add = vendor.seen
    assert modify.body["candidate"]["emails"] == ["ada@example.org", "ada@work.example"]
    assert add.body["candidates"][0]["emails"] == ["ada@example.org", "ada@work.example"]


def test_a_dummy_leaves_only_when_asked_for_and_only_without_a_real_address() -> None:
    nobody = PersonRecord(first_name="Ada", own_dummy=DUMMY)
    assert "emails" not in mapping.plain_fields(nobody)
    assert mapping.plain_fields(PersonRecord(own_dummy=DUMMY, send_dummy=True))["emails"] == [DUMMY]
    assert DUMMY not in mapping.plain_fields(PersonRecord(**{**_values(ADA), "send_dummy": True}))["emails"]


def test_a_second_record_keeps_the_id_that_came_back(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body={"candidateIds": ["77"]}))
    assert push(sourcewhale, existing=HELD, target=CAMPAIGN).external_id == "77"


# --- for every person ---------------------------------------------------------------------------------------

words = st.text(max_size=12)
many = st.lists(words, max_size=3).map(lambda values: tuple(value for value in values if value))
people = st.builds(
    PersonRecord,
    first_name=words,
    last_name=words,
    emails=many,
    own_dummy=st.sampled_from(["", DUMMY]),
    send_dummy=st.booleans(),
    phones=many,
    social_links=many,
    location=words,
    source=words,
    experience=st.lists(st.builds(Employment, title=words, company=words, started=words), max_size=2).map(
        tuple
    ),
    education=st.lists(st.builds(Education, school=words, degree=words), max_size=2).map(tuple),
)
targets = st.none() | st.sampled_from([CAMPAIGN, PROJECT])


@given(record=people, target=targets)
def test_outreach_is_never_started_and_no_protected_trait_is_ever_sent(
    record: PersonRecord, target: Target | None
) -> None:
    body = mapping.add_body(mapping.full_body(record), target)
    assert body["sendImmediately"] is False
    assert not {"dominantRace", "gender"} & body["candidates"][0].keys()


@given(record=people, target=targets)
def test_every_body_satisfies_the_vendors_own_schema(record: PersonRecord, target: Target | None) -> None:
    schema = json.loads(SCHEMA.read_text())["components"]["schemas"]
    _conforms(mapping.add_body(mapping.full_body(record), target), schema["CandidatesAdd"])
    held = RemotePerson(external_id="1")
    body = {"candidate": {"candidateId": "1", **mapping.changed_fields(record, held)}}
    _conforms(body, schema["CandidatesModify"])


@given(record=people, held=people)
def test_a_change_never_takes_an_address_phone_or_link_away(record: PersonRecord, held: PersonRecord) -> None:
    existing = RemotePerson(
        external_id="1", emails=held.emails, phones=held.phones, social_links=held.social_links
    )
    changed = mapping.changed_fields(record, existing)
    for name, values, same in (
        ("emails", held.emails, str.casefold),
        ("phones", held.phones, mapping.phone_key),
        ("socialLinks", held.social_links, mapping.link_key),
    ):
        if name in changed:
            assert {same(value) for value in values} <= {same(value) for value in changed[name]}


SCHEMA = pathlib.Path(__file__).with_name("public-api.openapi.json")


def _conforms(value: Any, schema: dict[str, Any]) -> None:
    """The part of JSON Schema the vendor's file uses, closed: an unknown property is a mistake of ours."""
    kinds: dict[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
    assert type(value) is kinds[schema["type"]], (value, schema)
    if isinstance(value, dict):
        assert value.keys() <= schema["properties"].keys()
        assert set(schema.get("required", ())) <= value.keys()
        for name, item in value.items():
            _conforms(item, schema["properties"][name])
    if isinstance(value, list):
        for item in value:
            _conforms(item, schema["items"])


def _values(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.linkedin.com/in/ada/", "linkedin.com/in/Ada"),
        ("http://linkedin.com/in/ada?trk=x", "https://linkedin.com/in/ada"),
    ],
)
def test_spellings_of_one_link_are_one_link(one: str, other: str) -> None:
    assert mapping.link_key(one) == mapping.link_key(other)
