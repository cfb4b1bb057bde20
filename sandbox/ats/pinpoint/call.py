"""One permitted request, its refusal, and what the query of a list may hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.ats.pinpoint.accounts import Account

MEDIA_TYPE = "application/vnd.api+json"
MOST_ROWS = 1000
_CODES = {
    400: ("bad_request", "Bad Request"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("not_found", "Not Found"),
    405: ("method_not_allowed", "Method Not Allowed"),
    415: ("unsupported_media_type", "Unsupported Media Type"),
    422: ("unprocessable_entity", "Validation Error"),
    429: ("too_many_requests", "Too Many Requests"),
    500: ("internal_server_error", "Internal Server Error"),
}


class Failure(Exception):
    """An answer that is an error: pairs of words and the pointer they belong to, which may be empty."""

    def __init__(self, status: int, *told: tuple[str, str], headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.told = told
        self.headers = headers or {}


def error_document(status: int, *told: tuple[str, str]) -> dict[str, Any]:
    """The vendor's error body; the status is a text in it."""
    code, title = _CODES.get(status, ("internal_server_error", "Internal Server Error"))
    return {
        "errors": [
            {
                "code": code,
                "status": str(status),
                "title": title,
                "detail": words,
                **({"source": {"pointer": pointer}} if pointer else {}),
            }
            for words, pointer in told
        ]
    }


@dataclass(frozen=True)
class Call:
    """``path`` are the parts after ``/api/v1``, ``body`` parsed JSON or None."""

    account: Account
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: Any

    def allow(self, *names: str) -> None:
        """Refuse a query with parameters the resource does not have."""
        if unknown := set(self.query) - {*names, "page[number]", "page[size]", "sort", "stats[total]"}:
            raise Failure(400, (f"Malformed query params: {min(unknown)}", ""))

    def page(self) -> tuple[int, int]:
        """How many rows, and how many before them."""
        number, size = self._whole("page[number]", 1), self._whole("page[size]", 100)
        if number < 1 or size > MOST_ROWS:
            raise Failure(400, ("Malformed query params: page", ""))
        return size, (number - 1) * size

    def words(self, name: str, *known: str) -> list[str]:
        """A comma-joined parameter; every word must be among ``known`` when any are."""
        found = [word for word in self.query.get(name, "").split(",") if word]
        if known and (wrong := set(found) - set(known)):
            raise Failure(400, (f"Malformed query params: {name} {min(wrong)}", ""))
        return found

    def moment(self, name: str) -> float | None:
        """A moment as epoch seconds, or None when it was not given."""
        if name not in self.query:
            return None
        try:
            return dt.datetime.fromisoformat(self.query[name]).timestamp()
        except ValueError:
            raise Failure(400, (f"Malformed query params: {name}", "")) from None

    def resource(self, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Attributes and relationships of the body, which must be a document of ``kind``."""
        data = self.body.get("data") if isinstance(self.body, dict) else None
        if not isinstance(data, dict) or data.get("type") != kind:
            raise Failure(400, (f"data must be a resource of type {kind}", "/data/type"))
        if self.method == "PUT" and data.get("id") != self.path[1]:
            raise Failure(400, ("id must be that of the path", "/data/id"))
        attributes, relationships = data.get("attributes") or {}, data.get("relationships") or {}
        if not isinstance(attributes, dict) or not isinstance(relationships, dict):
            raise Failure(400, ("attributes and relationships are objects", "/data"))
        return attributes, relationships

    def _whole(self, name: str, default: int) -> int:
        word = self.query.get(name, str(default))
        if not word.isdigit():
            raise Failure(400, (f"Malformed query params: {name}", ""))
        return int(word)


def related_id(relationships: Mapping[str, Any], name: str, *kinds: str) -> str:
    """The id a relationship of a body names, or empty."""
    link = relationships.get(name)
    data = link.get("data") if isinstance(link, dict) else None
    if not isinstance(data, dict) or data.get("type") not in kinds:
        return ""
    return str(data.get("id") or "")
