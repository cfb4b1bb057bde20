"""HTTP sessions kept open from one person to the next: a new connection for each would cost more than the calls.

A session belongs to one thread of one process and to one connection with the credential it had: another credential gets
another session, and the old one is closed. A forked process begins without any. What goes over it is said anew with
every call, so nothing of a credential stays in a session; ``foundation.egress`` checks every connection it makes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from foundation import egress

#: Nobody called for so long: closed at the thread's next call of anybody.
IDLE_SECONDS = 30.0


@dataclass(slots=True)
class _Kept:
    session: egress.Session
    credential: str
    limits: tuple[float, int]
    used: float


class _Thread(threading.local):
    """What one thread keeps, by connection."""

    def __init__(self) -> None:
        self.kept: dict[int, _Kept] = {}


_mine = _Thread()


def _begin_without_any() -> None:
    """In a forked process: the sockets are the parent's, which goes on with them; ours are let go, not shut."""
    global _mine
    _mine = _Thread()


os.register_at_fork(after_in_child=_begin_without_any)


def of(connection_id: int, *, credential: str, timeout: float, max_bytes: int) -> egress.Session:
    """This thread's session for a connection; ``credential`` names the secret it is opened with."""
    now = time.monotonic()
    _close_idle(_mine.kept, connection_id, now)
    kept = _mine.kept.get(connection_id)
    if kept is not None and (kept.credential, kept.limits) != (credential, (timeout, max_bytes)):
        kept.session.close()
        kept = None
    if kept is None:
        made = egress.session(timeout=timeout, max_bytes=max_bytes)
        kept = _mine.kept[connection_id] = _Kept(made, credential, (timeout, max_bytes), now)
    kept.used = now
    return kept.session


def close() -> None:
    """Close what this thread keeps, before it ends."""
    while _mine.kept:
        _mine.kept.popitem()[1].session.close()


def _close_idle(kept: Mapping[int, _Kept], wanted: int, now: float) -> None:
    idle = [pk for pk, one in kept.items() if pk != wanted and one.used < now - IDLE_SECONDS]
    for pk in idle:
        _mine.kept.pop(pk).session.close()
