"""The API's door: key, rights, limits and failures first, then the operation. Pages and control are beside it."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.faults import Faults, served
from sandbox.hooks import Hooks
from sandbox.http_server import Request, Response
from sandbox.sourcewhale import pages
from sandbox.sourcewhale.accounts import Account, Key, make_keys
from sandbox.sourcewhale.operations import Call, Failure, Operations
from sandbox.sourcewhale.records import Records
from sandbox.switches import Switches

_PREFIX = "/sourcewhale/public-api"


class SourceWhale:
    """One stand-in with its data file."""

    def __init__(self, path: Path, switches: Switches, users: list[str]) -> None:
        self.records = Records(path)
        self.faults = Faults()
        self._switches = switches
        self._keys = make_keys(users)
        self._hooks = Hooks()
        self._operations = Operations(self.records, switches, self._hooks)
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def keys(self) -> list[dict[str, Any]]:
        """For ``sandbox.json``: keys with what they open, campaigns and projects included."""
        return [
            {
                "key": each.key,
                "account": each.account.name,
                "allowed": each.allowed,
                "users": list(each.account.users),
                "campaigns": [
                    {"id": c.id, "name": c.name, "owner": c.owner}
                    for c in each.account.campaigns
                    if each.allowed
                ],
                "projects": [{"id": p.id, "name": p.name} for p in each.account.projects if each.allowed],
            }
            for each in self._keys.values()
        ]

    def counts(self) -> dict[str, Any]:
        """Numbers for the overview and the control door."""
        return {**self.records.counts(), "faults_met": self.faults.met}

    async def close(self) -> None:
        """Stop telling hooks, close the file."""
        await self._hooks.close()
        self.records.close()

    async def handle(self, request: Request) -> Response:
        """Anything under ``/sourcewhale/``."""
        if request.path.startswith(_PREFIX + "/"):
            return await self._api(request)
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"only GET\n")
        return pages.handle(request, self.records, self._accounts())

    def _accounts(self) -> list[Account]:
        return list({key.account.name: key.account for key in self._keys.values()}.values())

    async def _api(self, request: Request) -> Response:
        path = request.path.removeprefix(_PREFIX)
        key = self._keys.get(request.headers.get("api-key", ""))
        return await served(
            request,
            path,
            fault=self.faults.take(path),
            operate=partial(self._operate, request, path, key),
            refuse=_refuse,
            log=partial(self.records.log, account=key.account.name if key else ""),
        )

    async def _operate(self, request: Request, path: str, key: Key | None) -> Response:
        try:
            if key is None:
                raise Failure(401, "Unauthorized")
            if not key.allowed:
                raise Failure(403, "Forbidden: this account has no access to the public API")
            self._limit(key)
            call = Call(key.account, request.method, path, request.query, _body(request), _origin(request))
            return Response.json(self._operations.run(call))
        except Failure as failure:
            return Response.json({"error": str(failure)}, failure.status, failure.headers)

    def _limit(self, key: Key) -> None:
        allowed = self._switches.sourcewhale_rate_limit
        if not allowed:
            return
        recent, now = self._recent[key.key], time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= allowed:
            raise Failure(429, "Too many requests", {"Retry-After": "1"})
        recent.append(now)


def _refuse(status: int, headers: dict[str, str]) -> Response:
    words = "Too many requests" if status == 429 else "Internal server error"
    return Response.json({"error": words}, status, headers)


def _body(request: Request) -> Any:
    if request.method != "POST":
        return None
    try:
        return request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise Failure(400, "The body is not valid JSON") from None


def _origin(request: Request) -> str:
    return f"http://{request.headers.get('host', '127.0.0.1')}"
