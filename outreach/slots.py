"""How much of a worker one mail server may take: it must never starve the mailboxes of others.

A server (host and port) gets at most three quarters of the process's slots, and at most a quarter while it has
left a call unanswered for 5 seconds (docs/architecture.md, "Ground rules"). Counted in this process only: each
worker protects itself.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

#: A call unanswered for this long makes its server a slow one until the call ends.
SLOW_AFTER = 5.0


class Slots:
    """Counts, per server, the mailboxes being worked on and the calls that wait for an answer."""

    def __init__(self, total: int = 16) -> None:
        self.total = total
        self._lock = threading.Lock()
        self._in_use: defaultdict[str, int] = defaultdict(int)
        self._calls: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._number = 0

    def allowed(self, server: str) -> int:
        """How many slots this server may hold now; at least one."""
        oldest = min(self._calls[server].values(), default=None) if server in self._calls else None
        slow = oldest is not None and time.monotonic() - oldest >= SLOW_AFTER
        return max(1, self.total // 4 if slow else self.total * 3 // 4)

    def enter(self, server: str) -> bool:
        """Take a slot for this server; False if it holds all it may."""
        with self._lock:
            if self._in_use[server] >= self.allowed(server):
                return False
            self._in_use[server] += 1
            return True

    def leave(self, server: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._in_use[server] -= 1
            if self._in_use[server] <= 0:
                del self._in_use[server]

    @contextmanager
    def waiting(self, server: str) -> Iterator[None]:
        """Around each call to the server: from question to answer."""
        with self._lock:
            self._number += 1
            number = self._number
            self._calls[server][number] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                calls = self._calls[server]
                calls.pop(number, None)
                if not calls:
                    del self._calls[server]


#: The counter of this process; ``tasks`` sets its total to the worker's own concurrency.
process = Slots()


def waiting(server: str) -> AbstractContextManager[None]:
    """``process.waiting``; see :meth:`Slots.waiting`."""
    return process.waiting(server)
