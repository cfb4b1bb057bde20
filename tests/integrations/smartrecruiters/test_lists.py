"""Jobs, talent pools, fields: as the account has them now."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.base.errors import MalformedResponse
from integrations.base.records import FieldKind
from integrations.base.variables import LABELS
from integrations.vendors.smartrecruiters import fields
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import JOB, writing
from tests.integrations.vendor_server import Answer, Seen, VendorServer


def test_jobs_come_by_title_with_reference_and_status_and_the_whitelist_narrows_them(
    there: SmartRecruitersConnector,
) -> None:
    jobs = there.list_jobs(acting_as="")
    assert [job.name for job in jobs] == sorted((job.name for job in jobs), key=str.casefold)
    assert len(jobs) == 8
    named = there.list_jobs(acting_as="", statuses=("INTERVIEW", "OFFER"))
    assert [job.name for job in named] == ["Data engineer (REF102B)", "Product designer (REF104D)"]
    assert {job.status for job in jobs} <= {option.id for option in there.list_job_statuses()}


def test_a_thousand_jobs_are_walked_by_page_id(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    def answer(seen: Seen) -> Answer:
        start = int(seen.params.get("pageId", "0"))
        rows = [{"id": str(start + n), "title": f"Job {start + n}", "status": "CREATED"} for n in range(100)]
        return Answer(body={"content": rows, **({"nextPageId": str(start + 100)} if start < 900 else {})})

    vendor.answer = answer
    assert len({job.external_id for job in scripted.list_jobs(acting_as="")}) == 1000
    assert all(seen.params["sort"] == "job_id" for seen in vendor.seen)


def test_a_list_that_names_the_same_page_for_ever_is_given_up(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.answer = lambda _seen: Answer(body={"content": [], "nextPageId": "1"})
    with pytest.raises(MalformedResponse):
        scripted.list_jobs(acting_as="")


@pytest.mark.parametrize("body", [{}, {"content": None}, {"content": [{}]}, {"content": ["x"]}, []])
def test_a_list_of_another_shape_is_a_changed_api(
    scripted: SmartRecruitersConnector, vendor: VendorServer, body: Any
) -> None:
    vendor.will_answer(Answer(body=body))
    with pytest.raises(MalformedResponse):
        scripted.list_jobs(acting_as="")


def test_the_talent_pool_is_offered_plain_and_with_each_tag_in_use(there: SmartRecruitersConnector) -> None:
    assert [pool.external_id for pool in there.list_pools(acting_as="")] == ["pool"]
    values = {
        "firstName": "Ada",
        "lastName": "L",
        "email": ("a@x.example",),
        "tags": ("spring", "Autumn"),
    }
    there.push(writing(values, target=JOB), existing=None)
    pools = there.list_pools(acting_as="")
    assert [pool.external_id for pool in pools] == ["pool", "tag:Autumn", "tag:spring"]
    assert pools[1].name == "Talent Pool, tagged “Autumn”"


def test_fields_are_the_standard_ones_and_the_accounts_own_with_their_choices(
    there: SmartRecruitersConnector,
) -> None:
    listed = there.list_fields(record_type="candidate")
    own = {field.key: field for field in listed if field.custom}
    assert own["property:prop-level"].kind is FieldKind.CHOICE
    assert [option.label for option in own["property:prop-level"].options] == ["Junior", "Senior", "Staff"]
    assert own["property:prop-remote"].kind is FieldKind.YES_NO
    assert own["property:prop-start"].kind is FieldKind.DATE
    assert len({field.key for field in listed}) == len(listed)
    assert {field.default_variable for field in fields.STANDARD} <= {*LABELS, ""}


def test_a_property_of_a_type_that_is_new_to_us_can_be_seen_and_not_written() -> None:
    field = fields.remote_field("p", "Star sign", "ZODIAC", ())
    assert (field.kind, field.creatable, field.updatable) == (FieldKind.TEXT, False, False)


@pytest.mark.parametrize(
    ("kind", "value", "spelled"),
    [
        ("BOOLEAN", False, False),
        ("NUMBER", "7", 7),
        ("PERCENT", "12.5", 12.5),
        ("CURRENCY", "gbp 1200", {"code": "GBP", "value": 1200}),
        ("DATE", "2026-02-28", "2026-02-28T00:00:00.000Z"),
        ("COUNTRY", "GB", "gb"),
        ("REGION", "US-WA", "us-wa"),
        ("SINGLE_SELECT", "option-1", "option-1"),
        ("TEXT", "as it is", "as it is"),
    ],
)
def test_each_type_of_property_has_its_own_spelling(kind: str, value: Any, spelled: Any) -> None:
    assert fields.spelled(kind, value) == spelled


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("BOOLEAN", "yes"),
        ("NUMBER", "many"),
        ("NUMBER", "nan"),
        ("NUMBER", "inf"),
        ("CURRENCY", "1200"),
        ("CURRENCY", "GBP"),
        ("DATE", "2026"),
        ("DATE", "2026-02-30"),
        ("TEXT", ("a", "b")),
    ],
)
def test_what_a_property_cannot_hold_is_said_before_it_leaves(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match="takes"):
        fields.spelled(kind, value)


def test_a_reader_sees_jobs_and_may_write_nothing(world: Sandbox, build: Any) -> None:
    known = world.smartrecruiters
    reader = build(known["base_url"], api_key=known["keys"][2]["key"])
    assert len(reader.list_jobs(acting_as="")) == 8


@pytest.mark.parametrize("page", ["x", "-1", "²", "1.5", ""])
@pytest.mark.parametrize("where", ["candidates", "messages?candidateId=none"])
def test_the_sandbox_refuses_a_page_that_it_never_named(world: Sandbox, where: str, page: str) -> None:
    known = world.smartrecruiters
    answer = requests.get(
        f"{known['base_url']}/{where}",
        params={"pageId": page},
        headers={"X-SmartToken": known["keys"][0]["key"]},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "INVALID_PAGE_ID")
