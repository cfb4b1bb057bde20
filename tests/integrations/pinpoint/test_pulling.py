"""What changed, page by page: nobody is passed over, whatever moves meanwhile."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.base.errors import MalformedResponse
from integrations.base.records import Standing
from integrations.vendors.pinpoint import assumed, pulling
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import application, many, stage
from tests.integrations.vendor_server import Answer, Seen, VendorServer

START = datetime.datetime(2026, 1, 31, 8, tzinfo=datetime.UTC)
ONE_SECOND = datetime.timedelta(seconds=1)


class Applications:
    """The vendor's list: sorted by change, filtered strictly after a moment, counted in pages."""

    def __init__(self, moments: dict[str, datetime.datetime]) -> None:
        self.moments = moments
        self.between: Any = lambda: None
        self.pages = 0

    def answer(self, seen: Seen) -> Answer:
        if seen.path != "/applications":
            return many()
        params = seen.params
        since = params.get("filter[updated_at][gt]")
        after = (
            datetime.datetime.fromisoformat(since)
            if since
            else datetime.datetime.min.replace(tzinfo=datetime.UTC)
        )
        order = sorted((moment, int(number)) for number, moment in self.moments.items() if moment > after)
        size, page = int(params["page[size]"]), int(params["page[number]"])
        rows = [
            application(str(number), updated_at=moment.isoformat())
            for moment, number in order[(page - 1) * size : page * size]
        ]
        self.pages += 1
        self.between()
        return many(*rows)


def pull(connector: PinpointConnector, cursor: str = "") -> tuple[list[str], str]:
    """Ids of everybody seen until no more is said, and the cursor after it."""
    seen: list[str] = []
    for _ in range(500):
        page = connector.changes(cursor=cursor)
        seen += [person.external_id for person in page.people]
        cursor = page.cursor
        if not page.more:
            return seen, cursor
    raise AssertionError("the pull does not end")


def test_the_first_pull_asks_for_everybody_and_the_next_for_what_came_after(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    there = Applications({"1": START, "2": START + 60 * ONE_SECOND})
    vendor.answer = there.answer
    seen, cursor = pull(pinpoint)
    assert seen == ["1", "2"]
    first = vendor.seen[0].params if vendor.seen[0].path == "/applications" else vendor.seen[1].params
    assert first == {
        "filter[job_visibility]": "confidential,external,internal",
        "sort": "updated_at,id",
        "page[number]": "1",
        "page[size]": "200",
        "include": "stage,custom_attributes",
        "extra_fields[applications]": "tags",
    }
    there.moments["3"] = START + 61 * ONE_SECOND
    assert pull(pinpoint, cursor)[0] == ["2", "3"]
    assert vendor.seen[-1].params["filter[updated_at][gt]"] == "2026-01-31T08:00:55+00:00"


def test_an_idle_account_is_asked_once_and_the_cursor_stays(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.answer = Applications({"1": START}).answer
    _, cursor = pull(pinpoint)
    again, same = pull(pinpoint, cursor)
    assert (again, same) == (["1"], cursor)
    vendor.answer = Applications({}).answer
    assert pull(pinpoint) == ([], "|1|")


def test_thousands_with_the_same_moment_are_all_read(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    moments = {str(number): START for number in range(1, 1201)}
    vendor.answer = Applications({**moments, "5000": START + 60 * ONE_SECOND}).answer
    seen, cursor = pull(pinpoint)
    assert set(seen) == {*moments, "5000"}
    assert cursor == "2026-01-31T08:00:55+00:00|1|"


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_pull_goes_on_where_it_was_killed(
    stop: int, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    moments = {str(number): START + ONE_SECOND * (number // 300) for number in range(1, 1001)}
    vendor.answer = Applications(moments).answer
    seen, cursor = [], ""
    for _ in range(stop):
        page = pinpoint.changes(cursor=cursor)
        seen += [person.external_id for person in page.people]
        cursor = page.cursor
    rest, _ = pull(pinpoint, cursor)
    assert {*seen, *rest} == set(moments)


@pytest.mark.parametrize("seed", range(6))
def test_rows_that_move_while_we_read_pass_nobody_over(
    seed: int, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    chance = random.Random(seed)
    there = Applications({str(number): START for number in range(1, 901)})
    clock = START + 3600 * ONE_SECOND

    def somebody_changes() -> None:
        nonlocal clock
        for number in chance.sample(sorted(there.moments), 7 if there.pages < 30 else 0):
            clock += ONE_SECOND
            there.moments[number] = clock

    there.between = somebody_changes
    vendor.answer = there.answer
    seen, cursor = pull(pinpoint)
    there.between = lambda: None
    later, _ = pull(pinpoint, cursor)
    assert {*seen, *later} == set(there.moments)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"[0-9T:+-]{0,30}\|[0-9]{0,4}\|.{0,5}", fullmatch=True))
def test_a_cursor_is_ours_or_refused(cursor: str) -> None:
    try:
        place = pulling.Place.of(cursor)
    except MalformedResponse:
        return
    assert pulling.Place.of(str(place)) == place
    assert place.page >= 1


def test_ten_thousand_people_are_pulled(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    moments = {str(number): START + ONE_SECOND * number for number in range(1, 10_001)}
    vendor.answer = Applications(moments).answer
    seen, _ = pull(pinpoint)
    assert set(seen) == set(moments)
    # Each page begins the overlap earlier than the one before ended.
    assert len(seen) < len(moments) * 1.05


def test_where_somebody_stands_comes_with_the_change(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(many(application("1"), beside=(stage("hired"),)), many())
    (person,) = _first(pinpoint, vendor)
    assert person.standing is Standing.HIRED


def _first(pinpoint: PinpointConnector, vendor: VendorServer) -> Any:
    """The people of the first page; the fields are asked for before it."""
    script = list(vendor.script)
    vendor.answer = lambda seen: many() if seen.path == "/custom_fields" else script[0]
    return pinpoint.changes(cursor="").people


def test_a_row_without_its_moment_stops_the_pull_rather_than_the_clock(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.answer = lambda seen: (
        many() if seen.path == "/custom_fields" else many(application(updated_at=None))
    )
    with pytest.raises(MalformedResponse):
        pinpoint.changes(cursor="")


def test_the_overlap_is_shorter_than_any_pause_between_pulls() -> None:
    assert datetime.timedelta(0) < assumed.OVERLAP < datetime.timedelta(minutes=1)
