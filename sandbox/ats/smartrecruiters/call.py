"""One permitted request, its refusal, and what operations of several resources read and answer alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.ats.smartrecruiters.accounts import Caller
from sandbox.http_server import Request


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Call:
    """One permitted request; ``parts`` are the ids in its path, ``body`` is parsed JSON."""

    caller: Caller
    request: Request
    parts: tuple[str, ...]
    body: Any


def as_object(value: Any) -> dict[str, Any]:
    """A body, or a part of one, that must be an object."""
    if not isinstance(value, dict):
        raise Failure(400, "VALIDATION_ERROR", "An object is expected")
    return value


def limit_of(word: str) -> int:
    """How long a page is asked to be."""
    if not word.isdigit() or not 1 <= int(word) <= 100:
        raise Failure(400, "VALIDATION_ERROR", "limit takes 1 to 100")
    return int(word)


def start_of(page_id: str) -> int:
    """The row that a page begins behind."""
    if not (page_id.isascii() and page_id.isdigit()):
        raise Failure(400, "INVALID_PAGE_ID", "Page id is not valid")
    return int(page_id)


def listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as a list that has no pages."""
    return {"totalFound": len(rows), "content": rows}
