"""The stand-in's doors: the API with credential, limits and failures before the operation; sign-in, pages, control.

Control, beside that of the sandbox: GET ``/control/smartrecruiters`` counts, ``…/people``, ``…/messages``,
``…/requests``, ``…/rules``, ``…/faults``; POST ``…/rules``, ``…/faults``, ``…/faults/clear``, ``…/clear``,
``…/fill`` ({"count"}), ``…/expire``, ``…/withdraw``, ``…/status`` ({"candidate", "job", "status"}).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.ats.smartrecruiters import accounts, pages
from sandbox.ats.smartrecruiters.accounts import Caller
from sandbox.ats.smartrecruiters.call import Failure
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.operations import Operations
from sandbox.ats.smartrecruiters.records import Records
from sandbox.ats.smartrecruiters.rules import BadRule, Rules
from sandbox.ats.smartrecruiters.signing_in import SigningIn
from sandbox.faults import BadFault, Faults, served
from sandbox.http_server import Request, Response

_API = "/smartrecruiters/api"
_WORDS = frozenset(
    {"candidates", "jobs", "properties", "tags", "status", "messages", "shares", "configuration", "company"}
    | {
        "sources",
        "values",
        "candidate-properties",
        "subscriptions",
        "secret-key",
        "activation",
        "users",
        "me",
    }
)


class SmartRecruiters:
    """One stand-in with its data file."""

    def __init__(self, path: Path) -> None:
        self.records = Records(path)
        self.faults = Faults()
        self.rules = Rules()
        self.signing_in = SigningIn(self.rules, self.records)
        self._hooks = Hooks(self.records)
        self._operations = Operations(self.records, self.rules, self._hooks)
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._under_way: dict[tuple[str, str], int] = defaultdict(int)
        #: Calls beyond a limit since the last clear: none is what a good client makes.
        self.over = 0

    def addresses(self, url: str) -> dict[str, Any]:
        """For ``sandbox.json``."""
        return {
            "base_url": f"{url}{_API}",
            "url": f"{url}/smartrecruiters/",
            "authorize_url": f"{url}/smartrecruiters/identity/oauth/allow",
            "token_url": f"{url}/smartrecruiters/identity/oauth/token",
            "client_id": accounts.CLIENT_ID,
            "client_secret": accounts.CLIENT_SECRET,
            "customer_client_id": accounts.CUSTOMER_CLIENT_ID,
            "customer_client_secret": accounts.CUSTOMER_CLIENT_SECRET,
            "keys": [accounts.as_told(key) for key in accounts.KEYS],
        }

    async def close(self) -> None:
        """Stop telling hooks, close the file."""
        await self._hooks.close()
        self.records.close()

    async def handle(self, request: Request) -> Response:
        """Anything under ``/smartrecruiters/``."""
        if request.path.startswith(_API + "/"):
            return await self._api(request)
        if request.path == "/smartrecruiters/identity/oauth/allow":
            return self.signing_in.allow(request)
        if request.path == "/smartrecruiters/identity/oauth/token" and request.method == "POST":
            await asyncio.sleep(self.rules.delay)
            return self.signing_in.token(request)
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"only GET\n")
        return pages.handle(request, self.records)

    async def control(self, request: Request) -> Response:
        """``/control/smartrecruiters``; an order that cannot be read is answered 400."""
        path = request.path.removeprefix("/control/smartrecruiters")
        given = request.json() if request.method == "POST" else {}
        try:
            return Response.json(await self._order(request.method, path, given or {}))
        except (BadRule, BadFault, KeyError) as problem:
            return Response.json({"error": str(problem)}, 400)

    async def _order(self, method: str, path: str, given: dict[str, Any]) -> Any:
        if method == "GET":
            return {
                "": lambda: {
                    "people": self.records.total(),
                    "over": self.over,
                    "delivered": self._hooks.delivered,
                    "refreshed": self.signing_in.grants.refreshed,
                    "granted": self.signing_in.grants.granted,
                },
                "/people": lambda: [row for _number, row in self.records.people()],
                "/messages": self.records.messages,
                "/requests": self.records.requests,
                "/rules": lambda: asdict(self.rules),
                "/faults": self.faults.as_list,
            }[path]()
        if path == "/rules":
            return self.rules.change(given)
        if path == "/faults":
            self.faults.order(given)
            return self.faults.as_list()
        if path == "/status":
            where = f"/candidates/{given['candidate']}/jobs/{given['job']}/status"
            request = Request("PUT", where, {}, {}, b"")
            await self._operations.run(Caller("user-admin"), request, where, {"status": given["status"]})
            return {}
        {
            "/faults/clear": self.faults.clear,
            "/clear": self._clear,
            "/fill": lambda: self.records.fill(given["count"]),
            "/expire": self.signing_in.expire,
            "/withdraw": self.signing_in.withdraw,
        }[path]()
        return {}

    def _clear(self) -> None:
        self.records.clear()
        self.faults.clear()
        self.rules.change(asdict(Rules()))
        self.signing_in.restore()
        self._recent.clear()
        self.over = 0

    async def _api(self, request: Request) -> Response:
        path = request.path.removeprefix(_API)
        return await served(
            request,
            path,
            fault=self.faults.take(path),
            operate=partial(self._limited, request, path),
            refuse=_refuse,
            log=self.records.log,
        )

    async def _limited(self, request: Request, path: str) -> Response:
        credential = request.headers.get("x-smarttoken") or request.headers.get("authorization", "")
        name = _endpoint(request.method, path)
        headers = self._count(credential, name)
        place, everything = (credential, name), (credential, "*")
        self._under_way[place] += 1
        self._under_way[everything] += 1
        try:
            if headers is None or self._crowded(place, everything):
                self.over += 1
                raise Failure(429, "TOO_MANY_REQUESTS", "Too many requests")
            await asyncio.sleep(self.rules.delay)
            answer = await self._operate(request, path)
        except Failure as failure:
            body = {"message": str(failure), "errors": [{"code": failure.code, "message": str(failure)}]}
            answer = Response.json(body, failure.status)
        finally:
            self._under_way[place] -= 1
            self._under_way[everything] -= 1
        return Response(
            answer.status, answer.body, answer.content_type, {**answer.headers, **(headers or {})}
        )

    async def _operate(self, request: Request, path: str) -> Response:
        key = request.headers.get("x-smarttoken")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        caller = accounts.KEYS.get(key or "")
        if caller is None and scheme == "Bearer":
            caller = self.signing_in.caller(token)
        if caller is None:
            raise Failure(401, "UNAUTHORIZED", "Invalid credentials")
        try:
            body = request.json()
        except ValueError:
            raise Failure(400, "VALIDATION_ERROR", "The body is not valid JSON") from None
        return await self._operations.run(caller, request, path, body)

    def _count(self, credential: str, name: str) -> dict[str, str] | None:
        """The rate headers of an answer; None for a call too many."""
        allowed = self.rules.per_second
        if not allowed:
            return {}
        recent, now = self._recent[credential, name], time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= allowed:
            return None
        recent.append(now)
        return {
            "X-RateLimit-Limit": str(allowed),
            "X-RateLimit-Remaining": str(allowed - len(recent)),
            "X-RateLimit-Concurrent-Limit": str(self._at_once(name)),
        }

    def _at_once(self, name: str) -> int:
        return self.rules.searches_at_once if name == "GET /candidates" else self.rules.at_once

    def _crowded(self, place: tuple[str, str], everything: tuple[str, str]) -> bool:
        own = self._at_once(place[1])
        return bool(
            (own and self._under_way[place] > own)
            or (self.rules.at_once and self._under_way[everything] > self.rules.at_once)
        )


def _endpoint(method: str, path: str) -> str:
    return f"{method} /" + "/".join(part if part in _WORDS else "*" for part in path.strip("/").split("/"))


def _refuse(status: int, headers: dict[str, str]) -> Response:
    del headers  # the vendor's 429 does not say how long to wait
    words = "Too many requests" if status == 429 else "Internal server error"
    return Response.json({"message": words, "errors": []}, status)
