"""The pace of one vendor account (``foundation.throttle``) in the words of this room's errors."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import redis

from foundation import throttle
from foundation.throttle import Pace
from integrations.base.errors import RateLimited, TemporaryError

__all__ = ["Budget", "Pace", "RedisThrottle", "Throttle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One of the budgets of an account: ``name`` tells it from the others, ``at_once`` calls may be under way
    together (0: any number).
    """

    name: str
    pace: Pace
    at_once: int = 0


class Throttle(Protocol):
    """What :class:`integrations.base.http.VendorClient` needs of a pace keeper."""

    def take(self, budget: Budget, *, longest: datetime.timedelta) -> datetime.timedelta:
        """Reserve the next call and say how long to wait for it; RateLimited if longer than ``longest``."""

    def hold(self, budget: Budget, *, longest: datetime.timedelta) -> AbstractContextManager[None]:
        """One of the places of ``at_once`` for the length of a call; RateLimited if none is free for ``longest``."""

    def close(self, duration: datetime.timedelta) -> None:
        """Let nobody call this account for ``duration`` (the vendor said so)."""


class RedisThrottle:
    """The pace of one account, kept in Redis, budget by budget."""

    def __init__(self, connection: redis.Redis, *, account: str) -> None:
        self._redis = connection
        self._account = account
        self._kept: dict[str, throttle.RedisThrottle] = {}

    def take(self, budget: Budget, *, longest: datetime.timedelta) -> datetime.timedelta:
        """See :class:`Throttle`. Raises TemporaryError when Redis does not answer: no pace, no call."""
        try:
            return self._of(budget).take(longest=longest)
        except throttle.PaceExceeded as error:
            raise RateLimited(str(error), retry_after=error.retry_after) from error
        except throttle.PaceUnknown as error:
            raise TemporaryError(str(error)) from error

    @contextmanager
    def hold(self, budget: Budget, *, longest: datetime.timedelta) -> Iterator[None]:
        """See :class:`Throttle`."""
        del budget, longest
        yield

    def close(self, duration: datetime.timedelta) -> None:
        """See :class:`Throttle`. A lost mark costs one more 429, so a silent Redis is no error here."""
        try:
            throttle.close(self._redis, account=self._account, duration=duration)
        except throttle.PaceUnknown as error:
            raise TemporaryError(str(error)) from error

    def _of(self, budget: Budget) -> throttle.RedisThrottle:
        if budget.name not in self._kept:
            self._kept[budget.name] = throttle.RedisThrottle(
                self._redis, account=self._account, budget=budget.name, pace=budget.pace
            )
        return self._kept[budget.name]
