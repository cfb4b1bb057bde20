"""The API's door: subdomain and key, limits and failures first, then the operation. Pages and control are beside it."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.ats.pinpoint import pages
from sandbox.ats.pinpoint.accounts import Key, as_told, make_keys
from sandbox.ats.pinpoint.call import MEDIA_TYPE, Call, Failure, error_document
from sandbox.ats.pinpoint.control import Control
from sandbox.ats.pinpoint.events import Events
from sandbox.ats.pinpoint.operations import Operations
from sandbox.ats.pinpoint.records import Records
from sandbox.faults import Faults, served
from sandbox.http_server import Request, Response
from sandbox.switches import Switches

PREFIX = "/pinpoint"
_API = "/api/v1/"


class Pinpoint:
    """One stand-in with its data file."""

    def __init__(self, path: Path, switches: Switches) -> None:
        self.records = Records(path)
        self.faults = Faults()
        self._switches = switches
        self._keys = {key.key: key for key in make_keys()}
        self._events = Events(self.records)
        self._operations = Operations(self.records, switches, self._events)
        self._control = Control(
            self.records, self.faults, self._events, [key.account for key in self._keys.values()]
        )
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def addresses(self, url: str) -> dict[str, Any]:
        """For ``sandbox.json``: where it answers, the subdomain still open, and keys with what they open."""
        return {
            "base_url": f"{url}{PREFIX}/{{subdomain}}/api/v1",
            "url": f"{url}{PREFIX}/",
            "keys": [as_told(key) for key in self._keys.values()],
        }

    async def close(self) -> None:
        """Stop telling webhooks, close the file."""
        await self._events.close()
        self.records.close()

    async def control(self, request: Request) -> Response:
        """Anything under ``/control/pinpoint``."""
        return self._control.handle(request)

    async def handle(self, request: Request) -> Response:
        """Anything under ``/pinpoint/``."""
        subdomain, api, path = request.path.removeprefix(f"{PREFIX}/").partition(_API)
        if api:
            return await self._api(request, subdomain, path)
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"only GET\n")
        return pages.handle(request, self.records)

    async def _api(self, request: Request, subdomain: str, path: str) -> Response:
        key = self._keys.get(request.headers.get("x-api-key", ""))
        return await served(
            request,
            f"/{path}",
            fault=self.faults.take(f"/{path}"),
            operate=partial(self._operate, request, subdomain, path, key),
            refuse=_refuse,
            log=partial(self.records.log, account=key.account.name if key else ""),
        )

    async def _operate(self, request: Request, subdomain: str, path: str, key: Key | None) -> Response:
        try:
            if not request.headers.get("x-api-key"):
                raise Failure(401, ("X-API-KEY header not provided", ""))
            if key is None or key.account.subdomain != subdomain:
                raise Failure(401, ("Invalid API key", ""))
            if not key.account.enabled:
                raise Failure(403, ("Integration not enabled", ""))
            self._limit(key)
            parts = tuple(part for part in path.split("/") if part)
            call = Call(key.account, request.method, parts, request.query, _body(request))
            status, document = self._operations.run(call, key)
        except Failure as failure:
            return _document(error_document(failure.status, *failure.told), failure.status, failure.headers)
        return _document(document, status)

    def _limit(self, key: Key) -> None:
        """So many requests in any second. The vendor's 429 says nothing of how long to wait."""
        allowed = self._switches.pinpoint_rate_limit
        if not allowed:
            return
        recent, now = self._recent[key.key], time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= allowed:
            raise Failure(429, ("Rate limit exceeded", ""))
        recent.append(now)


def _document(value: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status, json.dumps(value).encode(), MEDIA_TYPE, headers or {})


def _refuse(status: int, headers: dict[str, str]) -> Response:
    words = "Rate limit exceeded" if status == 429 else "We've notified our engineers and are looking into it"
    return _document(error_document(status, (words, "")), status, headers)


def _body(request: Request) -> Any:
    if request.method not in ("POST", "PUT"):
        return None
    if request.headers.get("content-type", "").partition(";")[0] != MEDIA_TYPE:
        raise Failure(415, (f"The body must be {MEDIA_TYPE}", ""))
    try:
        return request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Failure(400, ("The body is not valid JSON", "")) from None
