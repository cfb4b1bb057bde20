"""``add`` or ``modify``, and exactly what leaves in each."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import mapping as ours
from integrations.base.records import (
    Education,
    Employment,
    PersonWrite,
    PushAction,
    RemotePerson,
    Target,
    TargetKind,
)
from integrations.base.uniting import link_key, phone_key
from integrations.mapping import FieldRule, PersonData, Reachable
from integrations.vendors.sourcewhale import mapping
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations.vendor_server import Answer, VendorServer

CAMPAIGN = Target(kind=TargetKind.POOL, external_id="camp-1", name="Spring")
PROJECT = Target(kind=TargetKind.JOB, external_id="proj-1", name="Ruby lead")
ADDED = Answer(body={"url": "https://sourcewhale.app/c/9", "candidateIds": ["9"]})
MODIFIED = Answer(body="success")
DUMMY = "no-email--352233856@beckon.example.com"
RULES = [FieldRule.default(field) for field in mapping.FIELDS]

ADA = PersonData(
    first_name="Ada",
    last_name="Byron",
    emails=(Reachable(value="ada@example.org"), Reachable(value="ada@work.example")),
    phones=(Reachable(value="+44 20 7946 0000"),),
    social_links=("https://linkedin.com/in/ada",),
    experience=(Employment(title="Analyst", company="Engines", started="1842-09"),),
    education=(Education(school="Home", degree="Mathematics", started="1832", ended="1835"),),
    texts={"location": "London"},
)
ROW = {
    "candidateId": "9",
    "name": "Ada Byron",
    "firstName": "Ada",
    "lastName": "Byron",
    "emails": ["ada@example.org", "ada@work.example"],
    "phones": ["+442079460000"],
    "socialLinks": ["http://www.linkedin.com/in/Ada/"],
    "location": "London",
}
#: What was sent before, so that only the rest is news.
SENT = ours.payload(ADA, rules=RULES, source_label="Beckon").digests


def write_of(
    person: PersonData, existing: RemotePerson | None, target: Target | None, **values: Any
) -> PersonWrite:
    made = ours.payload(
        person,
        rules=RULES,
        existing=existing,
        **{"source_label": "Beckon", "own_dummy": DUMMY, "written": SENT, **values},
    )
    return PersonWrite(values=made.values, whole=made.whole, target=target, acting_as="alice@example.com")


def push(
    connector: SourceWhaleConnector,
    *,
    row: dict[str, Any] | None = None,
    written: dict[str, str] = SENT,
    target: Target | None = None,
) -> Any:
    existing = mapping.person(row) if row is not None else None
    return connector.push(write_of(ADA, existing, target, written=written), existing=existing)


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
    row = {**ROW, "name": "Ada King", "lastName": "King", "emails": ["ada@old.example"]}
    vendor.will_answer(MODIFIED)
    result = push(sourcewhale, row=row)
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
    result = push(sourcewhale, row=ROW)
    assert result.action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_a_person_already_on_the_project_is_not_attached_again(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    row = {**ROW, "projectIds": ["proj-1"]}
    assert push(sourcewhale, row=row, target=PROJECT).action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_attaching_a_found_person_adds_it_again_with_the_address_it_is_known_by(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(ADDED)
    result = push(sourcewhale, row=ROW, target=CAMPAIGN)
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
    push(sourcewhale, row=ROW, written={})
    assert vendor.seen[0].path == "/v1/candidates/add"
    assert "campaignId" not in vendor.seen[0].body
    assert "projectIds" not in vendor.seen[0].body


def test_our_dummy_is_replaced_by_the_real_address_before_the_person_is_matched_by_it(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(MODIFIED, ADDED)
    push(sourcewhale, row={**ROW, "emails": [DUMMY]}, target=CAMPAIGN)
    modify, add = vendor.seen
    assert modify.body["candidate"]["emails"] == ["ada@example.org", "ada@work.example"]
    assert add.body["candidates"][0]["emails"] == ["ada@example.org", "ada@work.example"]


def test_a_second_record_keeps_the_id_that_came_back(
    sourcewhale: SourceWhaleConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body={"candidateIds": ["77"]}))
    assert push(sourcewhale, row=ROW, target=CAMPAIGN).external_id == "77"


# --- for every person ---------------------------------------------------------------------------------------

words = st.text(max_size=12)
many = st.lists(words, max_size=3).map(lambda values: tuple(value for value in values if value))
people = st.builds(
    PersonData,
    first_name=words,
    last_name=words,
    emails=many.map(lambda values: tuple(Reachable(value=value) for value in values)),
    phones=many.map(lambda values: tuple(Reachable(value=value) for value in values)),
    social_links=many,
    skills=many,
    experience=st.lists(st.builds(Employment, title=words, company=words, started=words), max_size=2).map(
        tuple
    ),
    education=st.lists(st.builds(Education, school=words, degree=words), max_size=2).map(tuple),
    texts=st.fixed_dictionaries({"location": words}),
)
targets = st.none() | st.sampled_from([CAMPAIGN, PROJECT])


@given(person=people, target=targets)
def test_outreach_is_never_started_and_no_protected_trait_is_ever_sent(
    person: PersonData, target: Target | None
) -> None:
    body = mapping.add_body(mapping.body(write_of(person, None, target).values), target)
    assert body["sendImmediately"] is False
    assert not {"dominantRace", "gender"} & body["candidates"][0].keys()


@given(person=people, target=targets)
def test_every_body_satisfies_the_vendors_own_schema(person: PersonData, target: Target | None) -> None:
    schema = json.loads(SCHEMA.read_text())["components"]["schemas"]
    _conforms(
        mapping.add_body(mapping.body(write_of(person, None, target).values), target), schema["CandidatesAdd"]
    )
    changed = write_of(person, mapping.person({"candidateId": "1"}), None)
    body = {"candidate": {"candidateId": "1", **mapping.body(mapping.plain(changed.values))}}
    _conforms(body, schema["CandidatesModify"])


@given(person=people, emails=many, phones=many, links=many)
def test_a_change_never_takes_an_address_phone_or_link_away(
    person: PersonData, emails: tuple[str, ...], phones: tuple[str, ...], links: tuple[str, ...]
) -> None:
    row = {"candidateId": "1", "emails": list(emails), "phones": list(phones), "socialLinks": list(links)}
    existing = mapping.person(row)
    changed = mapping.body(write_of(person, existing, None).values)
    for name, same in (("emails", str.casefold), ("phones", phone_key), ("socialLinks", link_key)):
        if name in changed:
            kept = {same(value) for value in existing.values[name] if value != DUMMY}
            assert kept <= {same(value) for value in changed[name]}


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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.linkedin.com/in/ada/", "linkedin.com/in/Ada"),
        ("http://linkedin.com/in/ada?trk=x", "https://linkedin.com/in/ada"),
    ],
)
def test_spellings_of_one_link_are_one_link(one: str, other: str) -> None:
    assert link_key(one) == link_key(other)
