"""CATS on a real socket: the scripted vendor for odd answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foundation import egress
from integrations.base.throttle import RedisThrottle
from integrations.vendors.cats.client import CatsClient
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.paces import FreePace
from tests.integrations.vendor_server import VendorServer

API_KEY = "cats-key/with+odd=signs-1234"


@pytest.fixture
def open_cats(naps: list[float], settings: Any) -> Callable[..., CatsConnector]:
    """A connector of one account at ``url``, with or without a pace of its own."""

    def build(url: str, *, key: str = API_KEY, throttle: RedisThrottle | None = None) -> CatsConnector:
        settings.CATS_BASE_URL = url
        client = CatsClient(
            session=egress.session(timeout=5.0, max_bytes=10_000_000),
            throttle=throttle or FreePace(),
            credentials={"api_key": key},
            sleep=naps.append,
        )
        return CatsConnector(client)

    return build


@pytest.fixture
def cats(open_cats: Callable[..., CatsConnector], vendor: VendorServer) -> CatsConnector:
    """The connector against the scripted vendor."""
    return open_cats(vendor.url)
