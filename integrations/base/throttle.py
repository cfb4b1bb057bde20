"""The pace of one vendor account (``foundation.throttle``) in the words of this room's errors."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import redis

from foundation import throttle
from foundation.throttle import Pace, PaceExceeded, PaceUnknown
from foundation.turns import Gate, Heard, Turn, Turns
from integrations.base.errors import RateLimited, TemporaryError

__all__ = ["Budget", "Heard", "Pace", "RedisThrottle", "Throttle", "Turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One of the budgets of an account: ``name`` tells it from the others, ``at_once`` calls may be under way
    together (0: any number), ``all_at_once`` of this and every other budget of the account that says so.
    """

    name: str
    pace: Pace
    at_once: int = 0
    all_at_once: int = 0

    def gates(self) -> tuple[Gate, ...]:
        """What has to be counted while a call is under way; the budget's own first."""
        window = self.pace.window
        gates = []
        if window or self.at_once:
            calls, seconds = (self.pace.calls, self.pace.seconds) if window else (0, 0.0)
            gates.append(Gate(name=self.name, calls=calls, seconds=seconds, at_once=self.at_once))
        if self.all_at_once:
            gates.append(Gate(name="*", at_once=self.all_at_once))
        return tuple(gates)


class Throttle(Protocol):
    """What :class:`integrations.base.http.VendorClient` needs of a pace keeper."""

    def take(self, budget: Budget, *, longest: datetime.timedelta) -> datetime.timedelta:
        """Reserve the next call and say how long to wait for it; RateLimited if longer than ``longest``."""

    def hold(self, budget: Budget, *, longest: datetime.timedelta) -> AbstractContextManager[Turn]:
        """A turn for the length of a call where the budget counts them; RateLimited if none is free for ``longest``."""

    def close(self, duration: datetime.timedelta) -> None:
        """Let nobody call this account for ``duration`` (the vendor said so)."""


class RedisThrottle:
    """The pace of one account, kept in Redis, budget by budget."""

    def __init__(self, connection: redis.Redis, *, account: str) -> None:
        self._redis = connection
        self._account = account
        self._kept: dict[str, throttle.RedisThrottle] = {}
        self._turns = Turns(connection, account=account)

    def take(self, budget: Budget, *, longest: datetime.timedelta) -> datetime.timedelta:
        """See :class:`Throttle`. Raises TemporaryError when Redis does not answer: no pace, no call."""
        if budget.pace.window:
            return datetime.timedelta(0)
        with _in_our_words():
            return self._of(budget).take(longest=longest)

    @contextmanager
    def hold(self, budget: Budget, *, longest: datetime.timedelta) -> Iterator[Turn]:
        """See :class:`Throttle`. Raises TemporaryError when Redis does not answer before the call."""
        gates = budget.gates()
        if not gates:
            yield Turn()
            return
        with ExitStack() as held:
            with _in_our_words():
                turn = held.enter_context(self._turns.take(gates, longest=longest))
            yield turn

    def close(self, duration: datetime.timedelta) -> None:
        """See :class:`Throttle`. A lost mark costs one more 429, so a silent Redis is no error here."""
        with _in_our_words():
            throttle.close(self._redis, account=self._account, duration=duration)

    def _of(self, budget: Budget) -> throttle.RedisThrottle:
        if budget.name not in self._kept:
            self._kept[budget.name] = throttle.RedisThrottle(
                self._redis, account=self._account, budget=budget.name, pace=budget.pace
            )
        return self._kept[budget.name]


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except PaceExceeded as error:
        raise RateLimited(str(error), retry_after=error.retry_after) from error
    except PaceUnknown as error:
        raise TemporaryError(str(error)) from error
