"""Turns counted exactly: no stretch of time at the vendor holds one call too many, whoever calls."""

from __future__ import annotations

import contextlib
import datetime
import random
import threading
import time
import uuid
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from foundation import turns
from foundation.throttle import PaceExceeded, PaceUnknown, close
from foundation.turns import Gate, Heard, Turns

LONG = datetime.timedelta(seconds=60)
SHORT = datetime.timedelta(seconds=0.05)
SECOND = Gate(name="jobs", calls=10, seconds=1.0)


@pytest.fixture
def line() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        yield connection


@pytest.fixture
def account() -> str:
    return f"test-{uuid.uuid4()}"


class Vendor:
    """Counts as a vendor does: a call arrives some time between its beginning and its answer."""

    def __init__(self) -> None:
        self.arrived: list[float] = []
        self.under_way = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def call(self, before: float, after: float) -> None:
        time.sleep(before)
        with self._lock:
            self.arrived.append(time.monotonic())
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        time.sleep(after)
        with self._lock:
            self.under_way -= 1

    def over(self, gate: Gate) -> int:
        """Calls that arrived while as many as allowed had arrived within the window before."""
        arrived = sorted(self.arrived)
        return sum(
            later - earlier < gate.seconds
            for earlier, later in zip(arrived, arrived[gate.calls :], strict=False)
        )


def workers(line: redis.Redis, account: str, gate: Gate, delays: list[list[tuple[float, float]]]) -> Vendor:
    """As many workers as lists, each with its own Turns; each makes its calls one after the other."""
    vendor = Vendor()

    def work(mine: list[tuple[float, float]]) -> None:
        own = Turns(line, account=account)
        for before, after in mine:
            with own.take([gate], longest=LONG):
                vendor.call(before, after)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in delays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return vendor


@pytest.mark.slow
def test_four_workers_never_make_one_call_more_than_a_second_allows(line: redis.Redis, account: str) -> None:
    """How much of it they use depends on the machine: ``bench.integrations_limit`` measures that."""
    drawn = random.Random(7)
    delays = [[(drawn.uniform(0, 0.01), drawn.uniform(0, 0.02)) for _ in range(20)] for _ in range(4)]
    vendor = workers(line, account, SECOND, delays)
    assert vendor.over(SECOND) == 0
    assert len(vendor.arrived) == 80


_few = st.floats(0, 0.02)


@given(
    calls=st.integers(1, 6),
    seconds=st.floats(0.02, 0.08),
    at_once=st.integers(0, 3),
    delays=st.lists(st.lists(st.tuples(_few, _few), min_size=1, max_size=6), min_size=1, max_size=5),
)
@rules(max_examples=25)
def test_whatever_the_limit_and_however_slow_the_vendor_nothing_is_over(
    calls: int, seconds: float, at_once: int, delays: list[list[tuple[float, float]]]
) -> None:
    gate = Gate(name="g", calls=calls, seconds=seconds, at_once=at_once)
    with redis.Redis.from_url(settings.REDIS_URL) as line:
        vendor = workers(line, f"test-{uuid.uuid4()}", gate, delays)
    assert vendor.over(gate) == 0
    assert len(vendor.arrived) == sum(map(len, delays))
    assert at_once == 0 or vendor.most_at_once <= at_once


def test_one_at_a_time_is_one_at_a_time(line: redis.Redis, account: str) -> None:
    vendor = workers(line, account, Gate(name="search", at_once=1), [[(0.0, 0.01)] * 5] * 6)
    assert len(vendor.arrived) == 30
    assert vendor.most_at_once == 1


def test_a_window_that_is_used_up_says_when_the_next_call_may_leave_and_takes_nothing(
    line: redis.Redis, account: str
) -> None:
    hour = Gate(name="", calls=3, seconds=3600)
    own = Turns(line, account=account)
    for _ in range(3):
        with own.take([hour], longest=SHORT):
            pass
    for _ in range(5):
        with pytest.raises(PaceExceeded) as caught, own.take([hour], longest=datetime.timedelta(seconds=10)):
            pass
        assert caught.value.retry_after.total_seconds() == pytest.approx(3600, abs=2)


