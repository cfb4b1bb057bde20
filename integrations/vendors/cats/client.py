"""CATS over HTTP: host, ``Authorization: Token``, the hour's budget, error bodies, ids out of ``Location``.

Documents: https://docs.catsone.com/api/v3/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from integrations.base.errors import OutcomeUnknown
from integrations.base.http import Reply, VendorClient, error_words
from integrations.base.throttle import Heard, Pace
from integrations.vendors.cats import assumed

_HOUR = 3600
_LAST_NUMBER = re.compile(r"/(\d+)/?(?:\?.*)?$")


class CatsClient(VendorClient):
    """One CATS account, known by its API key."""

    @classmethod
    def pace(cls) -> Pace:
        """So many calls in any hour, at once if need be."""
        return Pace(calls=settings.CATS_CALLS_PER_HOUR, seconds=_HOUR, window=True)

    def base_url(self) -> str:
        """One host for all customers; the setting lets another server stand in for it."""
        return str(settings.CATS_BASE_URL)

    def auth_headers(self) -> Mapping[str, str]:
        """``Token``, not ``Bearer``: what the vendor documents."""
        return {"Authorization": f"Token {self._credentials['api_key']}"}

    def limits(self, headers: Mapping[str, str]) -> Heard:
        """``X-Rate-Limit-Limit`` and ``-Remaining``; missing on some refusals."""
        told = {name.lower(): value for name, value in headers.items()}
        return Heard(
            limit=_whole(told.get("x-rate-limit-limit", "")),
            remaining=_whole(told.get("x-rate-limit-remaining", "")),
        )

    def error_detail(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """``message``, and whatever ``errors`` may hold: words, a list of them, or words per field."""
        return error_words(data, assumed.ERROR_KEYS)


def made_id(reply: Reply) -> str:
    """The id of what a POST made: the last number of ``Location``. Raises OutcomeUnknown: it exists, somewhere."""
    found = _LAST_NUMBER.search(reply.header("Location"))
    if found:
        return found[1]
    told = reply.data.get("id") if isinstance(reply.data, dict) else None
    if isinstance(told, int) and not isinstance(told, bool):
        return str(told)
    raise OutcomeUnknown("CATS did not say which record it made.")


def _whole(word: str) -> int:
    """A count, or -1 for anything else."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else -1
