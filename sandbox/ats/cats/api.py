"""The API's door: key, media type, the hour's budget and failures first, then the operation. Pages are beside it."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict, deque
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.ats.cats import pages
from sandbox.ats.cats.accounts import Key, make_keys
from sandbox.ats.cats.call import Call, Failure, Reply
from sandbox.ats.cats.directory import Directory
from sandbox.ats.cats.feed import Feed
from sandbox.ats.cats.hooks import Hooks
from sandbox.ats.cats.people import SINGULAR, People
from sandbox.ats.cats.records import Records
from sandbox.faults import Faults, served
from sandbox.http_server import Request, Response
from sandbox.switches import Switches

PREFIX = "/cats/v3"


class Cats:
    """One stand-in with its data file."""

    def __init__(self, path: Path, switches: Switches, users: list[str]) -> None:
        self.records = Records(path)
        self.faults = Faults()
        self._switches = switches
        self._keys = make_keys(users)
        self._hooks = Hooks()
        feed = Feed(self.records, self._hooks)
        self._people = People(self.records, switches, feed)
        self._directory = Directory(self.records, feed)
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def addresses(self, url: str) -> dict[str, Any]:
        """For ``sandbox.json``: where it answers, and keys with what they open."""
        return {
            "base_url": f"{url}{PREFIX}",
            "url": f"{url}/cats/",
            "keys": [
                {
                    "key": each.key,
                    "account": each.account.name,
                    "allowed": each.allowed,
                    "users": [user["email"] for user in each.account.users],
                }
                for each in self._keys.values()
            ],
        }

    def counts(self) -> dict[str, Any]:
        """Numbers for the overview and the control door."""
        return {**self.records.counts(), "faults_met": self.faults.met}

    def clear(self) -> None:
        """Forget everything that came from outside, calls of the hour included."""
        self.records.clear()
        self._recent.clear()

    async def close(self) -> None:
        """Stop telling hooks, close the file."""
        await self._hooks.close()
        self.records.close()

    async def handle(self, request: Request) -> Response:
        """Anything under ``/cats/``."""
        if request.path.startswith(PREFIX + "/"):
            return await self._api(request)
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"only GET\n")
        return pages.handle(request, self.records)

    async def _api(self, request: Request) -> Response:
        path = request.path.removeprefix(PREFIX)
        key = self._keys.get(request.headers.get("authorization", "").removeprefix("Token "))
        return await served(
            request,
            path,
            fault=self.faults.take(path),
            operate=partial(self._operate, request, path, key),
            refuse=_refuse,
            log=partial(self.records.log, account=key.account.name if key else ""),
        )

    async def _operate(self, request: Request, path: str, key: Key | None) -> Response:
        headers = {"X-Request-Id": uuid.uuid4().hex}
        try:
            # The rate headers are missing on 401 and 415, as the vendor's are.
            if key is None:
                raise Failure(401, "Invalid credentials.")
            if (
                request.body
                and request.headers.get("content-type", "").partition(";")[0] != "application/json"
            ):
                raise Failure(415, "Unsupported Content-Type.")
            headers |= self._limit(key)
            if not key.allowed:
                raise Failure(403, "This key has no access to the resource.")
            parts = tuple(part for part in path.split("/") if part)
            url = f"http://{request.headers.get('host', '127.0.0.1')}{PREFIX}"
            call = Call(key.account, request.method, parts, request.query, _body(request), url)
            return _told(self._run(call), url, headers)
        except Failure as failure:
            body: dict[str, Any] = {"message": str(failure)}
            if failure.fields:
                body["errors"] = failure.fields
            return Response.json(body, failure.status, headers | failure.headers)

    def _run(self, call: Call) -> Reply:
        if not call.path:
            raise Failure(404, "Resource not found.")
        about_all = call.path[1:2] in (("lists",), ("custom_fields",))
        if call.path[0] in SINGULAR and not about_all:
            return self._people.run(call)
        return self._directory.run(call)

    def _limit(self, key: Key) -> dict[str, str]:
        """Count the call; the headers that tell of the budget. Failure 429 beyond it."""
        allowed, window = self._switches.cats_calls_per_hour, self._switches.cats_hour_seconds
        if not allowed:
            return {}
        recent, now = self._recent[key.key], time.monotonic()
        while recent and recent[0] <= now - window:
            recent.popleft()
        told = {"X-Rate-Limit-Limit": str(allowed)}
        if len(recent) >= allowed:
            wait = max(1, -int(now - window - recent[0]))
            headers = told | {"X-Rate-Limit-Remaining": "0", "Retry-After": str(wait)}
            raise Failure(429, "Rate limit exceeded.", headers=headers)
        recent.append(now)
        return told | {"X-Rate-Limit-Remaining": str(allowed - len(recent))}


def _told(reply: Reply, url: str, headers: dict[str, str]) -> Response:
    if reply.location:
        headers = headers | {"Location": f"{url}{reply.location}"}
    if reply.body is None:
        return Response(reply.status, b"", "application/json", headers)
    return Response.json(reply.body, reply.status, headers)


def _refuse(status: int, headers: dict[str, str]) -> Response:
    words = "Rate limit exceeded." if status == 429 else "Internal server error."
    return Response.json({"message": words}, status, headers)


def _body(request: Request) -> Any:
    if request.method not in ("POST", "PUT") or not request.body:
        return None
    try:
        return request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Failure(400, "The body is not valid JSON.") from None
