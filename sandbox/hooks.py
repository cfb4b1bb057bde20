"""Telling subscribers what happened: a POST in the background, never off this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

_LOG = logging.getLogger(__name__)
_PATIENCE = 10.0


class Hooks:
    """Calls that are under way."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, delivery: Coroutine[Any, Any, None]) -> None:
        """Carry one out in the background."""
        task = asyncio.get_running_loop().create_task(delivery)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def tell(self, url: str, payload: dict[str, Any]) -> None:
        """Send in the background; a failure is only logged, as the vendor promises no more."""
        self.send(url, json.dumps(payload).encode(), {})

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """As :meth:`tell`, with bytes that were signed and the headers that say so."""
        self.begin(self._post(url, body, headers))

    async def close(self) -> None:
        """Give up what is still under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            await asyncio.wait_for(post(url, body, headers), _PATIENCE)
        except (OSError, ValueError, TimeoutError) as problem:
            _LOG.warning("a hook was not told: %s", type(problem).__name__)


async def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    """Status and headers (lower-case names) of the answer. OSError without a whole one, ValueError for an address that
    is not on this machine or network.
    """
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
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError as problem:
        raise OSError("no whole answer") from problem
    finally:
        writer.close()
    pairs = (line.partition(":") for line in answer[1:] if line)
    return int(answer[0].split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}
