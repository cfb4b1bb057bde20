"""An SMTP server whose every stage can be scripted: answered with a code, cut, or made to wait.

It keeps what it accepted, with the ids of the mails, so that tests count at the receiver and not in our tables.
"""

from __future__ import annotations

import contextlib
import email
import re
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: Script value that closes the line without an answer.
CUT = object()
Step = Callable[["ScriptedServer"], object]


@dataclass
class ScriptedServer:
    """``script`` maps a stage (greeting, ehlo, auth, mail, rcpt, data, content) to what is done instead.

    A value is ``CUT``, a full answer line (``"550 5.1.1 no such user"``), a callable returning one of these or
    None for the usual answer, or a list of such values used one after the other.
    """

    host: str = "127.0.0.1"
    port: int = 0
    script: dict[str, Any] = field(default_factory=dict)
    accepted: list[tuple[str, str, bytes]] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def message_ids(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(email.message_from_bytes(raw)["Message-ID"]) for _, _, raw in self.accepted)

    def recipients(self) -> list[str]:
        """To whom, in order of arrival."""
        return [recipient for _, recipient, _ in self.accepted]

    def said(self, stage: str) -> object:
        """What the script wants at this stage now."""
        with self.lock:
            value = self.script.get(stage)
            if isinstance(value, list):
                value = value.pop(0) if value else None
        return value(self) if callable(value) else value


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        world: ScriptedServer = self.server.world  # type: ignore[attr-defined]
        with world.lock:
            world.connections += 1
        with contextlib.suppress(ConnectionError, _Hangup):
            self._talk(world)

    def _answer(self, world: ScriptedServer, stage: str, usual: str) -> bool:
        """Answer; True if the usual answer was given."""
        return self._say(world.said(stage), usual)

    def _say(self, said: object, usual: str) -> bool:
        if said is CUT:
            # With a reset, so that the other side notices at once whatever it has buffered.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.request.close()
            raise _Hangup
        line = str(said) if said else usual
        self.wfile.write(line.encode() + b"\r\n")
        if line.startswith("421"):
            raise _Hangup
        return not said

    def _talk(self, world: ScriptedServer) -> None:
        self._answer(world, "greeting", "220 scripted")
        sender = recipient = ""
        while line := self.rfile.readline():
            text = line.decode("utf-8", "replace").strip()
            verb = text[:4].upper()
            if verb in {"EHLO", "HELO"}:
                self._answer(world, "ehlo", "250-scripted\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 10000000")
            elif verb == "AUTH":
                self._answer(world, "auth", "235 2.7.0 welcome")
            elif verb == "MAIL":
                sender = _address(text)
                self._answer(world, "mail", "250 2.1.0 ok")
            elif verb == "RCPT":
                recipient = _address(text)
                self._answer(world, "rcpt", "250 2.1.5 ok")
            elif verb == "DATA":
                if self._answer(world, "data", "354 go on"):
                    self._take(world, sender, recipient)
            elif verb == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")

    def _take(self, world: ScriptedServer, sender: str, recipient: str) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        said = world.said("content")
        # A line that is cut now had everything: this is the case in which the mail arrives and nobody knows.
        if said is None or said is CUT:
            with world.lock:
                world.accepted.append((sender, recipient, b"".join(lines)))
        self._say(said, "250 2.0.0 queued")


class _Hangup(Exception):
    pass


def _address(text: str) -> str:
    found = re.search(r"<([^>]*)>", text)
    return found[1] if found else ""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextlib.contextmanager
def scripted_smtp() -> Iterator[ScriptedServer]:
    """A running server on a free loopback port."""
    world = ScriptedServer()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.world = world  # type: ignore[attr-defined]
    world.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
