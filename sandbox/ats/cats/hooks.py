"""Telling subscribers what happened: one signed POST each, never repeated."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any

from sandbox.hooks import Hooks as Deliveries


class Hooks:
    """Deliveries signed as the vendor documents."""

    def __init__(self) -> None:
        self._deliveries = Deliveries()

    def tell(self, url: str, secret: str, payload: dict[str, Any]) -> None:
        """Send in the background; a failure is only logged, as the vendor promises no more."""
        body = json.dumps(payload).encode()
        request_id = str(uuid.uuid4())
        headers = {
            "X-Request-Id": request_id,
            "X-Signature": f"HMAC-SHA256 {signature(secret, body, request_id)}",
        }
        self._deliveries.send(url, body, headers)

    async def close(self) -> None:
        """Give up what is still under way."""
        await self._deliveries.close()


def signature(secret: str, body: bytes, request_id: str) -> str:
    """Over the raw body followed by the request's id."""
    return hmac.new(secret.encode(), body + request_id.encode(), hashlib.sha256).hexdigest()
