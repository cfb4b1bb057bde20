"""Created in one call, brought up to date piece by piece; made again after a break, nothing is doubled."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from integrations.base.errors import (
    Incomplete,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordGone,
    Rejected,
)
from integrations.base.records import (
    Employment,
    PersonWrite,
    PushAction,
    PushResult,
    RemotePerson,
    Target,
    TargetKind,
)
from integrations.vendors.cats import mapping
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import ADA, DONE, made, page
from tests.integrations.vendor_server import Answer, VendorServer

JOB = Target(kind=TargetKind.JOB, external_id="55", name="Ruby lead")
LIST = Target(kind=TargetKind.POOL, external_id="candidates/3", name="Warm")
DUMMY = "no-email-352@beckon.example.com"
HELD = mapping.person(ADA, "candidate")
NAME = {"first_name": "Ada", "last_name": "Byron"}


def push(
    connector: CatsConnector,
    values: dict[str, Any],
    *,
    existing: RemotePerson | None = None,
    target: Target | None = None,
    record_type: str = "candidate",
) -> PushResult:
    whole = {**(existing.values if existing else {}), **values}
    write = PersonWrite(values=values, whole=whole, target=target, record_type=record_type)
    return connector.push(write, existing=existing)


def calls(vendor: VendorServer) -> list[tuple[str, str]]:
    return [(seen.method, seen.path) for seen in vendor.seen]


def test_a_new_candidate_is_one_call_and_the_id_comes_from_location(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(made(401))
    result = push(cats, {**NAME, "emails": ("ada@example.org",)})
    assert (result.external_id, result.action) == ("401", PushAction.CREATED)
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.params) == ("POST", "/candidates", {"check_duplicate": "false"})
    assert seen.body == {**NAME, "emails": [{"email": "ada@example.org", "is_primary": True}]}
    assert seen.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=201, body=b""),
        Answer(status=201, body=b"", headers={"Location": "https://api.catsone.com/v3/candidates/"}),
        Answer(status=500),
        Answer(cut=True),
        Answer(status=200, body=b"<html>"),
    ],
    ids=["no-location", "no-number", "500", "cut", "html"],
)
def test_a_create_whose_record_is_not_known_is_unclear_and_not_repeated(
    answer: Answer, cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(answer)
    with pytest.raises(OutcomeUnknown):
        push(cats, NAME)
    assert len(vendor.seen) == 1


def test_a_new_candidate_gets_known_tags_and_goes_on_the_job(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(made(401), page("tags", {"id": 10, "title": "Maths"}), DONE, made(88, "pipelines"))
    result = push(cats, {**NAME, "tags": ("maths", "poetry")}, target=JOB)
    assert calls(vendor) == [
        ("POST", "/candidates"),
        ("GET", "/tags"),
        ("PUT", "/candidates/401/tags"),
        ("POST", "/pipelines"),
    ]
    assert vendor.seen[2].body == {"tags": [{"id": 10}]}
    assert vendor.seen[3].body == {"candidate_id": 401, "job_id": 55}
    assert "“poetry”" in result.left_out["tags"]
    assert "maths" not in result.left_out["tags"].casefold().replace("made", "")


def test_a_prospect_goes_to_a_list(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(made(401), made(1, "candidates/lists/3/items"))
    push(cats, NAME, target=LIST)
    assert calls(vendor)[1] == ("POST", "/candidates/lists/3/items")
    assert vendor.seen[1].body == {"items": [{"candidate_id": 401}]}


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(status=404, body={"message": "No such job."}), NotFound),
        (Answer(status=429, headers={"Retry-After": "60"}), RateLimited),
        (Answer(status=500), OutcomeUnknown),
        (Answer(cut=True), OutcomeUnknown),
    ],
    ids=["job-gone", "429", "500", "cut"],
)
def test_once_the_record_is_there_a_refusal_does_not_lose_its_id(
    answer: Answer, cause: type[Exception], cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(made(401), answer)
    with pytest.raises(Incomplete) as caught:
        push(cats, NAME, target=JOB)
    assert type(caught.value.cause) is cause
    assert (caught.value.result.external_id, caught.value.result.action) == ("401", PushAction.CREATED)


def test_a_broken_push_made_again_adds_what_is_missing_only(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    """The first try added one address and one phone and was cut; the job was reached by nobody."""
    values = {
        "emails": ("ada@example.org", "ada@new.example", "ada@newer.example"),
        "phones": ("+44 20 7946 0000", "+44 7700 900123"),
        "work_history": (
            Employment(title="Analyst", company="Engines", started="1842"),
            Employment(title="Poet", company="Herself"),
        ),
    }
    vendor.will_answer(
        page(
            "emails",
            {"id": 9001, "email": "ada@example.org", "is_primary": True},
            {"id": 9002, "email": "ada@new.example", "is_primary": False},
        ),
        made(9003, "emails"),
        page("phones", {"id": 1, "number": "+442079460000"}, {"id": 2, "number": "+447700900123"}),
        page("work_history", {"id": 1, "title": "Poet", "employer": {"name": "Herself"}, "start_date": None}),
        made(2, "work_history"),
        page("pipelines", {"id": 88, "job_id": 54, "candidate_id": 401}),
        made(89, "pipelines"),
    )
    result = push(cats, values, existing=HELD, target=JOB)
    assert result.action is PushAction.UPDATED
    assert calls(vendor) == [
        ("GET", "/candidates/401/emails"),
        ("POST", "/candidates/401/emails"),
        ("GET", "/candidates/401/phones"),
        ("GET", "/candidates/401/work_history"),
        ("POST", "/candidates/401/work_history"),
        ("GET", "/candidates/401/pipelines"),
        ("POST", "/pipelines"),
    ]
    assert vendor.seen[1].body == {"email": "ada@newer.example", "is_primary": False}
    assert vendor.seen[4].body["title"] == "Analyst"


def test_somebody_who_is_on_the_job_already_is_not_put_there_again(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(page("pipelines", {"id": 88, "job_id": 55, "candidate_id": 401}))
    assert push(cats, {}, existing=HELD, target=JOB).action is PushAction.UNCHANGED
    assert calls(vendor) == [("GET", "/candidates/401/pipelines")]


def test_nothing_to_write_and_on_the_target_costs_no_call(cats: CatsConnector, vendor: VendorServer) -> None:
    there = dataclasses.replace(HELD, target_ids=frozenset({"55"}))
    assert push(cats, {}, existing=there, target=JOB).action is PushAction.UNCHANGED
    assert push(cats, {}, existing=HELD).action is PushAction.UNCHANGED
    assert vendor.seen == []


def test_an_item_of_a_list_is_known_by_the_person_and_not_by_its_own_id(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        page("items", {"id": 401, "candidate_id": 77}), made(1, "items"),
        page("items", {"id": 12, "candidate_id": 401}),
    )  # fmt: skip
    assert push(cats, {}, existing=HELD, target=LIST).action is PushAction.UPDATED
    assert push(cats, {}, existing=HELD, target=LIST).action is PushAction.UNCHANGED
    assert [method for method, _path in calls(vendor)] == ["GET", "POST", "GET"]


def test_a_changed_field_is_put_with_both_names_and_the_whole_address(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(DONE)
    push(cats, {"title": "Countess", "address.city": "Ockham"}, existing=HELD)
    (seen,) = vendor.seen
    assert (seen.method, seen.path) == ("PUT", "/candidates/401")
    assert seen.body == {
        **NAME,
        "title": "Countess",
        "address": {
            "street": "St James's Square",
            "city": "Ockham",
            "state": "",
            "postal_code": "SW1",
        },
    }


def test_our_generated_address_is_replaced_and_no_other_is_ever_touched(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        page(
            "emails",
            {"id": 9001, "email": DUMMY, "is_primary": True},
            {"id": 9002, "email": "old@example.org", "is_primary": False},
        ),
        DONE,
        made(9003, "emails"),
    )
    push(cats, {"emails": ("old@example.org", "ada@example.org", "ada@work.example")}, existing=HELD)
    assert calls(vendor) == [
        ("GET", "/candidates/401/emails"),
        ("PUT", "/candidates/401/emails/9001"),
        ("POST", "/candidates/401/emails"),
    ]
    assert vendor.seen[1].body == {"email": "ada@example.org", "is_primary": True}
    assert vendor.seen[2].body == {"email": "ada@work.example", "is_primary": False}


def test_custom_fields_are_put_one_by_one_and_a_removed_one_is_said(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(DONE, Answer(status=404))
    result = push(cats, {"custom:351005": "North", "custom:351007": ("Go",)}, existing=HELD)
    assert calls(vendor) == [
        ("PUT", "/candidates/401/custom_fields/351005"),
        ("PUT", "/candidates/401/custom_fields/351007"),
    ]
    assert [seen.body for seen in vendor.seen] == [{"value": "North"}, {"value": ["Go"]}]
    assert result.action is PushAction.UPDATED
    assert result.left_out == {"custom:351007": "CATS has no such field any more."}


def test_a_deleted_record_is_gone_and_not_a_refused_person(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(status=404, body={"message": "Not found."}), Answer(status=404))
    with pytest.raises(RecordGone):
        push(cats, {"title": "Countess"}, existing=HELD)
    with pytest.raises(RecordGone):
        push(cats, {"emails": ("ada@new.example",)}, existing=HELD)


def test_a_refusal_before_anything_was_changed_is_just_that(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(status=422, body={"message": "Bad.", "errors": {"title": ["too long"]}}))
    with pytest.raises(Rejected) as caught:
        push(cats, {"title": "x" * 10_000}, existing=HELD, target=JOB)
    assert caught.value.fields == {"title": "too long"}


@pytest.mark.parametrize(
    ("record_type", "target", "words"),
    [
        ("contact", JOB, "Contacts cannot be put on a job."),
        ("contact", LIST, "is a list of candidates: a contact cannot be put there"),
        ("candidate", dataclasses.replace(LIST, external_id="contacts/3"), "is a list of contacts"),
    ],
    ids=["job", "candidate-list", "contact-list"],
)
def test_a_target_of_the_wrong_kind_is_refused_before_any_call(
    record_type: str, target: Target, words: str, cats: CatsConnector, vendor: VendorServer
) -> None:
    with pytest.raises(Rejected, match=words):
        push(cats, NAME, target=target, record_type=record_type)
    assert vendor.seen == []


@pytest.mark.parametrize(
    "name", ["Zoë Łukasiewicz", "\u202eמשה", "李\u200b雷", "<script>x</script>", "a" * 5000]
)
def test_any_name_goes_over_as_it_is(name: str, cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(made(1))
    push(cats, {"first_name": name, "last_name": name})
    assert vendor.seen[0].body == {"first_name": name, "last_name": name}
