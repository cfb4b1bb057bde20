"""Lists, jobs, statuses and fields: every page, no page twice, and no false next."""

from __future__ import annotations

import pytest

from integrations.base.errors import AuthError, MalformedResponse, RateLimited
from integrations.base.records import FieldKind, Option, TargetKind
from integrations.base.throttle import Heard
from integrations.vendors.cats.connector import CatsConnector
from integrations.vendors.cats.lists import total, walk
from tests.integrations.cats.answers import page
from tests.integrations.vendor_server import Answer, Seen, VendorServer


def test_ten_thousand_rows_come_in_a_hundred_calls(cats: CatsConnector, vendor: VendorServer) -> None:
    def answer(seen: Seen) -> Answer:
        number = int(seen.params["page"])
        rows = [{"id": (number - 1) * 100 + i, "title": f"Job {i}"} for i in range(1, 101)]
        return page("jobs", *rows, total="10000", more=number < 100)

    vendor.answer = answer
    found = cats.list_jobs(acting_as="")
    assert len({job.external_id for job in found}) == 10_000
    assert len(vendor.seen) == 100
    assert {seen.params["per_page"] for seen in vendor.seen} == {"100"}


def test_a_next_page_that_is_not_there_ends_the_list(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(page("webhooks", {"id": 1}, more=True), page("webhooks", more=True))
    assert [row["id"] for row in walk(cats.client, "/webhooks", "webhooks")] == [1]


def test_a_page_served_twice_is_malformed_and_no_endless_loop(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.answer = lambda _seen: page("jobs", {"id": 1}, {"id": 2}, more=True)
    with pytest.raises(MalformedResponse):
        cats.list_jobs(acting_as="")
    assert len(vendor.seen) == 2


@pytest.mark.parametrize(("told", "meant"), [("2", 2), (2, 2), (None, 0), ("many", 0), (True, 0), ([], 0)])
def test_a_total_may_be_a_text(told: object, meant: int) -> None:
    assert total({"total": told}) == meant


def test_jobs_carry_the_id_of_their_status_and_the_whitelist_takes_only_its_own(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    jobs = page(
        "jobs",
        {"id": 1, "title": "zebra keeper", "status_id": 20},
        {"id": 2, "title": "Ant keeper", "status_id": 21},
        {"id": 3, "title": None, "status_id": None},
    )
    vendor.will_answer(jobs, jobs, page("statuses", {"id": 20, "title": "Active", "mapping": "active"}))
    assert [(job.external_id, job.name, job.status) for job in cats.list_jobs(acting_as="")] == [
        ("3", "3", ""),
        ("2", "Ant keeper", "21"),
        ("1", "zebra keeper", "20"),
    ]
    assert [job.external_id for job in cats.list_jobs(acting_as="", statuses=["20"])] == ["1"]
    assert cats.list_job_statuses() == (Option(id="20", label="Active"),)


def test_lists_of_both_record_types_are_pools(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        page("lists", {"id": 3, "name": "Warm"}, {"id": 4, "name": "Cold"}),
        page("lists", {"id": 3, "name": "Warm"}),
    )
    found = cats.list_pools(acting_as="")
    assert [(pool.external_id, pool.name) for pool in found] == [
        ("candidates/4", "Cold"),
        ("candidates/3", "Warm"),
        ("contacts/3", "Warm (contacts)"),
    ]
    assert {pool.kind for pool in found} == {TargetKind.POOL}


@pytest.mark.parametrize("record_type", ["candidate", "contact"])
def test_fields_are_the_standard_ones_then_the_custom_ones_of_that_type(
    record_type: str, cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        page("users", {"id": 7, "first_name": "Alice", "last_name": "Owner"}),
        page(
            "custom_fields",
            {"id": 9, "name": "Region", "field": {"type": "dropdown", "selections": ["North"]}},
            {"id": 8, "name": "Handled by", "field": {"type": "user"}},
        ),
    )
    found = {field.key: field for field in cats.list_fields(record_type=record_type)}
    assert vendor.seen[1].path == f"/{record_type}s/custom_fields"
    assert list(found)[-2:] == ["custom:9", "custom:8"]
    assert found["first_name"].required
    assert found["owner_id"].options == (Option(id="7", label="Alice Owner"),)
    assert found["custom:8"].options == found["owner_id"].options
    assert found["custom:9"].kind is FieldKind.CHOICE
    assert ("company_id" in found) is (record_type == "contact")
    assert ("work_history" in found) is (record_type == "candidate")
    assert not found["education"].updatable


def test_checking_asks_for_one_user(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(page("users", {"id": 7}), Answer(status=401, body={"message": "Invalid credentials."}))
    cats.check()
    assert (vendor.seen[0].path, vendor.seen[0].params["per_page"]) == ("/users", "1")
    with pytest.raises(AuthError, match="Invalid credentials"):
        cats.check()


def test_a_429_is_a_wait_for_the_whole_account(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(status=429, headers={"Retry-After": "1800"}, body={"message": "Slow down."}))
    with pytest.raises(RateLimited) as caught:
        cats.check()
    assert caught.value.retry_after.total_seconds() == 1800


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ({"X-Rate-Limit-Limit": "1500", "X-Rate-Limit-Remaining": "0"}, Heard(limit=1500, remaining=0)),
        ({"x-rate-limit-remaining": "12"}, Heard(remaining=12)),
        ({}, Heard()),
        ({"X-Rate-Limit-Limit": "many", "X-Rate-Limit-Remaining": "-3"}, Heard()),
    ],
    ids=str,
)
def test_what_the_headers_say_of_the_hour_is_heard(
    headers: dict[str, str], heard: Heard, cats: CatsConnector
) -> None:
    assert cats.client.limits(headers) == heard


def test_the_hour_of_an_account_is_settable(cats: CatsConnector, settings: object) -> None:
    pace = cats.client.pace()
    assert (pace.calls, pace.seconds, pace.window) == (500, 3600, True)
    settings.CATS_CALLS_PER_HOUR = 1500  # type: ignore[attr-defined]
    assert cats.client.pace().calls == 1500
