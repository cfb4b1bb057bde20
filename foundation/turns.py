"""Turns to call another system: so many under way together, so many in any stretch of time, counted exactly.

Where :mod:`foundation.throttle` spaces calls, this counts them: a vendor that publishes "10 in a second, 8 at once" is
called ten times in any second, and not eleven times, by however many workers. When a call reaches the vendor is known
to lie between its beginning and its answer, no closer; so a call counts from its beginning until ``seconds`` after its
end, and then no stretch of ``seconds`` at the vendor can hold more than ``calls``. That costs the time of one answer
per stretch.

All is one atomic step on Redis' own clock. Who dies with a turn gives it back after its lease. Redis may forget
everything at any moment: then at most one stretch is called twice as often.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import redis
import structlog

from foundation.throttle import PaceExceeded, PaceUnknown, closed_key

log = structlog.get_logger(__name__)

#: Longer than one call may take (``integrations.opening.CALL_TIMEOUT_SECONDS``).
LEASE = datetime.timedelta(seconds=60)
#: When a full house is looked at again, in seconds: soon at first, then more seldom.
LOOK_AGAIN, LONGEST_LOOK, SELDOMER = 0.005, 0.05, 1.5

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""

#: KEYS: closed, then running, done, said and shut of each gate. ARGV: token, lease, then calls, window and at_once of
#: each gate (microseconds; 0: no such limit). Returns the microseconds to wait, 0 with the turn taken in every gate,
#: or -1 when nobody knows: a place has to be given back first.
BEGIN = (
    _NOW
    + """
