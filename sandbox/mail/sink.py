"""A submission server that does as little as it can, for measuring senders and for breaking their lines.

    python -m sandbox.mail.sink --delay 0.15 --file sink.json
    python -m sandbox.mail.sink --cut-rate 0.02 --seed 7 --file sink.json

It takes any login and any recipient, answers each DATA after ``--delay`` seconds, counts, and keeps no mail.
``--file`` is written when it listens: {"pid", "host", "port", "http_port"}. Over HTTP: ``GET /`` counts,
``GET /recipients`` messages per recipient, ``GET /duplicates`` what came more than once, ``POST /clear``.
A message that was taken completely counts, also when the line is cut before the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.http_server import HttpServer, Request, Response
from sandbox.processes import die_with, write_whole

CUT_PLACES = ("mail", "rcpt", "data", "middle", "answer")
_END = b"\r\n.\r\n"
_KEYS = tuple(
    re.compile(rb"^%b:[ \t]*(.+?)\r?$" % name, re.IGNORECASE | re.MULTILINE)
    for name in (b"X-Beckon-Step", b"X-Beckon-Ref", b"Message-ID")
)
_EHLO = (
    b"250-sink.sandbox.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    b"250-SIZE 41943040\r\n250 AUTH PLAIN LOGIN\r\n"
)
_SIMPLE = {b"HELO": b"250 sink.sandbox.example\r\n", b"NOOP": b"250 OK\r\n", b"VRFY": b"252 perhaps\r\n"}


class Sink:
    """The counts, and the dice that cut lines."""

    def __init__(self, *, delay: float, cut_rate: float, cut_places: tuple[str, ...], seed: int) -> None:
        self.delay = delay
        self._cut_rate = cut_rate
        self._cut_places = cut_places
        self._dice = random.Random(seed)
        self.clear()

    def clear(self) -> None:
        """Forget the counts; the dice roll on."""
        self.messages = self.bytes = self.connections = self.unanswered = 0
        self.cuts: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()
        self.arrivals: Counter[tuple[str, str]] = Counter()

    def draw_cut(self) -> str:
        """Where the line of the next message is cut; empty for nowhere. Drawn once per message."""
        if self._cut_rate and self._dice.random() < self._cut_rate:
            return self._dice.choice(self._cut_places)
        return ""

    def take(self, recipients: list[bytes], content: bytes) -> None:
        """Count one complete message."""
        self.messages += 1
        self.bytes += len(content)
        head = content.partition(b"\r\n\r\n")[0]
        found = next((match[1] for key in _KEYS if (match := key.search(head))), b"")
        for recipient in recipients:
            address = recipient.decode("utf-8", "replace").lower()
            self.recipients[address] += 1
            self.arrivals[address, found.decode("utf-8", "replace")] += 1

    def counts(self) -> dict[str, Any]:
        """All numbers; ``duplicates`` as in the ledger: one address and one step, reference or Message-ID."""
        return {
            "messages": self.messages,
            "recipients": len(self.recipients),
            "duplicates": sum(times - 1 for times in self.arrivals.values()),
            "unanswered": self.unanswered,
            "bytes": self.bytes,
            "connections": self.connections,
            "cuts": dict(self.cuts),
        }

    def duplicates(self) -> list[dict[str, Any]]:
        """What came more than once."""
        return [
            {"recipient": recipient, "key": key, "times": times}
            for (recipient, key), times in self.arrivals.items()
            if times > 1
        ]


class SinkProtocol(asyncio.Protocol):
    """One connection: lines in, short answers out."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = bytearray()
        self._recipients: list[bytes] = []
        self._cut = ""
        self._read: Callable[[], bool] = self._command
        self._transport: asyncio.Transport
        self._prompts = 0
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.connections += 1
        transport.write(b"220 sink.sandbox.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Read as much as there is."""
        self._buffer += data
        while not self._transport.is_closing() and self._read():
            pass

    def _command(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        verb = line[:4].upper()
        if verb == b"RCPT":
            if not self._cut_here("rcpt"):
                self._recipients.append(_address(line))
                self._transport.write(b"250 OK\r\n")
        elif verb == b"MAIL":
            self._recipients = []
            self._cut = self._sink.draw_cut()
            if not self._cut_here("mail"):
                self._transport.write(b"250 OK\r\n")
        elif verb == b"DATA":
            self._data()
        else:
            self._other(verb, line)
        return True

    def _other(self, verb: bytes, line: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(_EHLO)
        elif verb == b"AUTH":
            self._prompts = 2 if line.upper() == b"AUTH LOGIN" else 1 if len(line.split()) == 2 else 0
            self._login()
        elif verb == b"RSET":
            self._recipients = []
            self._transport.write(b"250 OK\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 Bye\r\n")
            self._transport.close()
        else:
            self._transport.write(_SIMPLE.get(verb, b"500 5.5.1 unknown command\r\n"))

    def _login(self) -> None:
        if self._prompts:
            self._transport.write(b"334 \r\n")
            self._read = self._credential
        else:
            self._transport.write(b"235 2.7.0 Authentication successful\r\n")
            self._read = self._command

    def _credential(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        del self._buffer[: end + 2]
        self._prompts -= 1
        self._login()
        return True

    def _data(self) -> None:
        if not self._recipients:
            self._transport.write(b"503 5.5.1 no recipient\r\n")
        elif not self._cut_here("data"):
            self._transport.write(b"354 go on\r\n")
            self._searched = 0
            self._read = self._content

    def _content(self) -> bool:
        if self._cut == "middle" and self._buffer:
            self._cut_here("middle")
            return False
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(_END) + 1)
            return False
        content = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END)]
        self._sink.take(self._recipients, content)
        self._recipients = []
        self._read = self._wait
        if self._sink.delay:
            asyncio.get_running_loop().call_later(self._sink.delay, self._answer)
        else:
            self._answer()
        return True

    def _wait(self) -> bool:
        """Before the answer nothing is read."""
        return False

    def _answer(self) -> None:
        if self._transport.is_closing():
            self._sink.unanswered += 1
            return
        if self._cut_here("answer"):
            self._sink.unanswered += 1
            return
        self._transport.write(b"250 2.0.0 OK\r\n")
        self._read = self._command
        self.data_received(b"")

    def _cut_here(self, place: str) -> bool:
        if self._cut != place:
            return False
        self._sink.cuts[place] += 1
        self._transport.abort()
        return True


def _address(line: bytes) -> bytes:
    start, end = line.find(b"<"), line.rfind(b">")
    return line[start + 1 : end] if 0 <= start < end else line[8:].strip()


async def _answer_http(sink: Sink, request: Request) -> Response:
    if request.method == "POST" and request.path == "/clear":
        sink.clear()
        return Response.json(sink.counts())
    pages: dict[str, Callable[[], Any]] = {
        "/": sink.counts,
        "/recipients": lambda: dict(sink.recipients),
        "/duplicates": sink.duplicates,
    }
    if request.method != "GET" or request.path not in pages:
        return Response.json({"error": "GET /, /recipients, /duplicates or POST /clear"}, 404)
    return Response.json(pages[request.path]())


async def _run(given: argparse.Namespace) -> None:
    sink = Sink(delay=given.delay, cut_rate=given.cut_rate, cut_places=tuple(given.cut_at), seed=given.seed)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: SinkProtocol(sink), given.bind, given.port, backlog=512)
    pages = HttpServer(lambda request: _answer_http(sink, request))
    http = await pages.listen(given.bind, given.http_port)
    where = {
        "pid": os.getpid(),
        "host": given.bind,
        "port": server.sockets[0].getsockname()[1],
        "http_port": http.sockets[0].getsockname()[1],
    }
    write_whole(given.file, json.dumps(where))
    try:
        await stop.wait()
    finally:
        given.file.unlink(missing_ok=True)
        server.close()
        http.close()
        await pages.close()


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mail.sink", description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1", metavar="HOST")
    parser.add_argument("--port", type=int, default=0, help="SMTP (default: a free port)")
    parser.add_argument("--http-port", type=int, default=0, help="counts (default: a free port)")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer to DATA")
    parser.add_argument(
        "--cut-rate", type=float, default=0.0, help="share of messages whose line is cut, 0 to 1"
    )
    parser.add_argument("--cut-at", nargs="+", choices=CUT_PLACES, default=["middle", "answer"])
    parser.add_argument("--seed", type=int, default=1, help="of the dice that cut")
    parser.add_argument("--file", type=Path, required=True, help="where to write the ports")
    parser.add_argument("--die-with", type=int, default=0, metavar="PID", help="end with this parent process")
    given = parser.parse_args(arguments)
    if given.die_with and not die_with(given.die_with):
        return 0
    asyncio.run(_run(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