def test_a_call_needs_a_turn_at_every_gate_and_takes_none_before_it_has_all(
    line: redis.Redis, account: str
) -> None:
    own, other = Turns(line, account=account), Turns(line, account=account)
    everything = Gate(name="*", at_once=1)
    hour = Gate(name="jobs", calls=1, seconds=3600)
    with (
        own.take([everything], longest=SHORT),
        pytest.raises(PaceExceeded),
        other.take([hour, everything], longest=SHORT),
    ):
        pytest.fail("there is one place only")
    with other.take([hour, everything], longest=SHORT):
        pass


def test_a_worker_that_died_gives_its_turn_back_after_its_lease(
    line: redis.Redis, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LEASE", datetime.timedelta(milliseconds=150))
    gate = Gate(name="search", at_once=1)
    Turns(line, account=account)._ask("of one that died", [gate])
    own = Turns(line, account=account)
    with pytest.raises(PaceExceeded), own.take([gate], longest=SHORT):
        pass
    with own.take([gate], longest=datetime.timedelta(seconds=2)):
        pass


def test_a_call_that_failed_counts_and_gives_its_place_back(line: redis.Redis, account: str) -> None:
    own = Turns(line, account=account)
    gate = Gate(name="", calls=1, seconds=3600, at_once=1)
    with pytest.raises(ZeroDivisionError), own.take([gate], longest=SHORT):
        _ = 1 / 0
    with pytest.raises(PaceExceeded) as caught, own.take([gate], longest=SHORT):
        pass
    assert caught.value.retry_after.total_seconds() > 3000


def test_a_closed_account_gets_no_turn(line: redis.Redis, account: str) -> None:
    close(line, account=account, duration=datetime.timedelta(minutes=5))
    with pytest.raises(PaceExceeded) as caught, Turns(line, account=account).take([SECOND], longest=LONG):
        pass
    assert caught.value.retry_after.total_seconds() == pytest.approx(300, abs=1)


@pytest.mark.parametrize(("said", "allowed"), [(2, 2), (7, 7)])
def test_what_the_vendor_says_its_limit_is_counts_more_than_what_it_published(
    line: redis.Redis, account: str, said: int, allowed: int
) -> None:
    own = Turns(line, account=account)
    hour = Gate(name="", calls=4, seconds=3600)
    made = 0
    with contextlib.suppress(PaceExceeded):
        while made < 10:
            with own.take([hour], longest=SHORT) as turn:
                made += 1
                turn.heard = Heard(limit=said, remaining=max(said - made, 0))
    assert made == allowed


def test_a_limit_somebody_else_has_used_up_is_left_alone_for_one_window(
    line: redis.Redis, account: str
) -> None:
    own = Turns(line, account=account)
    gate = Gate(name="", calls=4, seconds=60)
    with own.take([gate], longest=SHORT) as turn:
        turn.heard = Heard(limit=4, remaining=0)
    with pytest.raises(PaceExceeded) as caught, own.take([gate], longest=SHORT):
        pass
    assert caught.value.retry_after.total_seconds() == pytest.approx(60, abs=1)


def test_a_silent_redis_lets_no_call_out_and_hides_none_that_was_made(
    line: redis.Redis, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.5) as nowhere:
        with pytest.raises(PaceUnknown), Turns(nowhere, account=account).take([SECOND], longest=LONG):
            pytest.fail("no pace, no call")
        own = Turns(line, account=account)
        made = []
        with own.take([SECOND], longest=LONG):
            monkeypatch.setattr(own, "_end", nowhere.register_script(turns.END))
            made.append("a candidate")
    assert made == ["a candidate"]


def test_a_flush_forgets_the_count_and_the_scripts_and_the_next_call_works(
    line: redis.Redis, account: str
) -> None:
    own = Turns(line, account=account)
    once = Gate(name="", calls=1, seconds=3600)
    with own.take([once], longest=SHORT):
        line.flushdb()
        line.script_flush()
    with pytest.raises(PaceExceeded), own.take([once], longest=SHORT):
        pass
