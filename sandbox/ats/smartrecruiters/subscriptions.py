"""Subscriptions to events: made, activated by a handshake, removed."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.ats.smartrecruiters.accounts import Caller
from sandbox.ats.smartrecruiters.call import Call, Failure, as_object, listed
from sandbox.ats.smartrecruiters.hooks import Hooks
from sandbox.ats.smartrecruiters.records import Records
from sandbox.http_server import Response

EVENTS = frozenset(
    {"candidate.created", "candidate.updated", "candidate.deleted", "application.created"}
    | {"application.status.updated", "application.fields.updated", "job.created", "job.updated"}
)


class Subscriptions:
    """What is under ``/subscriptions``."""

    def __init__(self, records: Records, hooks: Hooks) -> None:
        self._records, self._hooks = records, hooks

    def rows(self, _call: Call) -> Any:
        """All there are."""
        return listed([_shown(row) for row in self._records.subscriptions()])

    def add(self, call: Call) -> Any:
        """A new one, not active yet."""
        body = as_object(call.body)
        url, events = str(body.get("callbackUrl") or ""), body.get("events")
        if not isinstance(events, list) or not events or not set(events) <= EVENTS:
            raise Failure(422, "INVALID_EVENT", "An event is not known")
        # The vendor takes https only; the stand-in calls nothing but this machine, which has none.
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Failure(422, "INVALID_CALLBACK_URL", "callbackUrl must be https")
        if len(self._records.subscriptions()) >= 20:
            raise Failure(403, "SUBSCRIPTIONS_LIMIT_EXCEEDED", "At most 20 subscriptions")
        row = {
            "id": secrets.token_hex(8),
            "callbackUrl": url,
            "events": [{"name": each, "version": "v201910"} for each in events],
            "status": "inactive",
            "keys": [],
        }
        return _shown(self._records.subscribe(row))

    def remove(self, call: Call) -> Any:
        """Tell it nothing more."""
        if not self._records.unsubscribe(call.parts[0]):
            raise Failure(404, "SUBSCRIPTION_NOT_FOUND", "No such subscription")
        return Response(204)

    def secret_key(self, call: Call) -> Any:
        """A new key to sign with, beside the last one."""
        row = self._subscription(call.parts[0])
        row["keys"] = [*row["keys"][-1:], secrets.token_urlsafe(16)]
        self._records.subscribe(row)
        return {"secretKey": row["keys"][-1]}

    async def activate(self, caller: Caller, method: str, number: str) -> Response:
        """Begin to tell it, if its callback takes part in the handshake."""
        if method != "PUT":
            raise Failure(404, "NOT_FOUND")
        if not caller.may("webhooks_manage", "webhooks_write"):
            raise Failure(403, "NO_PERMISSION_TO_MANAGE_WEBHOOKS")
        row = self._subscription(number)
        if row["status"] == "active":
            raise Failure(409, "SUBSCRIPTION_ALREADY_ACTIVE")
        if not await self._hooks.handshake(row["callbackUrl"]):
            raise Failure(424, "HANDSHAKE_FAILED", "The callback did not answer with X-Hook-Secret")
        self._records.subscribe({**row, "status": "active"})
        return Response(204)

    def _subscription(self, number: str) -> dict[str, Any]:
        for row in self._records.subscriptions():
            if row["id"] == number:
                return row
        raise Failure(404, "SUBSCRIPTION_NOT_FOUND", "No such subscription")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Without the keys its deliveries are signed with."""
    return {name: value for name, value in row.items() if name != "keys"}
