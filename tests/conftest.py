"""What every test stands on: real services on loopback, and nothing beyond it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest


class SocketOffLoopback(AssertionError):
    """A test tried to reach another machine."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that no worker ends with one of them while the others have nothing left."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
