"""Deliveries to active subscriptions, signed as documented, repeated until taken, never off this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import time
from typing import Any

from sandbox.ats.smartrecruiters.records import Records
from sandbox.hooks import Hooks as Deliveries
from sandbox.hooks import post

_LOG = logging.getLogger(__name__)
_PATIENCE = 20.0
#: The vendor waits minutes; a demo does not.
_RETRIES = (0.5, 2.0, 5.0)


class Hooks:
    """Deliveries under way; ``delivered`` are those that were taken, for tests."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._deliveries = Deliveries()
        self.delivered = 0

    def tell(self, event: str, payload: dict[str, Any]) -> None:
        """Tell every active subscription of ``event``, in the background."""
        for row in self._records.subscriptions():
            if row["status"] == "active" and event in {each["name"] for each in row["events"]}:
                self._deliveries.begin(self._deliver(row, event, payload))

    async def handshake(self, url: str) -> bool:
        """Whether the callback answers 200 with the word it was sent."""
        word = secrets.token_urlsafe(16)
        try:
            status, headers = await asyncio.wait_for(post(url, b"", {"X-Hook-Secret": word}), _PATIENCE)
        except (OSError, ValueError, TimeoutError):
            return False
        return status == 200 and headers.get("x-hook-secret") == word

    async def close(self) -> None:
        """Give up what is still under way."""
        await self._deliveries.close()

    async def _deliver(self, row: dict[str, Any], event: str, payload: dict[str, Any]) -> None:
        body = json.dumps(payload).encode()
        headers = _headers(row["keys"], event, body)
        for pause in (0.0, *_RETRIES):
            await asyncio.sleep(pause)
            try:
                status, _answer = await asyncio.wait_for(post(row["callbackUrl"], body, headers), _PATIENCE)
            except (OSError, ValueError, TimeoutError) as problem:
                _LOG.warning("a delivery failed: %s", type(problem).__name__)
                continue
            if status == 202:
                self.delivered += 1
                return


def _headers(keys: list[str], event: str, body: bytes) -> dict[str, str]:
    headers = {
        "event-name": event,
        "event-version": "v201910",
        "event-id": secrets.token_hex(8),
        "Link": "<http://127.0.0.1/endpoint>; rel=self",
        "smartrecruiters-timestamp": str(int(time.time())),
    }
    signed = ".".join(
        [
            headers["smartrecruiters-timestamp"],
            body.decode(),
            headers["event-id"],
            headers["event-name"],
            headers["event-version"],
            headers["Link"],
        ]
    )
    segments = ["v1=" + hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest() for key in keys]
    return {**headers, "smartrecruiters-signature": ";".join(segments)}
