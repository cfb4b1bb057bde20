"""Telling subscribers of new and changed people: one unsigned POST each, never repeated, never off this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from typing import Any
from urllib.parse import urlsplit

_LOG = logging.getLogger(__name__)
_PATIENCE = 10.0


class Hooks:
    """Calls that are under way."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def tell(self, url: str, payload: dict[str, Any]) -> None:
        """Send in the background; a failure is only logged, as the vendor promises no more."""
        self.send(url, json.dumps(payload).encode(), {})

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """As :meth:`tell`, with bytes that were signed and the headers that say so."""
        task = asyncio.get_running_loop().create_task(self._post(url, body, headers))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            await asyncio.wait_for(_send(url, body, headers), _PATIENCE)
        except (OSError, ValueError, TimeoutError) as problem:
            _LOG.warning("a hook was not told: %s", type(problem).__name__)


async def _send(url: str, body: bytes, headers: dict[str, str]) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("only plain http on this machine")
    port = parts.port or 80
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port)
    address = str(found[0][4][0])
    if not ipaddress.ip_address(address).is_private:
        raise ValueError("the address is not on this machine or network")
    reader, writer = await asyncio.open_connection(address, port)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        await reader.readline()
    finally:
        writer.close()
