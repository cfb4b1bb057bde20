"""Jobs and their statuses."""

from __future__ import annotations

from typing import Any

from integrations.base.records import TargetKind
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import many
from tests.integrations.vendor_server import Answer, Seen, VendorServer


def job(number: int, title: str | None, status: str = "open") -> dict[str, Any]:
    return {"id": str(number), "type": "jobs", "attributes": {"title": title, "status": status}}


def test_jobs_come_by_title_with_their_status(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(many(job(2, "zebra keeper"), job(1, "Analyst", "draft"), job(3, None, "pending")))
    found = pinpoint.list_jobs(acting_as="alice@example.com")
    assert [(target.external_id, target.name, target.status) for target in found] == [
        ("3", "3", "pending"),
        ("1", "Analyst", "draft"),
        ("2", "zebra keeper", "open"),
    ]
    assert {target.kind for target in found} == {TargetKind.JOB}
    assert "filter[status]" not in vendor.seen[0].params


def test_only_the_statuses_named_are_asked_for(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(many())
    pinpoint.list_jobs(acting_as="", statuses={"open", "draft"})
    assert vendor.seen[0].params["filter[status]"] == "draft,open"
    assert {option.id for option in pinpoint.list_job_statuses()} == {"archived", "closed", "draft", "open"}


def test_ten_thousand_jobs_are_read_page_by_page(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    def page(seen: Seen) -> Answer:
        first = (int(seen.params["page[number]"]) - 1) * 100
        return many(*(job(number, f"Job {number:05}") for number in range(first, min(first + 100, 10_050))))

    vendor.answer = page
    found = pinpoint.list_jobs(acting_as="")
    assert len(found) == len({target.external_id for target in found}) == 10_050
    assert len(vendor.seen) == 101
