"""One Valkey (or Redis) server behind a private socket.

Nothing is written to disk: Redis may lose everything at any moment (docs/architecture.md), so a restart that
forgets is the normal case here too.
"""

from __future__ import annotations

import os
from pathlib import Path

import redis

from config.embedded.binaries import find_valkey
from config.embedded.supervisor import Program


class Valkey:
    """The server's socket and command."""

    def __init__(self, *, run: Path) -> None:
        self.server = find_valkey()
        self.run = run
        self.socket = run / "valkey.sock"

    @property
    def url(self) -> str:
        """``REDIS_URL`` of the first database."""
        return f"unix://{self.socket}?db=0"

    def program(self) -> Program:
        """How the server is started."""
        # fmt: off
        command: list[str | os.PathLike[str]] = [
            self.server, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.run, "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
        ]
        # fmt: on
        return Program(name="valkey", command=command, env=dict(os.environ), ready=self.answers, cwd=self.run)

    def client(self) -> redis.Redis:
        """A connection of our own; the caller closes it."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def answers(self) -> bool:
        """True once PING is answered."""
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
