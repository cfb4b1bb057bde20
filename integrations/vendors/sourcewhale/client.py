"""SourceWhale over HTTP: host, ``api-key`` header, error bodies. Vendor swagger ``public-api`` 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.base.http import VendorClient, error_words
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

    def error_detail(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """The first known key that holds words; an object under it is read as words per field."""
        return error_words(data, assumed.ERROR_KEYS)
