"""Two people in work at once, one call at a time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from foundation.models import RunStatus
from integrations import lanes
from integrations.models import ItemStatus
from tests.integrations import making
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.vendor_server import Answer, Seen

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_export_works_on_two_people_and_the_vendor_hears_one_call_after_the_other(
    whale: SmallSourceWhale, settings: Any
) -> None:
    settings.EXPORT_LANES = 2
    alice = making.alice()
    row = making.connection(alice)
    crowd = [making.person(alice, f"P{number}") for number in range(8)]
    export = making.export(alice, row, *crowd)
    at_once: list[int] = []
    under_way = threading.Semaphore(9)
    work = whale.server.answer

    def counted(seen: Seen) -> Answer:
        with under_way:
            at_once.append(9 - under_way._value)
            return work(seen)

    whale.server.answer = counted
    whale.fail("candidates/add", Answer(status=422, body={"message": "No"}))
    export = making.work(export)
    assert sorted(making.item(export, who).status for who in crowd) == [
        ItemStatus.FAILED,
        *[ItemStatus.SENT] * 7,
    ]
    assert len(whale.people) == 7
    assert set(at_once) == {1}
    assert whale.server.lines == 2, "one for each of the two"
    assert export.run is not None
    assert (export.run.status, export.run.done, export.run.failed) == (RunStatus.DONE, 7, 1)


def test_what_breaks_in_one_lane_is_raised_when_all_have_ended() -> None:
    ended = threading.Event()
    here = threading.get_ident()

    def lane() -> int:
        if threading.get_ident() == here:
            raise RuntimeError("here")
        ended.wait(5)
        return 1

    with pytest.raises(RuntimeError, match="here"):
        lanes.work(lane, beside=1, stop=ended.set)
    assert ended.is_set()

    def fails_elsewhere() -> int:
        if threading.get_ident() != here:
            raise RuntimeError("elsewhere")
        return 1

    with pytest.raises(RuntimeError, match="elsewhere"):
        lanes.work(fails_elsewhere, beside=1, stop=ended.set)
