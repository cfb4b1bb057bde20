"""Which call does what, and the right each needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.ats.smartrecruiters import accounts, configuration, jobs
from sandbox.ats.smartrecruiters.accounts import Caller
from sandbox.ats.smartrecruiters.call import Call, Failure
from sandbox.ats.smartrecruiters.candidates import Candidates
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.messages import Messages
from sandbox.ats.smartrecruiters.properties import Properties
from sandbox.ats.smartrecruiters.records import Records
from sandbox.ats.smartrecruiters.rules import Rules
from sandbox.ats.smartrecruiters.subscriptions import Subscriptions
from sandbox.http_server import Request, Response


class Operations:
    """Every operation by method and path."""

    def __init__(self, records: Records, rules: Rules, hooks: Hooks) -> None:
        self._candidates = Candidates(records, rules, hooks)
        self._properties = Properties(records, hooks, self._candidates)
        self._messages = Messages(records)
        self._subscriptions = Subscriptions(records, hooks)
        self._table: list[tuple[str, re.Pattern[str], tuple[str, ...], Callable[[Call], Any]]] = []
        for method, path, scopes, run in self._operations():
            pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))
            self._table.append((method, pattern, scopes, run))

    def _operations(self) -> list[tuple[str, str, tuple[str, ...], Callable[[Call], Any]]]:
        read, create, manage = ("candidates_read",), ("candidates_create",), ("candidates_manage",)
        configure, hooks = ("configuration_read",), ("webhooks_manage", "webhooks_write")
        people = self._candidates
        return [
            ("GET", "/configuration/company", configure, lambda _call: accounts.COMPANY),
            ("GET", "/users/me", (), _me),
            ("GET", "/candidates", read, people.page),
            ("POST", "/candidates", create, lambda call: people.create(call, "")),
            ("POST", "/jobs/{job}/candidates", create, lambda call: people.create(call, call.parts[0])),
            ("GET", "/candidates/{id}", read, people.person),
            ("PATCH", "/candidates/{id}", manage, people.patch),
            ("DELETE", "/candidates/{id}", manage, people.delete),
            ("POST", "/candidates/{id}/tags", manage, people.add_tags),
            ("GET", "/candidates/{id}/properties", read, self._properties.of_person),
            ("GET", "/candidates/{id}/jobs/{job}/properties", read, self._properties.of_person),
            ("PUT", "/candidates/{id}/properties/{property}", manage, self._properties.put),
            ("PUT", "/candidates/{id}/jobs/{job}/properties", manage, self._properties.put_of_job),
            ("PUT", "/candidates/{id}/jobs/{job}/status", manage, people.put_status),
            ("GET", "/jobs", ("jobs_read",), jobs.page),
            ("GET", "/configuration/candidate-properties", configure, configuration.definitions),
            ("GET", "/configuration/candidate-properties/{id}/values", configure, configuration.options),
            ("GET", "/configuration/sources", configure, configuration.sources),
            ("GET", "/configuration/sources/{type}/values", configure, configuration.source_values),
            ("POST", "/messages/shares", ("messages_write",), self._messages.share),
            ("GET", "/messages", ("messages_read",), self._messages.page),
            ("GET", "/subscriptions", hooks, self._subscriptions.rows),
            ("POST", "/subscriptions", hooks, self._subscriptions.add),
            ("DELETE", "/subscriptions/{id}", hooks, self._subscriptions.remove),
            ("POST", "/subscriptions/{id}/secret-key", hooks, self._subscriptions.secret_key),
        ]

    async def run(self, caller: Caller, request: Request, path: str, body: Any) -> Response:
        """The answer to one request."""
        if found := re.fullmatch(r"/subscriptions/([^/]+)/activation", path):
            return await self._subscriptions.activate(caller, request.method, found[1])
        for method, pattern, scopes, run in self._table:
            match = pattern.fullmatch(path)
            if match is None or method != request.method:
                continue
            if scopes and not caller.may(*scopes):
                raise Failure(403, "OAuthPermissionsException", "The token lacks a scope")
            answer = run(Call(caller, request, match.groups(), body))
            if isinstance(answer, Response):
                return answer
            return Response.json(answer, 201 if method == "POST" else 200)
        raise Failure(404, "NOT_FOUND", f"No {request.method} {path}")


def _me(call: Call) -> Any:
    return {"id": call.caller.user, "active": True, **accounts.USERS[call.caller.user]}
