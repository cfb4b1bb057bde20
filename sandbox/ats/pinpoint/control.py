"""The control door of the stand-in Pinpoint.

GET  /control/pinpoint            counts; /people and /requests the rows
POST /control/pinpoint/move       what a recruiter does there: {"id": 1000501, "stage": "hired"}
POST /control/pinpoint/fill       applications at once: {"subdomain", "job", "count"}
POST /control/pinpoint/webhooks   what a customer does in the settings: {"subdomain", "url", "secret"}
GET  /control/pinpoint/faults     what failures are ordered; POST orders one; POST /faults/clear withdraws them
POST /control/pinpoint/clear      forget everything that came from outside
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sandbox.ats.pinpoint.accounts import STAGES, Account
from sandbox.ats.pinpoint.events import Events
from sandbox.ats.pinpoint.records import Records
from sandbox.faults import BadFault, Faults
from sandbox.http_server import Request, Response

_PREFIX = "/control/pinpoint"


class _BadOrder(Exception):
    """An order that cannot be done; the text says why."""


class Control:
    """Answers ``/control/pinpoint``."""

    def __init__(self, records: Records, faults: Faults, events: Events, accounts: list[Account]) -> None:
        self._records = records
        self._faults = faults
        self._events = events
        self._accounts = {account.subdomain: account for account in accounts}

    def handle(self, request: Request) -> Response:
        """One order."""
        path = request.path.removeprefix(_PREFIX).rstrip("/")
        # A page of another site cannot send this content type without asking first (CORS).
        if request.method == "POST" and request.headers.get("content-type") != "application/json":
            return Response.json({"error": "POST takes application/json"}, 415)
        try:
            if request.method == "GET":
                return Response.json(self._look(path))
            return Response.json(self._do(path, request))
        except (_BadOrder, BadFault, ValueError) as problem:
            return Response.json({"error": str(problem)}, 400)

    def _look(self, path: str) -> Any:
        if path == "":
            return self._records.counts()
        if path == "/people":
            return [asdict(row) for row in self._records.everybody()]
        if path == "/requests":
            return self._records.requests()
        if path == "/faults":
            return self._faults.as_list()
        raise _BadOrder("there is no such control")

    def _do(self, path: str, request: Request) -> Any:
        order = request.json()
        if not isinstance(order, dict):
            raise _BadOrder("the body is not a JSON object")
        if path == "/move":
            return self._move(order)
        if path == "/fill":
            return self._fill(order)
        if path == "/webhooks":
            account = self._account(order)
            self._records.add_webhook(account.name, str(order.get("url")), str(order.get("secret")))
            return {"webhooks": len(self._records.webhooks(account.name))}
        if path == "/faults":
            self._faults.order(order)
            return self._faults.as_list()
        if path == "/faults/clear":
            self._faults.clear()
            return []
        if path == "/clear":
            self._records.clear()
            return {"cleared": True}
        raise _BadOrder("there is no such control")

    def _move(self, order: dict[str, Any]) -> Any:
        stage = next((key for key, basic_type in STAGES.items() if basic_type == order.get("stage")), "")
        if not stage:
            raise _BadOrder(f"stage is one of {', '.join(STAGES.values())}")
        for account in self._accounts.values():
            row = self._records.application(account.name, int(order.get("id", 0)))
            if row is not None:
                row = self._records.change(row, stage=stage, basic_type=STAGES[stage])
                event = "application_hired" if STAGES[stage] == "hired" else "application_moved"
                self._events.tell(account, event, row)
                return asdict(row)
        raise _BadOrder("there is no such application")

    def _fill(self, order: dict[str, Any]) -> Any:
        account, job, count = self._account(order), str(order.get("job")), int(order.get("count", 0))
        if account.job(job) is None:
            raise _BadOrder("there is no such job")
        people = (
            {
                "first_name": "Person",
                "last_name": f"{number:06}",
                "email": f"person{number}@filled.example",
                "town": "London",
            }
            for number in range(count)
        )
        self._records.apply(account.name, people, job=job, stage="700", emailed=False)
        return {"filled": count}

    def _account(self, order: dict[str, Any]) -> Account:
        found = self._accounts.get(str(order.get("subdomain")))
        if found is None:
            raise _BadOrder(f"subdomain is one of {', '.join(self._accounts)}")
        return found
