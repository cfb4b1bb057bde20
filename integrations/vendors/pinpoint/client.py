"""Pinpoint over HTTP: a host per customer, ``X-API-KEY``, JSON:API documents and its error objects.

Vendor file "API Reference" 1.0.23 and https://developers.pinpointhq.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings

from integrations.base.errors import AuthError
from integrations.base.http import VendorClient
from integrations.base.throttle import Pace
from integrations.vendors.pinpoint import assumed

#: One label of a host name, and nothing that could lead a URL elsewhere.
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


class PinpointClient(VendorClient):
    """One Pinpoint account: its subdomain and an API key."""

    media_type: ClassVar[str] = "application/vnd.api+json"

    def __init__(self, *, credentials: Mapping[str, str], **doors: Any) -> None:
        # The subdomain is no secret: taken out of texts as one, "a" would black out every a.
        secrets = {name: value for name, value in credentials.items() if name != "subdomain"}
        super().__init__(credentials=secrets, **doors)
        self._subdomain = credentials["subdomain"]

    @classmethod
    def pace(cls) -> Pace:
        """Calls per second of one account, with a short burst."""
        calls = settings.PINPOINT_CALLS_PER_SECOND
        return Pace(calls=calls, burst=max(assumed.BURST, calls))

    def base_url(self) -> str:
        """The customer's host. Raises AuthError for a subdomain that is none, whoever stored it."""
        if not SUBDOMAIN.fullmatch(self._subdomain):
            raise AuthError("The subdomain of this connection is not one. Enter it again.")
        return str(settings.PINPOINT_BASE_URL).replace("{subdomain}", self._subdomain)

    def auth_headers(self) -> Mapping[str, str]:
        """The key travels in its own header."""
        return {"X-API-KEY": self._credentials["api_key"]}

    def error_detail(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """The ``detail`` (else the ``title``) of each error object; words by the attribute they point to."""
        found = data.get("errors")
        words: list[str] = []
        fields: dict[str, str] = {}
        for row in found if isinstance(found, list) else ():
            if not isinstance(row, Mapping):
                continue
            said = str(row.get("detail") or row.get("title") or row.get("code") or "")
            if said:
                words.append(said)
            if name := _pointed(row.get("source")):
                fields[name] = said
        return " ".join(dict.fromkeys(words)), fields


def _pointed(source: Any) -> str:
    """``email`` of ``{"pointer": "/data/attributes/email"}``, the parameter of ``{"parameter": …}``, or empty."""
    if not isinstance(source, Mapping):
        return ""
    pointer = source.get("pointer")
    if isinstance(pointer, str) and pointer:
        return pointer.rstrip("/").rpartition("/")[2]
    return str(source.get("parameter") or "")
