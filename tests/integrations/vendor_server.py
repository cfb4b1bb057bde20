"""A vendor on a loopback socket that does exactly what a test's script says, once per request.

The full stand-in for SourceWhale is ``sandbox.sourcewhale``; this one is for answers no real server gives on
demand: a cut line, a malformed body, a 429 with a date.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One scripted answer. ``cut`` drops the line instead; ``delay`` is seconds before anything is sent."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any


class VendorServer:
    """Answers from ``script`` in order, then with ``{}``; keeps what it saw. ``answer`` may be replaced."""

    def __init__(self) -> None:
        self.script: deque[Answer] = deque()
        self.seen: list[Seen] = []
        self.url = ""
        #: Connections that were made.
        self.lines = 0
        self.answer: Callable[[Seen], Answer] = lambda _seen: self._scripted()

    def will_answer(self, *answers: Answer) -> None:
        self.script.extend(answers)

    def _scripted(self) -> Answer:
        return self.script.popleft() if self.script else Answer()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vendor: VendorServer

    def setup(self) -> None:
        super().setup()
        self.vendor.lines += 1

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(
            method=self.command,
            path=parts.path,
            params=dict(urllib.parse.parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=json.loads(raw) if raw else None,
        )
        self.vendor.seen.append(seen)
        answer = self.vendor.answer(seen)
        time.sleep(answer.delay)
        if answer.cut:
            self.close_connection = True
            return
        content = answer.encoded()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Silence: pytest shows what failed."""


@contextmanager
def vendor_server() -> Iterator[VendorServer]:
    """A server on a free loopback port for the length of the block."""
    vendor = VendorServer()
    with serve(vendor):
        yield vendor


@contextmanager
def serve(vendor: VendorServer) -> Iterator[None]:
    """Put ``vendor`` on a free loopback port; its ``url`` says which."""
    handler = type("Handler", (_Handler,), {"vendor": vendor})

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hung up before a slow answer is what some tests are about."""

    server = Server(("127.0.0.1", 0), handler)
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
