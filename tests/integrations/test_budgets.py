"""The budgets of one vendor account: counted or spaced, alone or together, in the words connectors know."""

from __future__ import annotations

import datetime
import uuid

import pytest
import redis

from integrations.base.errors import RateLimited, TemporaryError
from integrations.base.throttle import Budget, Heard, Pace, RedisThrottle

NAP = datetime.timedelta(seconds=0.05)
HOURLY = Budget(name="", pace=Pace(calls=2, seconds=3600, window=True))


@pytest.fixture
def kept(redis_connection: redis.Redis) -> RedisThrottle:
    return RedisThrottle(redis_connection, account=f"test-{uuid.uuid4()}")


def test_a_counted_budget_needs_no_reservation_and_ends_with_its_last_call(kept: RedisThrottle) -> None:
    for _ in range(2):
        assert kept.take(HOURLY, longest=NAP) == datetime.timedelta(0)
        with kept.hold(HOURLY, longest=NAP):
            pass
    with pytest.raises(RateLimited) as caught, kept.hold(HOURLY, longest=NAP):
        pass
    assert caught.value.retry_after.total_seconds() == pytest.approx(3600, abs=2)


def test_one_endpoint_used_up_leaves_the_others_open(kept: RedisThrottle) -> None:
    jobs, people = (Budget(name=name, pace=HOURLY.pace) for name in ("jobs", "people"))
    for _ in range(2):
        with kept.hold(jobs, longest=NAP):
            pass
    with pytest.raises(RateLimited), kept.hold(jobs, longest=NAP):
        pass
    with kept.hold(people, longest=NAP):
        pass


def test_all_budgets_of_an_account_share_its_places(kept: RedisThrottle) -> None:
    jobs, people = (
        Budget(name=name, pace=Pace(calls=100, window=True), all_at_once=1) for name in ("jobs", "people")
    )
    with kept.hold(jobs, longest=NAP), pytest.raises(RateLimited), kept.hold(people, longest=NAP):
        pass
    with kept.hold(people, longest=NAP):
        pass


def test_a_spaced_budget_may_have_places_too(kept: RedisThrottle) -> None:
    search = Budget(name="search", pace=Pace(calls=1, seconds=10, burst=2), at_once=1)
    assert [kept.take(search, longest=NAP).total_seconds() for _ in range(2)] == [0, 0]
    with pytest.raises(RateLimited):
        kept.take(search, longest=NAP)
    with kept.hold(search, longest=NAP), pytest.raises(RateLimited), kept.hold(search, longest=NAP):
        pass


def test_the_vendors_own_word_about_its_limit_is_kept(kept: RedisThrottle) -> None:
    with kept.hold(HOURLY, longest=NAP) as turn:
        turn.heard = Heard(limit=1, remaining=0)
    with pytest.raises(RateLimited), kept.hold(HOURLY, longest=NAP):
        pass


def test_a_failure_of_the_call_itself_is_handed_through(kept: RedisThrottle) -> None:
    with pytest.raises(ZeroDivisionError), kept.hold(HOURLY, longest=NAP):
        _ = 1 / 0


def test_a_silent_redis_is_a_temporary_error() -> None:
    with (
        redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.5) as nowhere,
        pytest.raises(TemporaryError),
        RedisThrottle(nowhere, account="x").hold(HOURLY, longest=NAP),
    ):
        pytest.fail("no pace, no call")
