"""SourceWhale over HTTP: host, ``api-key`` header, error bodies. Vendor swagger ``public-api`` 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.base.http import VendorClient
from integrations.base.throttle import Pace
from integrations.vendors.sourcewhale import assumed


class SourceWhaleClient(VendorClient):
    """One SourceWhale account, known by its API key."""

    @classmethod
    def pace(cls) -> Pace:
        """Calls per second of one account, with a short burst."""
        calls = settings.SOURCEWHALE_CALLS_PER_SECOND
        return Pace(calls=calls, burst=max(assumed.BURST, calls))

    def base_url(self) -> str:
        """One host for all customers; the setting lets the sandbox stand in for it."""
        return str(settings.SOURCEWHALE_BASE_URL)

    def auth_headers(self) -> Mapping[str, str]:
        """The key travels in its own header, not as a bearer token."""
        return {"api-key": self._credentials["api_key"]}

    def error_detail(self, data: Any) -> tuple[str, Mapping[str, str]]:
        """The first known key that holds words; an object under it is read as words per field."""
        if isinstance(data, str):
            return _plain(data), {}
        if not isinstance(data, Mapping):
            return "", {}
        fields: dict[str, str] = {}
        words: list[str] = []
        for key in assumed.ERROR_KEYS:
            value = data.get(key)
            if isinstance(value, str) and value:
                words.append(value)
            elif isinstance(value, Mapping):
                fields.update({str(name): str(text) for name, text in value.items()})
            elif isinstance(value, list):
                words.extend(str(item) for item in value if isinstance(item, str))
        words.extend(f"{name}: {text}" for name, text in fields.items())
        return " ".join(words), fields


def _plain(body: str) -> str:
    """A short text answer as it is; a page of markup says nothing to a person."""
    return "" if "<" in body else " ".join(body.split())
