"""What every test stands on: real services on loopback, and nothing beyond it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest


class SocketOffLoopback(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Sockets to anywhere but this machine fail at once."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(line: socket.socket, address: object) -> None:
        if line.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = str(address[0]).split("%")[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise SocketOffLoopback(f"a test tried to connect to {host}")

    def guarded_connect(line: socket.socket, address: object) -> None:
        checked(line, address)
        connect(line, address)

    def guarded_connect_ex(line: socket.socket, address: object) -> int:
        checked(line, address)
        return connect_ex(line, address)

    socket.socket.connect, socket.socket.connect_ex = guarded_connect, guarded_connect_ex
    yield
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
