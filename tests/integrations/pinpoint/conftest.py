"""Pinpoint on a real socket: the scripted vendor for odd answers, the sandbox's Pinpoint for the whole."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from foundation import egress
from integrations import opening
from integrations.base import http
from integrations.base.throttle import RedisThrottle
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.connector import PinpointConnector
from sandbox.client import Sandbox
from tests.integrations.vendor_server import VendorServer

#: The login address that ``making.alice`` has.
ALICE = "alice@example.com"


@pytest.fixture
def pinpoint(connect: Callable[..., Any]) -> PinpointConnector:
    """The connector against the scripted vendor."""
    connector = connect(PinpointConnector)
    assert isinstance(connector, PinpointConnector)
    return connector


@pytest.fixture
def calls(vendor: VendorServer) -> Callable[[], list[tuple[str, str]]]:
    """Method and path of what was asked so far."""
    return lambda: [(seen.method, seen.path) for seen in vendor.seen]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(Path(tmp_path_factory.mktemp("pinpoint")), accounts={ALICE: "unused"}) as world:
        yield world


@pytest.fixture
def world(running: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, empty, with nothing ordered, where the installation expects Pinpoint."""
    running.reset()
    running.clear()
    with redis.Redis.from_url(django_settings.REDIS_URL) as pace:
        for paused in pace.scan_iter("throttle:*"):
            pace.delete(paused)
    settings.PINPOINT_BASE_URL = running.pinpoint["base_url"]
    settings.PINPOINT_CALLS_PER_SECOND = 10_000
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(0)
    monkeypatch.setattr(opening, "CALL_TIMEOUT_SECONDS", 2.0)
    monkeypatch.setattr(http, "READ_RETRY_NAPS", (0.01, 0.01))
    return running


@pytest.fixture
def there(
    world: Sandbox, redis_connection: redis.Redis, naps: list[float]
) -> Callable[..., PinpointConnector]:
    """A connector against the sandbox, with the given one of its keys."""

    def build(key: int = 0, *, timeout: float = 5.0) -> PinpointConnector:
        told = world.pinpoint["keys"][key]
        client = PinpointClient(
            session=egress.session(timeout=timeout, max_bytes=10_000_000),
            throttle=RedisThrottle(redis_connection, account=f"test-{uuid.uuid4()}"),
            credentials={"subdomain": told["subdomain"], "api_key": told["key"]},
            sleep=naps.append,
        )
        return PinpointConnector(client)

    return build
