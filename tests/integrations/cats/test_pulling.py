"""Everybody once, then what the feed tells, and nobody lost between two pages."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.records import RemoteRef, Standing
from integrations.vendors.cats import assumed, pulling
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import ADA, page
from tests.integrations.vendor_server import Answer, VendorServer


def events(*rows: dict[str, Any], last: int | None = None, more: bool = False) -> Answer:
    links = {"next": {"href": "x"}} if more else {}
    return Answer(
        body={"count": len(rows), "last_id": last, "_links": links, "_embedded": {"events": list(rows)}}
    )


def event(number: int, name: str, **ids: Any) -> dict[str, Any]:
    return {"id": number, "event": name, **ids}


def test_the_feeds_place_is_noted_before_the_first_page(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        events(event(900, "candidate.created", candidate_id=1), last=900), page("candidates", ADA)
    )
    found = cats.changes(cursor="")
    assert [seen.path for seen in vendor.seen] == ["/events", "/candidates"]
    assert [person.external_id for person in found.people] == ["401"]
    assert (found.cursor, found.more) == ("contacts:1:0:id=900", True)


def test_an_account_without_events_is_entered_by_time(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(events(), page("candidates"))
    found = pulling.changes(cats.client, "", read=cats.read, now=1_700_000_000.9)
    since = 1_700_000_000 - assumed.CLOCK_DIFFERENCE
    assert vendor.seen[0].params == {"starting_after_timestamp": str(since)}
    assert found.cursor == f"contacts:1:0:timestamp={since}"


def test_candidates_then_contacts_then_the_feed(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        page("candidates", {"id": 1}, total="2", more=True),
        page("candidates", {"id": 2}, total="2"),
        page("contacts", {"id": 3, "company_id": 31}, total=1),
    )
    found, cursor = [], "candidates:1:0:id=900"
    for expected in ("candidates:2:2:id=900", "contacts:1:0:id=900", "events:id=900"):
        step = cats.changes(cursor=cursor)
        found += [(person.record_type, person.external_id) for person in step.people]
        assert (step.cursor, step.more) == (expected, True)
        cursor = step.cursor
    assert found == [("candidate", "1"), ("candidate", "2"), ("contact", "3")]


def test_when_people_were_deleted_meanwhile_the_walk_goes_back(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    """130 fewer than when the page before was read: up to 130 rows moved to pages that were read already."""
    vendor.will_answer(page("candidates", {"id": 1}, total=870, more=True))
    assert cats.changes(cursor="candidates:5:1000:id=900").cursor == "candidates:3:870:id=900"


def test_the_feed_reads_each_person_once_and_names_the_deleted(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    feed = events(
        event(901, "candidate.updated", candidate_id=401),
        event(902, "activity.created", activity_id=5),
        event(903, "pipeline.status_changed", _embedded={"pipeline": {"id": 88, "candidate_id": 401}}),
        event(904, "candidate.updated", candidate_id="402"),
        event(905, "candidate.deleted", candidate_id=402),
        event(906, "contact.created", contact_id=9),
        event(907, "job.updated", job_id=55),
        last=907,
        more=True,
    )
    statuses = page("statuses", {"id": 70, "title": "Placed"})
    pipelines = page("pipelines", {"id": 88, "job_id": 55, "workflow_id": 6, "status_id": 70})
    vendor.will_answer(feed, Answer(body=ADA), pipelines, statuses, Answer(body={"id": 9, "company_id": 31}))
    found = cats.changes(cursor="events:id=900")
    assert vendor.seen[0].params == {"starting_after_id": "900"}
    assert [seen.path for seen in vendor.seen[1:]] == [
        "/candidates/401",
        "/candidates/401/pipelines",
        "/pipelines/workflows/6/statuses",
        "/contacts/9",
    ]
    ada, contact = found.people
    assert (ada.standing, set(ada.target_ids)) == (Standing.HIRED, {"55"})
    assert (contact.record_type, contact.values["company_id"]) == ("contact", "31")
    assert found.gone == (RemoteRef(external_id="402"),)
    assert (found.cursor, found.more) == ("events:id=907", True)


def test_somebody_deleted_since_the_event_is_gone(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        events(event(901, "candidate.updated", candidate_id=401), last=901), Answer(status=404)
    )
    found = cats.changes(cursor="events:timestamp=1700000000")
    assert (found.people, found.gone) == ((), (RemoteRef(external_id="401"),))
    assert (found.cursor, found.more) == ("events:id=901", False)


def test_a_quiet_feed_keeps_its_place(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(events(more=True))
    found = cats.changes(cursor="events:id=900")
    assert (found.people, found.cursor, found.more) == ((), "events:id=900", False)


def test_a_feed_that_does_not_go_on_is_no_endless_loop(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(events(event(900, "job.updated"), last=900, more=True))
    with pytest.raises(MalformedResponse):
        cats.changes(cursor="events:id=900")


@pytest.mark.parametrize(
    "cursor", ["x", "events:id=", "candidates:1:id=5", "jobs:1:0:id=5", "events:id=5;drop", "::"]
)
def test_a_cursor_that_is_not_ours_is_refused_before_any_call(
    cursor: str, cats: CatsConnector, vendor: VendorServer
) -> None:
    with pytest.raises(MalformedResponse):
        cats.changes(cursor=cursor)
    assert vendor.seen == []


def test_a_read_that_names_no_workflow_still_tells_the_job(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(body=ADA), page("pipelines", {"id": 88, "job_id": 55, "status_id": 70}))
    person = cats.read(RemoteRef(external_id="401"))
    assert (set(person.target_ids), person.standing) == ({"55"}, None)
