"""One call of an endpoint: the signed request, and what its answer means. No database."""

from __future__ import annotations

import datetime
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import requests

from foundation import egress
from integrations.base.http import asked_wait
from publishing import signing

#: Seconds for a call in all, and how much of an answer is read.
TIMEOUT = 10.0
_MOST_BYTES = 65_536
#: So much of a refusal is kept for people to see.
_EXCERPT = 300
#: Statuses that say nothing of the event: the receiver, or what stands before it, is not there.
_AWAY = frozenset({429, 502, 503, 504})


class Meaning(Enum):
    """What an answer says."""

    TAKEN = "taken"
    #: This event was refused; others may be taken.
    REFUSED = "refused"
    #: Nobody was there: all of the endpoint's events wait.
    AWAY = "away"
    #: 410: the endpoint is not to be called any more.
    GONE = "gone"


@dataclass(frozen=True)
class Answer:
    """What came of a call; ``wait`` is what the receiver asked for."""

    meaning: Meaning
    status: int | None
    text: str
    took_ms: int
    wait: datetime.timedelta | None = None


class Lines:
    """The open connections of a visit, a session for each thread: they serve one event after the other."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[egress.Session] = []

    def mine(self) -> egress.Session:
        """This thread's."""
        session: egress.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = egress.session(timeout=TIMEOUT, max_bytes=_MOST_BYTES)
            self._all.append(session)
        return session

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_exc: object) -> None:
        for session in self._all:
            session.close()


def call(lines: Lines, url: str, *, secrets: Sequence[str], event: Mapping[str, Any]) -> Answer:
    """Tell ``url`` of the event once. Never raises for what the other side does."""
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    signed = signing.headers(secrets, message_id=event["id"], timestamp=int(time.time()), body=body)
    sent = {"Content-Type": "application/json", "User-Agent": "Beckon-Webhooks/1"} | dict(signed)
    started = time.monotonic()
    try:
        response = lines.mine().request("POST", url, headers=sent, data=body)
    except egress.EgressRefused as refused:
        # A redirect is no POST's way, so this is a private address, or an answer without end.
        return Answer(Meaning.REFUSED, None, str(refused), _since(started))
    except egress.Unreachable as away:
        return Answer(Meaning.AWAY, None, str(away), _since(started))
    return _meaning(response, _since(started))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _meaning(response: requests.Response, took_ms: int) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(Meaning.TAKEN, status, "", took_ms)
    if 300 <= status < 400:
        text = "The address leads elsewhere, which is not followed. Enter the final address."
        return Answer(Meaning.REFUSED, status, text, took_ms)
    text = " ".join(response.content[: 4 * _EXCERPT].decode("utf-8", "replace").replace("\0", "").split())[
        :_EXCERPT
    ]
    if status == 410:
        return Answer(Meaning.GONE, status, text, took_ms)
    if status in _AWAY:
        return Answer(Meaning.AWAY, status, text, took_ms, wait=asked_wait(response.headers))
    return Answer(Meaning.REFUSED, status, text, took_ms)
