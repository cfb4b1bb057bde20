"""Telling the customer's webhooks what became of an application, signed as the vendor documents."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json

from sandbox.ats.pinpoint.accounts import Account
from sandbox.ats.pinpoint.records import Application, Records
from sandbox.hooks import Hooks


class Events:
    """One delivery each, never repeated: a test repeats one when it wants to."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._hooks = Hooks()

    def tell(self, account: Account, event: str, row: Application) -> None:
        """An event about one application, to every webhook of the account."""
        told = {
            "event": event,
            "triggeredAt": dt.datetime.now(dt.UTC).isoformat(),
            "data": {"application": {"id": row.id}, "job": {"id": int(row.job)}},
        }
        body = json.dumps(told).encode()
        for url, secret in self._records.webhooks(account.name):
            self._hooks.send(url, body, {"PINPOINT-HMAC-SHA256": signature(secret, body)})

    async def close(self) -> None:
        """Give up what is still under way."""
        await self._hooks.close()


def signature(secret: str, body: bytes) -> str:
    """The base64 of the HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
