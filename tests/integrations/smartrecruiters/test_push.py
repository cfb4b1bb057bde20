"""People made, brought up to date, put on jobs, tagged and given properties: by the vendor's rules, never twice."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import Forbidden, Incomplete, NotFound, OutcomeUnknown, RecordGone, Rejected
from integrations.base.records import (
    Education,
    Employment,
    PersonKeys,
    PushAction,
    RemoteRef,
    Standing,
    Target,
    TargetKind,
)
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import ADA, JOB, POOL, calls, fault, people, rule, writing

KEYS = PersonKeys(emails=("ada@people.example",))


def found(connector: SmartRecruitersConnector, target: Target | None = JOB) -> Any:
    (person,) = connector.find(KEYS, record_type="candidate", target=target, acting_as="")
    return person


def test_a_prospect_goes_to_the_talent_pool_without_a_job_and_with_the_tag_of_the_pool(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    tagged = Target(kind=TargetKind.POOL, external_id="tag:spring", name="Talent Pool, tagged “spring”")
    result = there.push(writing(target=tagged), existing=None)
    (row,) = people(world)
    assert result.action is PushAction.CREATED
    assert result.external_id == row["id"]
    assert row["tags"] == ["mathematics", "spring"]
    assert "primaryAssignment" not in row
    assert row["location"] == {"city": "London", "countryCode": "gb"}


def test_a_candidate_is_made_on_the_job_with_history_and_source(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    values = {
        **ADA,
        "source": "beckon",
        "experience": (
            Employment(title="Analyst", company="Engines", started="1842-09"),
            Employment(description="nobody knows where"),
        ),
        "education": (Education(school="Home", started="1832", ended="1835"), Education(degree="None")),
    }
    there.push(writing(values, target=JOB), existing=None)
    (row,) = people(world)
    assert row["primaryAssignment"]["job"]["id"] == "job-platform"
    assert row["experience"] == [
        {"title": "Analyst", "company": "Engines", "current": True, "startDate": "1842-09"}
    ]
    assert row["education"] == [
        {
            "institution": "Home",
            "degree": "Not stated",
            "current": False,
            "startDate": "1832",
            "endDate": "1835",
        }
    ]
    sent = world.get("/control/smartrecruiters/requests")[0]["body"]
    assert '"sourceTypeId": "SOURCING"' in sent
    assert '"sourceId": "source-beckon"' in sent


def test_a_source_that_is_not_configured_there_is_left_out_and_said(there: SmartRecruitersConnector) -> None:
    result = there.push(writing({**ADA, "source": "Carrier pigeon"}), existing=None)
    assert "Carrier pigeon" in result.left_out["source"]


def test_what_was_pushed_is_read_back_under_the_same_keys(there: SmartRecruitersConnector) -> None:
    values = {**ADA, "experience": (Employment(title="Analyst", company="Engines", started="1842-09"),)}
    number = there.push(writing(values, target=JOB), existing=None).external_id
    person = there.read(RemoteRef(external_id=number))
    assert {key: person.values[key] for key in values} == values
    assert person.target_ids == {"pool", "tag:mathematics", "job-platform"}


def test_a_push_that_changes_nothing_makes_no_call(there: SmartRecruitersConnector, world: Sandbox) -> None:
    there.push(writing(target=JOB), existing=None)
    person, before = found(there), len(calls(world))
    result = there.push(writing({}, target=JOB, whole=ADA), existing=person)
    assert result.action is PushAction.UNCHANGED
    assert len(calls(world)) == before


def test_only_what_differs_is_patched_and_what_patch_does_not_take_is_said(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    number = there.push(writing(target=JOB), existing=None).external_id
    values = {
        "lastName": "King",
        "location.city": "Ockham",
        "education": (Education(school="Home"),),
        "email": ("ada@people.example", "second@people.example"),
    }
    result = there.push(
        writing(values, whole={**ADA, **values}), existing=there.read(RemoteRef(external_id=number))
    )
    (row,) = people(world)
    assert result.action is PushAction.UPDATED
    assert (row["lastName"], row["email"]) == ("King", "ada@people.example")
    assert row["location"] == {"city": "Ockham", "countryCode": "gb"}
    assert set(result.left_out) == {"education"}


def test_tags_are_added_to_those_there_and_none_twice(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    number = there.push(writing(target=JOB), existing=None).external_id
    person = there.read(RemoteRef(external_id=number))
    there.push(writing({"tags": ("Mathematics", "engines")}, whole=ADA), existing=person)
    assert people(world)[0]["tags"] == ["mathematics", "engines"]


def test_somebody_known_is_put_on_another_job_by_the_address_there_and_stays_one_person(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    first = there.push(writing(target=JOB), existing=None)
    other = Target(kind=TargetKind.JOB, external_id="job-data", name="Data engineer")
    result = there.push(writing({}, target=other, whole=ADA), existing=found(there))
    (row,) = people(world)
    assert (result.action, result.external_id) == (PushAction.UPDATED, first.external_id)
    assert row["primaryAssignment"]["job"]["id"] == "job-data"
    assert [each["job"]["id"] for each in row["secondaryAssignments"]] == ["job-platform"]


def test_a_second_record_made_for_a_known_address_is_told_by_its_id(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    rule(world, duplicates="create")
    first = there.push(writing(target=JOB), existing=None)
    other = Target(kind=TargetKind.JOB, external_id="job-data", name="Data engineer")
    result = there.push(writing({}, target=other, whole=ADA), existing=found(there))
    assert result.external_id != first.external_id


def test_a_create_refused_because_somebody_is_there_goes_on_with_them(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    first = there.push(writing(target=JOB), existing=None)
    rule(world, duplicates="conflict")
    result = there.push(writing({**ADA, "lastName": "King"}, target=JOB), existing=None)
    assert (result.action, result.external_id) == (PushAction.UPDATED, first.external_id)
    assert people(world)[0]["lastName"] == "King"


def test_properties_of_somebody_on_a_job_go_in_one_call_and_of_somebody_without_one_by_one(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    values = {
        **ADA,
        "property:prop-notice": "three months",
        "property:prop-salary": "GBP 70000",
        "property:prop-remote": True,
        "property:prop-start": "2027-01-15",
        "property:prop-years": "7",
        "property:prop-level": "level-senior",
    }
    on_job = there.push(writing(values, target=JOB), existing=None).external_id
    alone = there.push(
        writing({**values, "email": ("b@people.example",)}, target=POOL), existing=None
    ).external_id
    puts = calls(world, "PUT")
    assert puts.count(f"PUT /candidates/{on_job}/jobs/job-platform/properties") == 1
    assert len([each for each in puts if each.startswith(f"PUT /candidates/{alone}/properties/")]) == 6
    for number in (on_job, alone):
        person = there.read(RemoteRef(external_id=number))
        told = {key: value for key, value in person.values.items() if key.startswith("property:")}
        assert told == {key: value for key, value in values.items() if key.startswith("property:")}


def test_a_property_that_cannot_take_the_value_or_is_gone_is_left_out_and_the_rest_goes(
    there: SmartRecruitersConnector,
) -> None:
    values = {
        **ADA,
        "property:prop-years": "many",
        "property:prop-gone": "x",
        "property:prop-start": "2027",
        "property:prop-notice": "now",
    }
    result = there.push(writing(values, target=JOB), existing=None)
    assert set(result.left_out) == {"property:prop-years", "property:prop-gone", "property:prop-start"}
    told = there.read(RemoteRef(external_id=result.external_id)).values
    assert told["property:prop-notice"] == "now"


def test_an_option_removed_there_leaves_a_record_that_is_certain_and_says_why(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    with pytest.raises(Incomplete) as caught:
        there.push(writing({**ADA, "property:prop-level": "level-gone"}, target=JOB), existing=None)
    assert isinstance(caught.value.cause, Rejected)
    assert "VALUE_NOT_FOUND" in str(caught.value)
    assert caught.value.result.external_id == people(world)[0]["id"]


def test_a_line_cut_after_the_create_is_unclear_and_the_second_push_completes_without_a_second_person(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    fault(world, kind="cut", path="/jobs/job-platform/candidates", after=True)
    values = {**ADA, "property:prop-notice": "now"}
    with pytest.raises(OutcomeUnknown):
        there.push(writing(values, target=JOB), existing=None)
    result = there.push(writing(values, target=JOB), existing=found(there))
    (row,) = people(world)
    assert result.external_id == row["id"]
    assert there.read(RemoteRef(external_id=row["id"])).values["property:prop-notice"] == "now"


def test_a_push_that_broke_off_after_the_first_call_is_completed_by_the_next(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    fault(world, kind="error", path="/properties")
    values = {**ADA, "property:prop-notice": "now"}
    with pytest.raises(Incomplete) as caught:
        there.push(writing(values, target=JOB), existing=None)
    person = there.read(RemoteRef(external_id=caught.value.result.external_id))
    there.push(writing({"property:prop-notice": "now"}, target=JOB, whole=values), existing=person)
    assert len(people(world)) == 1
    assert len([each for each in calls(world, "POST") if each.endswith("/candidates")]) == 1


def test_a_record_deleted_there_is_gone_for_reading_and_writing(there: SmartRecruitersConnector) -> None:
    number = there.push(writing(target=JOB), existing=None).external_id
    person = found(there)
    there.delete(RemoteRef(external_id=number))
    there.delete(RemoteRef(external_id=number))
    with pytest.raises(RecordGone):
        there.read(RemoteRef(external_id=number))
    with pytest.raises(RecordGone):
        there.push(writing({"lastName": "King"}, whole=ADA), existing=person)
    with pytest.raises(RecordGone):
        there.push(writing({"tags": ("new",)}, whole=ADA), existing=person)


def test_a_job_that_is_gone_or_hidden_is_not_the_fault_of_the_record_or_the_key(
    there: SmartRecruitersConnector, world: Sandbox, build: Any
) -> None:
    gone = Target(kind=TargetKind.JOB, external_id="job-nowhere", name="?")
    with pytest.raises(NotFound) as caught:
        there.push(writing(target=gone), existing=None)
    assert not isinstance(caught.value, RecordGone)
    known = world.smartrecruiters
    recruiter = build(known["base_url"], api_key=known["keys"][1]["key"])
    secret = Target(kind=TargetKind.JOB, external_id="job-secret", name="?")
    with pytest.raises(Forbidden):
        recruiter.push(writing(target=secret), existing=None)


def test_someone_hired_or_rejected_there_is_told(there: SmartRecruitersConnector, world: Sandbox) -> None:
    number = there.push(writing(target=JOB), existing=None).external_id
    for status, standing in (("REJECTED", Standing.REJECTED), ("HIRED", Standing.HIRED), ("OFFERED", None)):
        order = {"candidate": number, "job": "job-platform", "status": status}
        world.post("/control/smartrecruiters/status", order)
        assert there.read(RemoteRef(external_id=number)).standing is standing


@pytest.mark.parametrize("name", ["Zoë\u200b 李小龍", "שרה كريم", "O'Brien; DROP <b>", "𝕬𝖉𝖆 🧮"])
def test_every_script_survives_the_way_there_and_back(there: SmartRecruitersConnector, name: str) -> None:
    number = there.push(writing({**ADA, "lastName": name}), existing=None).external_id
    assert there.read(RemoteRef(external_id=number)).last_name == name.strip()
