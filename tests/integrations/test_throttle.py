"""The pace of one account, kept in Redis by any number of processes."""

from __future__ import annotations

import datetime
import threading
import uuid

import pytest
import redis

from integrations.base.errors import RateLimited, TemporaryError
from integrations.base.throttle import Budget, Pace, RedisThrottle

LONG = datetime.timedelta(seconds=60)
NOTHING = datetime.timedelta(0)


class Kept:
    """One budget of one account."""

    def __init__(self, connection: redis.Redis, account: str, pace: Pace) -> None:
        self._throttle = RedisThrottle(connection, account=account)
        self._budget = Budget(name="", pace=pace)

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        return self._throttle.take(self._budget, longest=longest)

    def close(self, duration: datetime.timedelta) -> None:
        self._throttle.close(duration)


def throttle(connection: redis.Redis, *, account: str = "", pace: Pace | None = None) -> Kept:
    return Kept(connection, account or str(uuid.uuid4()), pace or Pace(calls=1, seconds=10, burst=3))


def test_a_burst_is_free_and_then_calls_are_spaced(redis_connection: redis.Redis) -> None:
    kept = throttle(redis_connection)
    waits = [kept.take(longest=LONG).total_seconds() for _ in range(6)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3:] == pytest.approx([10, 20, 30], abs=0.5)


def test_a_wait_that_is_too_long_is_handed_up_and_reserves_nothing(redis_connection: redis.Redis) -> None:
    kept = throttle(redis_connection)
    for _ in range(3):
        kept.take(longest=NOTHING)
    for _ in range(5):
        with pytest.raises(RateLimited) as caught:
            kept.take(longest=datetime.timedelta(seconds=1))
        assert caught.value.retry_after.total_seconds() == pytest.approx(10, abs=0.5)
    assert kept.take(longest=LONG).total_seconds() == pytest.approx(10, abs=0.5)


def test_two_clients_of_one_account_share_its_pace_and_another_account_does_not(
    redis_connection: redis.Redis,
) -> None:
    account = str(uuid.uuid4())
    one, two = throttle(redis_connection, account=account), throttle(redis_connection, account=account)
    for _ in range(3):
        one.take(longest=NOTHING)
    with pytest.raises(RateLimited):
        two.take(longest=NOTHING)
    assert throttle(redis_connection).take(longest=NOTHING) == NOTHING


def test_budgets_of_one_account_are_kept_apart_and_closed_together(redis_connection: redis.Redis) -> None:
    kept = RedisThrottle(redis_connection, account=str(uuid.uuid4()))
    jobs, people = (Budget(name=name, pace=Pace(calls=1, seconds=60)) for name in ("jobs", "people"))
    assert kept.take(jobs, longest=NOTHING) == NOTHING
    with pytest.raises(RateLimited):
        kept.take(jobs, longest=NOTHING)
    assert kept.take(people, longest=NOTHING) == NOTHING
    kept.close(datetime.timedelta(minutes=5))
    for budget in (jobs, people):
        with pytest.raises(RateLimited):
            kept.take(budget, longest=datetime.timedelta(minutes=2))


def test_thirty_threads_never_take_more_than_the_burst(redis_connection: redis.Redis) -> None:
    kept = throttle(redis_connection, pace=Pace(calls=1, seconds=60, burst=7))
    taken: list[int] = []

    def take() -> None:
        try:
            kept.take(longest=NOTHING)
        except RateLimited:
            return
        taken.append(1)

    threads = [threading.Thread(target=take) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 7


def test_a_closed_account_takes_no_call_until_the_vendor_said(redis_connection: redis.Redis) -> None:
    kept = throttle(redis_connection)
    kept.close(datetime.timedelta(minutes=5))
    with pytest.raises(RateLimited) as caught:
        kept.take(longest=LONG)
    assert caught.value.retry_after.total_seconds() == pytest.approx(300, abs=1)


def test_a_flush_forgets_the_pace_and_the_script_and_the_next_call_works(
    redis_connection: redis.Redis,
) -> None:
    kept = throttle(redis_connection)
    for _ in range(3):
        kept.take(longest=NOTHING)
    redis_connection.flushdb()
    redis_connection.script_flush()
    assert [kept.take(longest=NOTHING) for _ in range(3)] == [NOTHING] * 3
    with pytest.raises(RateLimited):
        kept.take(longest=NOTHING)


def test_a_silent_redis_is_a_temporary_error() -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.5)
    kept = throttle(nowhere)
    with pytest.raises(TemporaryError):
        kept.take(longest=LONG)
    with pytest.raises(TemporaryError):
        kept.close(LONG)
    nowhere.close()
