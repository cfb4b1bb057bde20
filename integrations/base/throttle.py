"""How fast one account may be called, shared by every process through Redis.

The generic cell rate algorithm in one Lua script: the check and the reservation are one atomic step on
Redis' own clock, so any number of workers obey one pace. Redis may forget everything at any moment: after a
flush the account starts with a full burst (at most ``burst`` calls early), and the script is loaded again.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Protocol

import redis

from integrations.base.errors import RateLimited, TemporaryError

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


@dataclass(frozen=True, slots=True)
class Pace:
    """``calls`` per ``seconds``, of which ``burst`` may come at once."""

    calls: int
    seconds: float = 1.0
    burst: int = 1


class Throttle(Protocol):
    """What :class:`integrations.base.http.VendorClient` needs of a pace keeper."""

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        """Reserve the next call and say how long to wait for it; RateLimited if longer than ``longest``."""

    def close(self, duration: datetime.timedelta) -> None:
        """Let nobody call this account for ``duration`` (the vendor said so)."""


class RedisThrottle:
    """The pace of one account: ``account`` names vendor and credential without revealing either."""

    def __init__(self, connection: redis.Redis, *, account: str, pace: Pace) -> None:
        self._redis = connection
        self._pace_key = f"throttle:{account}:pace"
        self._closed_key = f"throttle:{account}:closed"
        self._interval = int(pace.seconds / pace.calls * 1_000_000)
        self._burst = pace.burst
        self._script = connection.register_script(TAKE)

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        """See :class:`Throttle`. Raises TemporaryError when Redis does not answer: no pace, no call."""
        limit = int(longest.total_seconds() * 1_000_000)
        try:
            wait, taken = self._script(
                keys=[self._pace_key, self._closed_key], args=[self._interval, self._burst, limit]
            )
        except redis.RedisError as error:
            raise TemporaryError("The pace of this account cannot be read from Redis.") from error
        duration = datetime.timedelta(microseconds=int(wait))
        if not taken:
            raise RateLimited("This account is being called as often as it allows.", retry_after=duration)
        return duration

    def close(self, duration: datetime.timedelta) -> None:
        """See :class:`Throttle`. A lost mark costs one more 429, so a silent Redis is no error here."""
        milliseconds = max(int(duration.total_seconds() * 1000), 1)
        try:
            self._redis.set(self._closed_key, 1, px=milliseconds)
        except redis.RedisError as error:
            raise TemporaryError("The pace of this account cannot be written to Redis.") from error
