"""A small HTTP/1.1 server on asyncio: keep-alive, content-length and chunked bodies, and misbehaving on demand.

One thread with everything else, so handlers need no locks, and may sleep, hang or cut the line.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_LOG = logging.getLogger(__name__)
_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 16 * 1024 * 1024
# A page may be read from here and nowhere else; nothing here needs a script.
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff"}


class CutLine(Exception):
    """Raised by a handler: reset the connection without an answer."""


class _BadRequest(Exception):
    """What came is no HTTP; answered with 400."""


@dataclass(frozen=True)
class Request:
    """One request; header names in lower case, ``query`` with the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON; ValueError if it is none."""
        return json.loads(self.body or b"null")


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A JSON answer."""
        return cls(status, json.dumps(value).encode(), "application/json", headers or {})

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        """A page."""
        return cls(status, text.encode(), "text/html; charset=utf-8", _PAGE_HEADERS)


Handler = Callable[[Request], Awaitable[Response]]


class HttpServer:
    """Serves one handler."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> asyncio.base_events.Server:
        """Start listening."""
        return await asyncio.start_server(self._serve, host, port, limit=_HEAD_LIMIT)

    async def close(self) -> None:
        """End every connection, hanging ones too."""
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        except CutLine:
            writer.transport.abort()
        except asyncio.CancelledError:
            pass  # only ``close`` cancels; asyncio reports a stream callback that stays cancelled as an error
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        try:
            request = await _read(reader, writer)
        except (_BadRequest, ValueError, asyncio.LimitOverrunError) as problem:
            _write(writer, Response(400, f"{problem}\n".encode()), keep=False)
            await writer.drain()
            return False
        try:
            response = await self._handler(request)
        except (CutLine, asyncio.CancelledError):
            raise
        except Exception:  # noqa: BLE001 - see below
            # The boundary of the sandbox: a mistake in it must be seen by the client and on the console.
            _LOG.exception("%s %s failed", request.method, request.path)
            response = Response(500, b"the sandbox itself failed; see its output\n")
        keep = request.headers.get("connection", "").lower() != "close"
        _write(writer, response, keep=keep, head_only=request.method == "HEAD")
        await writer.drain()
        return keep


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise _BadRequest("that is not HTTP/1.1")
    method, target, _ = parts
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise _BadRequest("a header has no colon")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    split = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    return Request(method, unquote(split.path), query, headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = bytearray()
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            if len(body) + size > _BODY_LIMIT:
                raise _BadRequest("the body is too large")
            body += (await reader.readexactly(size + 2))[:-2]
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return bytes(body)
    length = int(headers.get("content-length", "0"))
    if length > _BODY_LIMIT:
        raise _BadRequest("the body is too large")
    return await reader.readexactly(length)


def _write(writer: asyncio.StreamWriter, response: Response, *, keep: bool, head_only: bool = False) -> None:
    try:
        reason = http.HTTPStatus(response.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = {
        "Content-Type": response.content_type,
        "Content-Length": str(len(response.body)),
        "Cache-Control": "no-store",
        "Connection": "keep-alive" if keep else "close",
        **response.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(
        f"HTTP/1.1 {response.status} {reason}\r\n{lines}\r\n".encode("latin-1")
        + (b"" if head_only else response.body)
    )
