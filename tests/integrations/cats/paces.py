"""A pace that lets everybody through at once, for tests of what is said and not of how often."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.base.throttle import Budget, Heard, Turn


class FreePace:
    """See ``integrations.base.throttle.Throttle``."""

    def __init__(self) -> None:
        self.closed_for: list[datetime.timedelta] = []
        self.heard: list[Heard] = []

    def take(self, budget: Budget, *, longest: datetime.timedelta) -> datetime.timedelta:
        del budget, longest
        return datetime.timedelta(0)

    @contextmanager
    def hold(self, budget: Budget, *, longest: datetime.timedelta) -> Iterator[Turn]:
        del budget, longest
        turn = Turn()
        yield turn
        self.heard.append(turn.heard)

    def close(self, duration: datetime.timedelta) -> None:
        self.closed_for.append(duration)
