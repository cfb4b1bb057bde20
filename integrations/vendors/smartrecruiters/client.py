"""SmartRecruiters over HTTP: host, the two ways to prove who we are, budgets, error bodies.

Customer API, unversioned paths. 401 with ``PERMISSION_DENIED`` means one job or person, not the credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.base.errors import ConnectorError, Forbidden, Rejected
from integrations.base.http import VendorClient
from integrations.base.throttle import Budget, Heard, Pace
from integrations.vendors.smartrecruiters import assumed

#: Words of paths; everything else in a path is an id.
_WORDS = frozenset(
    {
        *("activation", "candidate-properties", "candidates", "company", "configuration", "jobs", "me"),
        *("messages", "properties", "publication", "secret-key", "shares", "sources", "subscriptions"),
        *("tags", "users", "values"),
    }
)
#: The vendor's published limits that differ from the setting (developers.smartrecruiters.com, "Rate limiting").
_SLOW = {"POST /jobs/*/publication": 2, "DELETE /jobs/*/publication": 2}
_ONE_AT_A_TIME = "GET /candidates"
#: Reasons a create is refused for that say nothing about the person being there.
_KNOWN_CODES = frozenset(
    {
        "SOURCE_NOT_FOUND",
        "SUBTYPE_REQUIRED",
        "INVALID_SOURCE_ID",
        "INVALID_PAGE_ID",
        "VALIDATION_ERROR",
        "CONSTRAINT_VIOLATION",
    }
)


class MaybeThere(Rejected):
    """A refusal that may mean that the record exists already."""


class PageForgotten(Rejected):
    """``INVALID_PAGE_ID``: the list has to be walked from its beginning."""


class SmartRecruitersClient(VendorClient):
    """One account: an API key, or an access token that ``integrations.access_tokens`` keeps fresh."""

    @classmethod
    def pace(cls) -> Pace:
        """Calls in any second to one endpoint."""
        return Pace(calls=settings.SMARTRECRUITERS_CALLS_PER_SECOND, window=True)

    @classmethod
    def budget(cls, method: str, path: str) -> Budget:
        """Each endpoint has its own; all of them together may have so many calls under way."""
        name = endpoint(method, path)
        calls = min(_SLOW.get(name, cls.pace().calls), cls.pace().calls)
        return Budget(
            name=name,
            pace=Pace(calls=calls, window=True),
            at_once=1 if name == _ONE_AT_A_TIME else 0,
            all_at_once=settings.SMARTRECRUITERS_CALLS_AT_ONCE,
        )

    def base_url(self) -> str:
        """One host for all customers; the setting lets the sandbox stand in for it."""
        return str(settings.SMARTRECRUITERS_BASE_URL)

    def auth_headers(self) -> Mapping[str, str]:
        """A token of somebody who signed in, or the key."""
        if token := self._credentials.get("access_token"):
            return {"Authorization": f"Bearer {token}"}
        return {"X-SmartToken": self._credentials["api_key"]}

    def limits(self, headers: Mapping[str, str]) -> Heard:
        """``X-RateLimit-*``, whatever their spelling; they may be missing on refusals."""
        known = {name.lower(): value for name, value in headers.items()}

        def number(name: str) -> int:
            value = known.get(name, "").strip()
            return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1

        return Heard(
            limit=number("x-ratelimit-limit"),
            remaining=number("x-ratelimit-remaining"),
            at_once=number("x-ratelimit-concurrent-limit"),
        )

    def error_detail(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """``{"message", "errors": [{"code", "message"}]}``; the Posting API's ``{"code", "message"}`` too."""
        words = [f"{code}: {text}" if text else code for code, text in _errors(data)]
        message = data.get("message")
        if isinstance(message, str) and message and not any(message in word for word in words):
            words.insert(0, message)
        return " ".join(words), {}

    def classify(self, status: int, data: Any) -> type[ConnectorError] | None:
        """By the code, which says more than the status."""
        codes = {code for code, _text in _errors(data)} if isinstance(data, Mapping) else set()
        if status == 401 and "PERMISSION_DENIED" in codes:
            return Forbidden
        if status == 400 and "INVALID_PAGE_ID" in codes:
            return PageForgotten
        if status in assumed.MAYBE_THERE and (status == 409 or not codes & _KNOWN_CODES):
            return MaybeThere
        return None


def endpoint(method: str, path: str) -> str:
    """The name of an endpoint: method and path with ``*`` for ids."""
    parts = [part if part in _WORDS else "*" for part in path.strip("/").split("/")]
    return f"{method} /{'/'.join(parts)}"


def _errors(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(code, words) of each error; either may be missing."""
    listed = data.get("errors")
    rows = listed if isinstance(listed, list) else [data] if data.get("code") else []
    found = [
        (str(row.get("code") or ""), str(row.get("message") or ""))
        for row in rows
        if isinstance(row, Mapping)
    ]
    return [(code, text) for code, text in found if code or text]
