"""Pinpoint on a real socket: the scripted vendor for odd answers, the sandbox's Pinpoint for the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.vendor_server import VendorServer


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
