"""An application is made, changed or left as it is, and nobody is e-mailed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations import mapping as ours
from integrations.base.errors import (
    Forbidden,
    Incomplete,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordGone,
    Rejected,
)
from integrations.base.records import (
    Education,
    Employment,
    PersonWrite,
    PushAction,
    RemotePerson,
    Target,
)
from integrations.mapping import FieldRule, PersonData, Reachable
from integrations.vendors.pinpoint import mapping
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import JOB, OTHER_JOB, application, error, many, single
from tests.integrations.vendor_server import Answer, VendorServer

Calls = Callable[[], list[tuple[str, str]]]
RULES = [FieldRule.default(field) for field in mapping.FIELDS]
ADA = PersonData(
    first_name="Zoë",
    last_name="李\u200b雷",
    emails=(Reachable(value="ada@people.example"), Reachable(value="ada@work.example")),
    phones=(Reachable(value="+44 20 7946 0000"),),
    social={"linkedin": "https://linkedin.com/in/ada"},
    experience=(Employment(title="Analyst", company="Engines", started="1842-09"),),
    education=(Education(school="Home", degree="Mathematics", started="1832", ended="1835"),),
    texts={"city": "London", "country": "United Kingdom", "summary": "Wrote the first program."},
)
MADE = single(application("9"), status=201)


def writing(values: dict[str, Any], *, target: Target | None = JOB, whole: Any = None) -> PersonWrite:
    return PersonWrite(values=values, whole=whole or values, target=target)


def known(**attributes: Any) -> RemotePerson:
    return mapping.person(application("9", **attributes), {}, ())


def test_a_new_person_is_an_application_with_history_in_the_summary_and_no_e_mail(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(MADE)
    made = ours.payload(ADA, rules=RULES, source_label="Beckon")
    result = pinpoint.push(writing(made.values), existing=None)
    assert (result.external_id, result.action) == ("9", PushAction.CREATED)
    (seen,) = vendor.seen
    assert (seen.method, seen.path) == ("POST", "/applications")
    assert seen.headers["content-type"] == "application/vnd.api+json"
    assert seen.body == {
        "data": {
            "type": "applications",
            "attributes": {
                "first_name": "Zoë",
                "last_name": "李\u200b雷",
                "email": "ada@people.example",
                "phone": "+44 20 7946 0000",
                "linkedin_url": "https://linkedin.com/in/ada",
                "town": "London",
                "country": "United Kingdom",
                "summary": "Wrote the first program.\n\n"
                "Experience\nAnalyst, Engines (1842-09 – now)\n\n"
                "Education\nMathematics, Home (1832 – 1835)",
                "skip_notifications_on_create": True,
            },
            "relationships": {"job": {"data": {"type": "jobs", "id": JOB.external_id}}},
        }
    }


@pytest.mark.parametrize("status", [400, 422])
def test_without_the_attribute_that_keeps_pinpoint_silent_nobody_is_sent(
    status: int, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(error(status, "skip_notifications_on_create is not permitted"))
    with pytest.raises(Rejected, match="would e-mail"):
        pinpoint.push(writing({"first_name": "Ada"}), existing=None)
    assert len(vendor.seen) == 1


def test_without_a_job_nobody_is_made(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    with pytest.raises(Rejected, match="Choose a Pinpoint job"):
        pinpoint.push(writing({"first_name": "Ada"}, target=None), existing=None)
    assert vendor.seen == []


def test_a_refusal_keeps_the_words_of_the_attribute(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(error(422, "Phone can't be blank", "/data/attributes/phone"))
    with pytest.raises(Rejected) as caught:
        pinpoint.push(writing({"first_name": "Ada"}), existing=None)
    assert caught.value.fields == {"phone": "Phone can't be blank"}


def test_a_job_that_is_gone_is_not_found(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(error(404, "Record not found"))
    with pytest.raises(NotFound) as caught:
        pinpoint.push(writing({"first_name": "Ada"}), existing=None)
    assert not isinstance(caught.value, RecordGone)


@pytest.mark.parametrize("body", [b"", b"{", {"data": []}, {"data": {"type": "applications"}}])
def test_a_created_without_an_id_is_searched_for(
    body: Any, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(status=201, body=body))
    with pytest.raises(OutcomeUnknown):
        pinpoint.push(writing({"first_name": "Ada"}), existing=None)


def test_a_known_person_is_changed_in_what_differs(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(single(application("9")))
    result = pinpoint.push(writing({"last_name": "King", "town": ""}), existing=known())
    assert (result.external_id, result.action) == ("9", PushAction.UPDATED)
    (seen,) = vendor.seen
    assert (seen.method, seen.path) == ("PUT", "/applications/9")
    assert seen.body == {
        "data": {"id": "9", "type": "applications", "attributes": {"last_name": "King", "town": ""}}
    }


def test_the_mapping_keeps_their_address_and_replaces_only_our_own_dummy() -> None:
    dummy = "no-email-7@beckon.example.com"
    person = ours.payload(ADA, rules=RULES, source_label="", existing=known(phone=None, first_name="Zoë"))
    assert "email" not in person.values
    assert person.values["phone"] == "+44 20 7946 0000"
    assert "summary" not in person.values
    made = ours.payload(ADA, rules=RULES, source_label="", own_dummy=dummy, existing=known(email=dummy))
    assert made.values["email"] == "ada@people.example"


def test_nothing_to_write_costs_no_call(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    assert pinpoint.push(writing({}), existing=known()).action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_on_another_job_the_person_is_another_application(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(single(application("10"), status=201))
    whole = {"first_name": "Joe", "last_name": "Bloggs", "email": "joe@people.example"}
    result = pinpoint.push(writing({}, target=OTHER_JOB, whole=whole), existing=known())
    assert (result.external_id, result.action) == ("10", PushAction.CREATED)
    (seen,) = vendor.seen
    assert seen.body["data"]["attributes"]["email"] == "joe@people.example"
    assert seen.body["data"]["relationships"]["job"]["data"]["id"] == OTHER_JOB.external_id


def test_an_application_removed_there_is_gone(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(error(404, "Record not found"))
    with pytest.raises(RecordGone):
        pinpoint.push(writing({"last_name": "King"}), existing=known())


def test_new_tags_are_added_with_a_context_and_known_ones_stay(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    held = known(tags=[{"name": "Ruby", "context": "application"}])
    vendor.will_answer(single(application("9")))
    result = pinpoint.push(writing({"tags": ("Ruby", "poetry")}), existing=held)
    assert result.action is PushAction.UPDATED
    (seen,) = vendor.seen
    assert seen.body["data"]["attributes"] == {
        "add_tags_with_context": [{"tag": "poetry", "context": "application"}]
    }


def test_an_undo_takes_our_tag_away_in_its_own_context(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    tags = [{"name": "Ruby", "context": "application"}, {"name": "weak", "context": "rejection"}]
    vendor.will_answer(single(application("9")))
    pinpoint.push(writing({"tags": ("Ruby",)}), existing=known(tags=tags))
    (seen,) = vendor.seen
    assert seen.body["data"]["attributes"] == {
        "remove_tag_with_context": {"tag": "weak", "context": "rejection"}
    }


def test_custom_values_are_written_under_their_typed_keys(
    pinpoint: PinpointConnector, vendor: VendorServer, calls: Calls
) -> None:
    values = {
        "varchar:1": "x",
        "text:2": "y\nz",
        "integer:3": "13",
        "decimal:4": "3.14",
        "date:5": "2026-01-31",
        "boolean:6": False,
        "single_select:7": "Tomato",
        "multi_select:8": ("Maroon", "Blue"),
    }
    vendor.will_answer(MADE, *[Answer(status=201, body={"data": {"id": "1"}})] * 8)
    result = pinpoint.push(writing(values), existing=None)
    assert result.left_out == {}
    assert calls() == [("POST", "/applications"), *[("POST", "/custom_attributes")] * 8]
    assert [seen.body["data"]["attributes"] for seen in vendor.seen[1:]] == [
        {"varchar_value": "x"},
        {"text_value": "y\nz"},
        {"integer_value": 13},
        {"decimal_value": 3.14},
        {"date_value": "2026-01-31"},
        {"boolean_value": False},
        {"single_select_value": "Tomato"},
        {"multi_select_value": ["Maroon", "Blue"]},
    ]
    assert vendor.seen[1].body["data"]["relationships"] == {
        "custom_field": {"data": {"type": "custom_fields", "id": "1"}},
        "custom_attributable": {"data": {"type": "applications", "id": "9"}},
    }


def test_a_custom_value_that_is_there_is_changed_a_missing_one_made_a_blank_one_removed(
    pinpoint: PinpointConnector, vendor: VendorServer, calls: Calls
) -> None:
    def held(number: str, field: str) -> dict[str, Any]:
        link = {"data": {"type": "custom_fields", "id": field}}
        return {"id": number, "type": "custom_attributes", "relationships": {"custom_field": link}}

    vendor.will_answer(many(held("501", "1"), held("503", "3")), *[Answer(body={"meta": None})] * 3)
    values = {"varchar:1": "x", "varchar:2": "y", "varchar:3": "", "varchar:4": ""}
    assert pinpoint.push(writing(values), existing=known()).action is PushAction.UPDATED
    assert calls() == [
        ("GET", "/custom_attributes"),
        ("PUT", "/custom_attributes/501"),
        ("POST", "/custom_attributes"),
        ("DELETE", "/custom_attributes/503"),
    ]
    assert vendor.seen[0].params["filter[custom_attributable_type]"] == "Application"


def test_a_refused_custom_value_is_left_out_and_the_rest_goes_on(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(MADE, error(422, "Value is not an option"), Answer(status=201, body={"data": {}}))
    result = pinpoint.push(
        writing({"single_select:7": "Gone", "integer:3": "1.5", "varchar:1": "x"}), existing=None
    )
    assert result.left_out == {
        "single_select:7": "Value is not an option",
        "integer:3": "The field takes whole numbers only.",
    }
    assert len(vendor.seen) == 3


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(status=429, headers={"Retry-After": "7"}), RateLimited),
        (Answer(status=500), OutcomeUnknown),
        (Answer(cut=True), OutcomeUnknown),
    ],
)
def test_a_failure_after_the_create_tells_the_record_and_a_second_push_doubles_nothing(
    answer: Answer, cause: type[Exception], pinpoint: PinpointConnector, vendor: VendorServer, calls: Calls
) -> None:
    vendor.will_answer(MADE, answer)
    with pytest.raises(Incomplete) as caught:
        pinpoint.push(writing({"first_name": "Ada", "varchar:1": "x"}), existing=None)
    assert type(caught.value.cause) is cause
    assert caught.value.result.external_id == "9"
    assert caught.value.result.action is PushAction.CREATED
    assert calls() == [("POST", "/applications"), ("POST", "/custom_attributes")]


def test_a_key_that_may_not_write_custom_attributes_is_said_and_harms_nothing_else(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(MADE, error(403, "Forbidden"))
    result = pinpoint.push(writing({"first_name": "Ada", "varchar:1": "x"}), existing=None)
    assert "may not write" in result.left_out["varchar:1"]


def test_the_right_to_write_is_proved_by_a_refusal(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(error(422, "First name can't be blank", "/data/attributes/first_name"))
    assert pinpoint.prove_write().startswith("Allowed")
    (seen,) = vendor.seen
    assert seen.body["data"]["attributes"] == {"skip_notifications_on_create": True}
    assert seen.body["data"]["relationships"]["job"]["data"]["id"] == "0"


def test_a_key_without_the_right_and_an_account_that_would_e_mail_are_told(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(error(403, "Forbidden"), error(400, "skip_notifications_on_create is unknown"), MADE)
    with pytest.raises(Forbidden):
        pinpoint.prove_write()
    with pytest.raises(Rejected, match="would e-mail"):
        pinpoint.prove_write()
    with pytest.raises(MalformedResponse, match="application 9"):
        pinpoint.prove_write()


def test_looking_people_up_is_proved_by_one_read(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(many(), error(403, "Forbidden"))
    assert pinpoint.prove_look_up() == "Allowed."
    with pytest.raises(Forbidden):
        pinpoint.prove_look_up()
