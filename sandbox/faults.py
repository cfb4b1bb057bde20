"""Failures on demand: a list of orders, each for the next so many requests that match, and how they are carried out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.http_server import CutLine, Request, Response

KINDS = ("rate_limit", "error", "slow", "hang", "cut", "malformed")


class BadFault(Exception):
    """An order that cannot be read; the text says why."""


@dataclass
class Fault:
    """``kind``: rate_limit (429 with Retry-After), error (``status``), slow (answer after ``seconds``), hang (never
    answer), cut (reset the line), malformed (half of the JSON). ``after``: do what was asked first, then fail, so
    that the record exists though the client does not know. ``times`` 0 means until cleared. ``path`` is a part of
    the path it applies to. ``chance``: each matching request meets it with this probability; an order of many such
    faults is drawn one after the other.
    """

    kind: str
    times: int = 1
    path: str = ""
    after: bool = False
    seconds: float = 1.0
    status: int = 500
    retry_after: bool = True
    chance: float = 1.0


class Faults:
    """The orders still open, oldest first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []
        #: Requests that met one, hung ones too, which no log tells of.
        self.met = 0

    def order(self, given: dict[str, Any]) -> None:
        """Add one; BadFault for an unknown kind or field."""
        try:
            fault = Fault(**given)
        except TypeError as problem:
            raise BadFault(str(problem).replace("Fault.__init__()", "a fault")) from None
        if fault.kind not in KINDS:
            raise BadFault(f"kind is one of {', '.join(KINDS)}")
        for name, value in asdict(fault).items():
            wanted = (int, float) if name in ("seconds", "chance") else type(getattr(Fault, name, ""))
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise BadFault(f"{name} cannot be {value!r}")
        if fault.kind == "cut" and "after" not in given:
            fault.after = True
        self._open.append(fault)

    def take(self, path: str) -> Fault | None:
        """The fault for this request; counts it."""
        for fault in self._open:
            if fault.path in path and (fault.chance >= 1 or random.random() < fault.chance):
                if fault.times == 1:
                    self._open.remove(fault)
                elif fault.times:
                    fault.times -= 1
                self.met += 1
                return fault
        return None

    def clear(self) -> None:
        """Withdraw all orders."""
        self._open.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """What is still ordered."""
        return [asdict(fault) for fault in self._open]


#: A vendor's own answer to a status it refuses with, given the headers that go with it.
Refuse = Callable[[int, dict[str, str]], Response]


async def served(
    request: Request,
    path: str,
    *,
    fault: Fault | None,
    operate: Callable[[], Awaitable[Response]],
    refuse: Refuse,
    log: Callable[..., None],
) -> Response:
    """The answer to a request, its fault carried out and the request booked; without an answer its status is 0."""
    status = 0
    try:
        response = await _answered(fault, operate, refuse)
        status = response.status
        return response
    finally:
        log(
            method=request.method,
            path=path,
            query=request.query,
            body=request.body.decode("utf-8", "replace"),
            status=status,
            note=f"fault: {fault.kind}" if fault else "",
        )


async def _answered(
    fault: Fault | None, operate: Callable[[], Awaitable[Response]], refuse: Refuse
) -> Response:
    if fault and not fault.after and fault.kind != "malformed":
        early = await _carried_out(fault, refuse)
        if early is not None:
            return early
    response = await operate()
    if fault and fault.kind == "malformed":
        half = response.body[: max(1, len(response.body) // 2)]
        return Response(200, half + b'{"', response.content_type)
    if fault and fault.after:
        late = await _carried_out(fault, refuse)
        return response if late is None else late
    return response


async def _carried_out(fault: Fault, refuse: Refuse) -> Response | None:
    """None if the usual answer follows."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "hang":
        await asyncio.Event().wait()
    if fault.kind == "cut":
        raise CutLine
    if fault.kind == "rate_limit":
        return refuse(429, {"Retry-After": str(int(fault.seconds))} if fault.retry_after else {})
    return refuse(fault.status, {})
