"""A line to a mail server that can be cut or held."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Line:
    """A relay to a server; ``cut_after`` bytes from the server the line is cut, ``hold`` lets nothing through."""

    server: int
    cut_after: int | None = None
    hold: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    #: What the clients said, all together.
    said: bytearray = field(default_factory=bytearray)
    #: Set when this much came from the server.
    port: int = 0

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            upstream = socket.create_connection(("127.0.0.1", self.server))
            threading.Thread(target=self._up, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self._down, args=(upstream, client), daemon=True).start()

    def _up(self, client: socket.socket, upstream: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                self.said += data
                upstream.sendall(data)
        _close(client, upstream)

    def _down(self, upstream: socket.socket, client: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := upstream.recv(4096):
                while self.hold.is_set():
                    time.sleep(0.01)
                passed += len(data)
                if self.cut_after is not None and passed > self.cut_after:
                    client.sendall(data[: max(0, len(data) - (passed - self.cut_after))])
                    break
                client.sendall(data)
        _close(client, upstream)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def line_to(server: int) -> Iterator[Line]:
    """A relay on a port of its own."""
    line = Line(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.port = listener.getsockname()[1]
        thread = threading.Thread(target=line._serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            line.hold.clear()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
