"""The API's door: subdomain and key, limits and failures first, then the operation. Pages and control are beside it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from sandbox.ats.pinpoint import pages
from sandbox.ats.pinpoint.accounts import Key, as_told, make_keys
from sandbox.ats.pinpoint.call import MEDIA_TYPE, Call, Failure, error_document
from sandbox.ats.pinpoint.control import Control
from sandbox.ats.pinpoint.events import Events
from sandbox.ats.pinpoint.operations import Operations
from sandbox.ats.pinpoint.records import Records
from sandbox.http_server import CutLine, Request, Response
from sandbox.sourcewhale.faults import Fault, Faults
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
        fault = self.faults.take(f"/{path}")
        key = self._keys.get(request.headers.get("x-api-key", ""))

        def log(status: int) -> None:
            self.records.log(
                account=key.account.name if key else "",
                method=request.method,
                path=f"/{path}",
                query=request.query,
                body=request.body.decode("utf-8", "replace"),
                status=status,
                note=f"fault: {fault.kind}" if fault else "",
            )

        try:
            response = await self._answer(request, subdomain, path, key, fault)
        except (CutLine, asyncio.CancelledError):
            log(0)
            raise
        log(response.status)
        return response

    async def _answer(
        self, request: Request, subdomain: str, path: str, key: Key | None, fault: Fault | None
    ) -> Response:
        if fault and not fault.after and fault.kind != "malformed":
            early = await _fail(fault)
            if early is not None:
                return early
        response = self._operate(request, subdomain, path, key)
        if fault and fault.kind == "malformed":
            half = response.body[: max(1, len(response.body) // 2)]
            return Response(200, half + b'{"', MEDIA_TYPE)
        if fault and fault.after:
            late = await _fail(fault)
            return response if late is None else late
        return response

    def _operate(self, request: Request, subdomain: str, path: str, key: Key | None) -> Response:
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


async def _fail(fault: Fault) -> Response | None:
    """Carry out a fault; None if the usual answer follows."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "hang":
        await asyncio.Event().wait()
    if fault.kind == "cut":
        raise CutLine
    if fault.kind == "rate_limit":
        headers = {"Retry-After": str(int(fault.seconds))} if fault.retry_after else {}
        return _document(error_document(429, ("Rate limit exceeded", "")), 429, headers)
    words = "We've notified our engineers and are looking into it"
    return _document(error_document(fault.status, (words, "")), fault.status)


def _body(request: Request) -> Any:
    if request.method not in ("POST", "PUT"):
        return None
    if request.headers.get("content-type", "").partition(";")[0] != MEDIA_TYPE:
        raise Failure(415, (f"The body must be {MEDIA_TYPE}", ""))
    try:
        return request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Failure(400, ("The body is not valid JSON", "")) from None
