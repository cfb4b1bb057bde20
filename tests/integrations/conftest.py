"""Connectors on real sockets: a scripted vendor, the real egress door, the real pace keeper in Redis."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache

from foundation import egress
from integrations import opening, registry
from integrations.base import http
from integrations.base.connector import Connector
from integrations.base.throttle import Budget, Pace, RedisThrottle
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations.small_sourcewhale import SmallSourceWhale, small_sourcewhale
from tests.integrations.toy import ToyConnector, ToyServer, toy_server
from tests.integrations.vendor_server import VendorServer, vendor_server

_UNHURRIED = Budget(name="", pace=Pace(calls=1000, burst=1000))
API_KEY = "sw-key/with+odd=signs-1234"


@pytest.fixture
def redis_connection() -> Iterator[redis.Redis]:
    connection = redis.Redis.from_url(django_settings.REDIS_URL)
    yield connection
    connection.close()


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with vendor_server() as server:
        yield server


@pytest.fixture
def naps() -> list[float]:
    """Every nap a client took, in seconds; nobody really sleeps."""
    return []


@pytest.fixture
def connect(
    vendor: VendorServer, redis_connection: redis.Redis, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Connector]:
    """Build a connector of a class against the scripted vendor, on an account of its own."""

    def build(found: type[Connector], *, timeout: float = 2.0) -> Connector:
        monkeypatch.setattr(found.client_class, "base_url", lambda _client: vendor.url)
        monkeypatch.setattr(found.client_class, "budget", lambda *_call: _UNHURRIED)
        throttle = RedisThrottle(redis_connection, account=f"test-{uuid.uuid4()}")
        client = found.client_class(
            session=egress.session(timeout=timeout, max_bytes=1_000_000),
            throttle=throttle,
            credentials=dict.fromkeys(found.credentials_form.base_fields, API_KEY),
            sleep=naps.append,
        )
        return found(client)

    return build


@pytest.fixture
def sourcewhale(connect: Callable[..., Any]) -> SourceWhaleConnector:
    connector = connect(SourceWhaleConnector)
    assert isinstance(connector, SourceWhaleConnector)
    return connector


@pytest.fixture
def whale(
    monkeypatch: pytest.MonkeyPatch, settings: Any, redis_connection: redis.Redis
) -> Iterator[SmallSourceWhale]:
    """The small SourceWhale where the installation expects the real one; found again at once, called at will."""
    # The same key is the same account in every test: a pause one test was asked for would hold the next.
    for paused in redis_connection.scan_iter("throttle:*"):
        redis_connection.delete(paused)
    with small_sourcewhale() as server:
        settings.SOURCEWHALE_BASE_URL = server.url
        settings.SOURCEWHALE_CALLS_PER_SECOND = 1000
        settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
        monkeypatch.setattr(opening, "CALL_TIMEOUT_SECONDS", 1.0)
        monkeypatch.setattr(http, "READ_RETRY_NAPS", (0.01, 0.01))
        yield server


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ToyServer]:
    """A fifth vendor that can do everything, registered as any other: a class and one registry line."""
    monkeypatch.setitem(registry.CONNECTORS, "toy", "tests.integrations.toy.ToyConnector")
    cache.clear()
    with toy_server() as server:
        settings.TOY_URL = server.server.url
        settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
        monkeypatch.setattr(opening, "CALL_TIMEOUT_SECONDS", 1.0)
        monkeypatch.setattr(http, "READ_RETRY_NAPS", (0.01, 0.01))
        yield server


@pytest.fixture
def toy_contacts(toy: ToyServer, monkeypatch: pytest.MonkeyPatch) -> ToyServer:
    """Toy with contacts, each of which belongs to a company."""
    monkeypatch.setattr(ToyConnector, "record_types", frozenset({"candidate", "contact"}))
    monkeypatch.setattr(ToyConnector, "company_types", frozenset({"contact"}))
    return toy