local closed = redis.call('PTTL', KEYS[1])
if closed > 0 then return closed * 1000 end
local wait = 0
for gate = 0, (#KEYS - 1) / 4 - 1 do
    local running, done, said = KEYS[gate * 4 + 2], KEYS[gate * 4 + 3], KEYS[gate * 4 + 4]
    local calls, window, at_once = tonumber(ARGV[gate * 3 + 3]), tonumber(ARGV[gate * 3 + 4]),
                                   tonumber(ARGV[gate * 3 + 5])
    local shut = redis.call('PTTL', KEYS[gate * 4 + 5])
    if shut > 0 and wait >= 0 then wait = math.max(wait, shut * 1000) end
    if calls > 0 then calls = tonumber(redis.call('HGET', said, 'calls')) or calls end
    if at_once > 0 then at_once = tonumber(redis.call('HGET', said, 'at_once')) or at_once end
    local over = redis.call('ZRANGEBYSCORE', running, '-inf', now, 'WITHSCORES')
    for place = 1, #over, 2 do
        if calls > 0 then redis.call('ZADD', done, over[place + 1], over[place]) end
        redis.call('ZREM', running, over[place])
    end
    local under_way = redis.call('ZCARD', running)
    if at_once > 0 and under_way >= at_once then wait = -1 end
    if calls > 0 then
        redis.call('ZREMRANGEBYSCORE', done, '-inf', now - window)
        local ended = redis.call('ZCARD', done)
        local missing = under_way + ended - calls + 1
        if missing > ended then
            if wait >= 0 then wait = math.max(wait, window) end
        elseif missing > 0 then
            local freed = redis.call('ZRANGE', done, missing - 1, missing - 1, 'WITHSCORES')
            if wait >= 0 then wait = math.max(wait, freed[2] + window - now, 1) end
        end
    end
end
if wait ~= 0 then return wait end
for gate = 0, (#KEYS - 1) / 4 - 1 do
    redis.call('ZADD', KEYS[gate * 4 + 2], string.format('%.0f', now + ARGV[2]), ARGV[1])
    redis.call('PEXPIRE', KEYS[gate * 4 + 2], math.ceil((ARGV[2] + ARGV[gate * 3 + 4]) / 1000) + 1000)
end
return 0
"""
)

#: KEYS as above without closed. ARGV: token, then calls, window, and what the vendor said of each gate: its limit, what
#: remains, how many at once (-1: nothing). A gate where nothing remains though we have not used it up is used by
#: somebody else as well: it is shut for one window.
END = (
    _NOW
    + """
for gate = 0, #KEYS / 4 - 1 do
    local running, done, said = KEYS[gate * 4 + 1], KEYS[gate * 4 + 2], KEYS[gate * 4 + 3]
    local calls, window = tonumber(ARGV[gate * 5 + 2]), tonumber(ARGV[gate * 5 + 3])
    local limit, remaining, at_once = tonumber(ARGV[gate * 5 + 4]), tonumber(ARGV[gate * 5 + 5]),
                                      tonumber(ARGV[gate * 5 + 6])
    redis.call('ZREM', running, ARGV[1])
    if limit > 0 then redis.call('HSET', said, 'calls', limit) end
    if at_once > 0 then redis.call('HSET', said, 'at_once', at_once) end
    if limit > 0 or at_once > 0 then redis.call('PEXPIRE', said, 3600000) end
    if calls > 0 then
        redis.call('ZADD', done, string.format('%.0f', now), ARGV[1])
        redis.call('PEXPIRE', done, math.ceil(window / 1000) + 1000)
        local ours = redis.call('ZCARD', running) + redis.call('ZCOUNT', done, now - window, '+inf')
        if limit > 0 then calls = limit end
        if remaining == 0 and ours < calls then
            redis.call('SET', KEYS[gate * 4 + 4], 1, 'PX', math.ceil(window / 1000))
        end
    end
end
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One limit of an account: ``calls`` in any ``seconds``, ``at_once`` under way; 0 where there is no such limit."""

    name: str
    calls: int = 0
    seconds: float = 0.0
    at_once: int = 0

    @property
    def window(self) -> int:
        """Microseconds."""
        return int(self.seconds * 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the headers of an answer say of the first gate's limit; -1 where they say nothing. It overrides what we
    published here for an hour, both ways.
    """

    limit: int = -1
    remaining: int = -1
    at_once: int = -1


class Turn:
    """One call under way; whoever reads the answer's headers leaves here what they say."""

    heard: Heard = Heard()


class Turns:
    """Turns of one account, kept in Redis. ``sleep`` is for tests."""

    def __init__(
        self, connection: redis.Redis, *, account: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._account = account
        self._sleep = sleep
        self._begin = connection.register_script(BEGIN)
        self._end = connection.register_script(END)

    @contextmanager
    def take(self, gates: Sequence[Gate], *, longest: datetime.timedelta) -> Iterator[Turn]:
        """Wait until every gate lets one more call through; the block is the call.

        Raises :class:`PaceExceeded`, at once where the wait is known to be longer than ``longest``,
        :class:`PaceUnknown` when Redis does not answer before the call. After it, a silent Redis is no error.
        """
        token = uuid.uuid4().hex
        self._wait(token, gates, longest)
        turn = Turn()
        try:
            yield turn
        finally:
            self._give_back(token, gates, turn.heard)

    def _wait(self, token: str, gates: Sequence[Gate], longest: datetime.timedelta) -> None:
        left, look = longest.total_seconds(), LOOK_AGAIN
        while True:
            wait = self._ask(token, gates)
            if wait == 0:
                return
            nap = wait / 1_000_000 if wait > 0 else look
            look = LOOK_AGAIN if wait > 0 else min(look * SELDOMER, LONGEST_LOOK)
            if nap > left:
                raise PaceExceeded(datetime.timedelta(seconds=max(nap, 1.0) if wait < 0 else nap))
            self._sleep(nap)
            left -= nap

    def _ask(self, token: str, gates: Sequence[Gate]) -> int:
        limits = [value for gate in gates for value in (gate.calls, gate.window, gate.at_once)]
        try:
            return int(
                self._begin(
                    keys=[closed_key(self._account), *self._keys(gates)],
                    args=[token, int(LEASE.total_seconds() * 1_000_000), *limits],
                )
            )
        except redis.RedisError as error:
            raise PaceUnknown("The pace of this account cannot be read from Redis.") from error

    def _give_back(self, token: str, gates: Sequence[Gate], heard: Heard) -> None:
        said: list[int] = []
        for place, gate in enumerate(gates):
            here = heard if place == 0 else Heard()
            said += [gate.calls, gate.window, here.limit, here.remaining, here.at_once]
        try:
            self._end(keys=self._keys(gates), args=[token, *said])
        except redis.RedisError as error:
            # The call was made: its outcome must not be hidden. The lease gives the turn back.
            log.warning("turns.not_given_back", error=type(error).__name__)

    def _keys(self, gates: Sequence[Gate]) -> list[str]:
        return [
            f"throttle:{self._account}:gate:{gate.name}:{part}"
            for gate in gates
            for part in ("running", "done", "said", "shut")
        ]
