"""Failures on demand: a list of orders, each for the next so many requests that match."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("rate_limit", "error", "slow", "hang", "cut", "malformed")


class BadFault(Exception):
    """An order that cannot be read; the text says why."""


@dataclass
class Fault:
    """``kind``: rate_limit (429 with Retry-After), error (``status``), slow (answer after ``seconds``), hang (never
    answer), cut (reset the line), malformed (half of the JSON). ``after``: do what was asked first, then fail, so
    that the record exists though the client does not know. ``times`` 0 means until cleared. ``path`` is a part of
    the path it applies to.
    """

    kind: str
    times: int = 1
    path: str = ""
    after: bool = False
    seconds: float = 1.0
    status: int = 500
    retry_after: bool = True


class Faults:
    """The orders still open, oldest first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def order(self, given: dict[str, Any]) -> None:
        """Add one; BadFault for an unknown kind or field."""
        try:
            fault = Fault(**given)
        except TypeError as problem:
            raise BadFault(str(problem).replace("Fault.__init__()", "a fault")) from None
        if fault.kind not in KINDS:
            raise BadFault(f"kind is one of {', '.join(KINDS)}")
        for name, value in asdict(fault).items():
            wanted = (int, float) if name == "seconds" else type(getattr(Fault, name, ""))
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise BadFault(f"{name} cannot be {value!r}")
        if fault.kind == "cut" and "after" not in given:
            fault.after = True
        self._open.append(fault)

    def take(self, path: str) -> Fault | None:
        """The fault for this request; counts it."""
        for fault in self._open:
            if fault.path in path:
                if fault.times == 1:
                    self._open.remove(fault)
                elif fault.times:
                    fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        """Withdraw all orders."""
        self._open.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """What is still ordered."""
        return [asdict(fault) for fault in self._open]
