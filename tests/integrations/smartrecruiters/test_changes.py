"""The change feed: everybody once, then what changed, resumed at any point, nobody lost."""

from __future__ import annotations

import datetime
import json

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.http import Reply
from integrations.base.records import RemoteRef
from integrations.vendors.smartrecruiters import pulling
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import JOB, rule, writing
from tests.integrations.vendor_server import Answer, VendorServer


def walk(connector: SmartRecruitersConnector, cursor: str = "") -> tuple[list[str], str]:
    found: list[str] = []
    while True:
        page = connector.changes(cursor=cursor)
        found += [person.external_id for person in page.people]
        cursor = page.cursor
        if not page.more:
            return found, cursor


@pytest.mark.slow
def test_ten_thousand_people_are_read_once_each(there: SmartRecruitersConnector, world: Sandbox) -> None:
    rule(world, per_second=0)
    world.post("/control/smartrecruiters/fill", {"count": 10_000})
    found, cursor = walk(there)
    assert len(found) == len(set(found)) == 10_000
    assert json.loads(cursor)["page"] == ""


def test_a_walk_goes_on_from_any_page_after_a_crash(there: SmartRecruitersConnector, world: Sandbox) -> None:
    world.post("/control/smartrecruiters/fill", {"count": 250})
    first = there.changes(cursor="")
    again = there.changes(cursor=first.cursor)
    assert [p.external_id for p in there.changes(cursor=first.cursor).people] == [
        p.external_id for p in again.people
    ]
    rest, _ = walk(there, first.cursor)
    assert len({*(p.external_id for p in first.people), *rest}) == 250


def test_the_next_walk_asks_for_what_changed_since_this_one_began_and_a_little_before(
    there: SmartRecruitersConnector, world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling.assumed, "OVERLAP_SECONDS", -1)
    world.post("/control/smartrecruiters/fill", {"count": 3})
    _, cursor = walk(there)
    assert walk(there, cursor)[0] == []
    monkeypatch.setattr(pulling.assumed, "OVERLAP_SECONDS", 600)
    _, cursor = walk(there)
    number = there.push(writing(target=JOB), existing=None).external_id
    assert number in walk(there, cursor)[0]


def test_a_walk_began_when_its_first_page_came_whatever_follows(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(
        *(Answer(body={"content": [], "nextPageId": number}) for number in ("2", "3")),
        Answer(body={"content": []}),
    )
    first = scripted.changes(cursor="")
    _, cursor = walk(scripted, scripted.changes(cursor=first.cursor).cursor)
    assert json.loads(cursor)["after"] == json.loads(first.cursor)["began"]
    vendor.will_answer(Answer(body={"content": []}))
    scripted.changes(cursor=cursor)
    assert vendor.seen[-1].params == {"limit": "100", "updatedAfter": json.loads(cursor)["after"]}


def test_the_vendors_clock_counts_and_ours_only_where_it_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling.assumed, "OVERLAP_SECONDS", 600)
    told = pulling._now(Reply({}, {"date": "Thu, 26 Nov 2026 10:00:00 GMT"}))
    assert told == "2026-11-26T09:50:00.000+00:00"
    for words in ("", "yesterday"):
        ours = datetime.datetime.fromisoformat(pulling._now(Reply({}, {"Date": words})))
        age = datetime.datetime.now(datetime.UTC) - ours
        assert age.total_seconds() == pytest.approx(600, abs=5)


def test_a_page_the_vendor_has_forgotten_begins_the_walk_again_and_loses_nobody(
    there: SmartRecruitersConnector, world: Sandbox
) -> None:
    world.post("/control/smartrecruiters/fill", {"count": 5})
    page = there.changes(cursor=json.dumps({"after": "", "began": "", "page": "forgotten"}))
    assert (page.people, page.more) == ((), True)
    assert len(walk(there, page.cursor)[0]) == 5


@pytest.mark.parametrize("cursor", ["{", "[]", "null", '{"when": 1}', "2026-01-01"])
def test_a_cursor_that_cannot_be_read_begins_with_everybody(
    there: SmartRecruitersConnector, world: Sandbox, cursor: str
) -> None:
    world.post("/control/smartrecruiters/fill", {"count": 2})
    assert len(walk(there, cursor)[0]) == 2


def test_a_page_that_names_itself_as_the_next_is_given_up(
    scripted: SmartRecruitersConnector, vendor: VendorServer
) -> None:
    vendor.answer = lambda _seen: Answer(body={"content": [], "nextPageId": "7"})
    cursor = scripted.changes(cursor="").cursor
    with pytest.raises(MalformedResponse):
        scripted.changes(cursor=cursor)


def test_a_row_of_a_list_tells_what_it_holds_and_is_silent_about_the_rest(
    there: SmartRecruitersConnector,
) -> None:
    number = there.push(writing(target=JOB), existing=None).external_id
    (row,) = there.changes(cursor="").people
    assert row.values["tags"] == ("mathematics",)
    assert "education" not in row.values
    assert "phoneNumber" not in row.values
    assert row.target_ids >= {"job-platform"}
    whole = there.read(RemoteRef(external_id=number))
    assert whole.values["phoneNumber"] == ("+44 20 7946 0000",)
