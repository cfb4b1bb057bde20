"""The pace of one vendor account (``foundation.throttle``) in the words of this room's errors."""

from __future__ import annotations

import datetime
from typing import Protocol

from foundation import throttle
from foundation.throttle import Pace
from integrations.base.errors import RateLimited, TemporaryError

__all__ = ["Pace", "RedisThrottle", "Throttle"]


class Throttle(Protocol):
    """What :class:`integrations.base.http.VendorClient` needs of a pace keeper."""

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        """Reserve the next call and say how long to wait for it; RateLimited if longer than ``longest``."""

    def close(self, duration: datetime.timedelta) -> None:
        """Let nobody call this account for ``duration`` (the vendor said so)."""


class RedisThrottle(throttle.RedisThrottle):
    """The pace of one account, kept in Redis."""

    def take(self, *, longest: datetime.timedelta) -> datetime.timedelta:
        """See :class:`Throttle`. Raises TemporaryError when Redis does not answer: no pace, no call."""
        try:
            return super().take(longest=longest)
        except throttle.PaceExceeded as error:
            raise RateLimited(str(error), retry_after=error.retry_after) from error
        except throttle.PaceUnknown as error:
            raise TemporaryError(str(error)) from error

    def close(self, duration: datetime.timedelta) -> None:
        """See :class:`Throttle`. A lost mark costs one more 429, so a silent Redis is no error here."""
        try:
            super().close(duration)
        except throttle.PaceUnknown as error:
            raise TemporaryError(str(error)) from error
