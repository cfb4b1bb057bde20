"""People of one export in work at the same time: while the vendor answers about one, the next is made ready.

Their calls still go one after the other (``turn``): the vendor sees what a single loop would send, without the pauses
in which we read and write.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from integrations import sessions

Lane = Callable[[], int]


def work(lane: Lane, *, beside: int, stop: Callable[[], object]) -> int:
    """Run ``lane`` here and in ``beside`` threads at once; their results added. Returns when all have ended.

    ``stop`` tells the others when the one here has ended, however that came. What one of them raises is raised.
    """
    if not beside:
        return lane()
    with ThreadPoolExecutor(max_workers=beside, thread_name_prefix="lane") as pool:
        others = [pool.submit(contextvars.copy_context().run, _elsewhere, lane) for _ in range(beside)]
        try:
            mine = lane()
        finally:
            stop()
    return mine + sum(other.result() for other in others)


def _elsewhere(lane: Lane) -> int:
    """In a thread of its own, which leaves no connection behind."""
    try:
        return lane()
    finally:
        sessions.close()
        connections.close_all()
