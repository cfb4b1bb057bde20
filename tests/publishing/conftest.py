"""Alice owns, Bob is in her team, Mallory is elsewhere; and a program that is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from accounts.models import Role, User
from foundation import events
from tests.sourcing.factories import make_organisation, make_user

ME = "publishing.feed"


@dataclass
class Receiver:
    """A real HTTP server that remembers what it was sent and answers as it is told."""

    url: str = ""
    #: (path, headers in lower case, body) in the order of arrival.
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    #: Paths that answer otherwise, for as long as they are here.
    statuses: dict[str, int] = field(default_factory=dict)

    def ids(self, path: str = "/") -> list[str]:
        return [headers["webhook-id"] for where, headers, _ in self.calls if where == path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(told.statuses.get(self.path, told.status))
            for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/"
    cache.delete("publishing:visit")
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def alice(db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def bob(alice: User) -> User:
    return make_user(alice.organisation, "Bob Berger")


@pytest.fixture
def mallory(db: None) -> User:
    return make_user(make_organisation("Elsewhere"), "Mallory Marsh", Role.ADMIN)


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def happens(viewer: User, *subjects: str, kind: str = "candidate.updated") -> None:
    """News of ours, committed and published."""
    for subject in subjects:
        with transaction.atomic():
            events.emit(kind, organisation_id=viewer.tenant_id, subject=subject, candidate_id=1)
    events.deliver_batches(consumers=[ME])
