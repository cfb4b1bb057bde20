"""A line between the browser and a server on this machine, which can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Relay:
    """Hands every connection on. ``cut()``: nobody answers any more; ``mend()``: at the same address again."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self.mend()

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://localhost:{self.port}"

    def mend(self) -> None:
        """Take calls."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def cut(self) -> None:
        """End what is open, and take no more."""
        if self._listener:
            # A thread that waits in accept() holds the port until it is woken.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            self._open += [here, there]
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=_copy, args=[one, other], daemon=True).start()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    """One that is cut afterwards."""
    made = Relay(port)
    try:
        yield made
    finally:
        made.cut()
