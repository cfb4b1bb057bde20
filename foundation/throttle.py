"""How fast one account at another system may be called, shared by every process through Redis.

The generic cell rate algorithm in one Lua script: the check and the reservation are one atomic step on
Redis' own clock, so any number of workers obey one pace. Redis may forget everything at any moment: after a
flush the account starts with a full burst (at most ``burst`` calls early), and the script is loaded again.
"""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass

import redis
from django.conf import settings

#: KEYS: pace, closed. ARGV: microseconds between calls, burst, longest wait taken. Returns {wait, taken}.
TAKE = """
local closed = redis.call('PTTL', KEYS[2])
if closed > 0 then return {closed * 1000, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = tonumber(redis.call('GET', KEYS[1])) or now
if due < now then due = now end
local wait = due - now - (burst - 1) * interval
if wait < 0 then wait = 0 end
if wait > longest then return {wait, 0} end
redis.call('SET', KEYS[1], string.format('%.0f', due + interval),
           'PX', math.ceil((due + interval - now) / 1000) + 1000)
return {wait, 1}
"""


@functools.cache
def shared_redis() -> redis.Redis:
    """The connection of this process: one pool, which reconnects by itself."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)


class PaceExceeded(Exception):
    """The next call is further away than the caller would wait."""

    def __init__(self, retry_after: datetime.timedelta) -> None:
        super().__init__("This account is being called as often as it allows.")
        self.retry_after = retry_after


class PaceUnknown(Exception):
    """Redis does not answer: no pace, no call."""


@dataclass(frozen=True, slots=True)
class Pace:
    """``calls`` per ``seconds``: spaced evenly with ``burst`` at once, or, with ``window``, never more than that in any
    such stretch of time (``foundation.turns``), all at once if need be.
    """

    calls: int
    seconds: float = 1.0
    burst: int = 1
    window: bool = False


class RedisThrottle:
    """The pace of one account, or of one of its budgets: ``account`` names system and credential without revealing
    either.
    """

    def __init__(self, connection: redis.Redis, *, account: str, pace: Pace, budget: str = "") -> None:
        self._redis = connection
        self._account = account
        self._pace_key = f"throttle:{account}:pace:{budget}" if budget else f"throttle:{account}:pace"
        self._closed_key = closed_key(account)
        self._interval = int(pace.seconds / pace.calls * 1_000_000)
        self._burst = pace.burst
        self._script = connection.register_script(TAKE)

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        """Reserve the next call and say how long to wait for it.

        Raises :class:`PaceExceeded` if that is longer than ``longest``, :class:`PaceUnknown`.
        """
        limit = int(longest.total_seconds() * 1_000_000)
        try:
            wait, taken = self._script(
                keys=[self._pace_key, self._closed_key], args=[self._interval, self._burst, limit]
            )
        except redis.RedisError as error:
            raise PaceUnknown("The pace of this account cannot be read from Redis.") from error
        duration = datetime.timedelta(microseconds=int(wait))
        if not taken:
            raise PaceExceeded(duration)
        return duration

    def close(self, duration: datetime.timedelta) -> None:
        """Let nobody call this account for ``duration``. Raises :class:`PaceUnknown`."""
        close(self._redis, account=self._account, duration=duration)


def close(connection: redis.Redis, *, account: str, duration: datetime.timedelta) -> None:
    """Let nobody call ``account``, whatever the budget, for ``duration``. Raises :class:`PaceUnknown`."""
    milliseconds = max(int(duration.total_seconds() * 1000), 1)
    try:
        connection.set(closed_key(account), 1, px=milliseconds)
    except redis.RedisError as error:
        raise PaceUnknown("The pace of this account cannot be written to Redis.") from error


def closed_key(account: str) -> str:
    """Where Redis keeps that nobody may call ``account`` now."""
    return f"throttle:{account}:closed"
