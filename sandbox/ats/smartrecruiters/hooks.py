"""Deliveries to active subscriptions, signed as documented, repeated until taken, never off this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from sandbox.ats.smartrecruiters.records import Records

_LOG = logging.getLogger(__name__)
_PATIENCE = 20.0
#: The vendor waits minutes; a demo does not.
_RETRIES = (0.5, 2.0, 5.0)


class Hooks:
    """Deliveries under way; ``delivered`` are those that were taken, for tests."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._running: set[asyncio.Task[None]] = set()
        self.delivered = 0

    def tell(self, event: str, payload: dict[str, Any]) -> None:
        """Tell every active subscription of ``event``, in the background."""
        for row in self._records.subscriptions():
            if row["status"] == "active" and event in {each["name"] for each in row["events"]}:
                task = asyncio.get_running_loop().create_task(self._deliver(row, event, payload))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def handshake(self, url: str) -> bool:
        """Whether the callback answers 200 with the word it was sent."""
        word = secrets.token_urlsafe(16)
        try:
            status, headers = await asyncio.wait_for(_post(url, {"X-Hook-Secret": word}, b""), _PATIENCE)
        except (OSError, ValueError, TimeoutError):
            return False
        return status == 200 and headers.get("x-hook-secret") == word

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _deliver(self, row: dict[str, Any], event: str, payload: dict[str, Any]) -> None:
        body = json.dumps(payload).encode()
        headers = _headers(row["keys"], event, body)
        for pause in (0.0, *_RETRIES):
            await asyncio.sleep(pause)
            try:
                status, _answer = await asyncio.wait_for(_post(row["callbackUrl"], headers, body), _PATIENCE)
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


async def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("only plain http on this machine")
    port = parts.port or 80
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port)
    address = str(found[0][4][0])
    if not ipaddress.ip_address(address).is_private:
        raise ValueError("the address is not on this machine or network")
    reader, writer = await asyncio.open_connection(address, port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n{lines}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError as problem:
        raise OSError("no whole answer") from problem
    finally:
        writer.close()
    pairs = (line.partition(":") for line in answer[1:] if line)
    return int(answer[0].split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}
