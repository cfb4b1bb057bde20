"""A SmartRecruiters connector on real sockets: against scripted answers, or against the sandbox's own server."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from foundation import egress
from integrations.base import http
from integrations.base.records import PersonWrite, Target, TargetKind, Values
from integrations.base.throttle import RedisThrottle
from integrations.vendors.smartrecruiters.client import SmartRecruitersClient
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.vendor_server import VendorServer

JOB = Target(kind=TargetKind.JOB, external_id="job-platform", name="Platform engineer (REF101A)")
POOL = Target(kind=TargetKind.POOL, external_id="pool", name="Talent Pool")
ADA: Values = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": ("ada@people.example",),
    "phoneNumber": ("+44 20 7946 0000",),
    "location.city": "London",
    "location.countryCode": "gb",
    "web.linkedin": "https://linkedin.com/in/ada",
    "tags": ("mathematics",),
}


def writing(
    values: Values = ADA, *, target: Target | None = None, whole: Values | None = None
) -> PersonWrite:
    return PersonWrite(values=values, whole=values if whole is None else whole, target=target)


@pytest.fixture
def build(
    redis_connection: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SmartRecruitersConnector]:
    """A connector at ``url``; ``account`` is shared by those that share a pace."""
    monkeypatch.setattr(http, "READ_RETRY_NAPS", (0.01, 0.01))

    def made(
        url: str, *, account: str = "", timeout: float = 5.0, **credentials: str
    ) -> SmartRecruitersConnector:
        client = type("Client", (SmartRecruitersClient,), {"base_url": lambda _self: url})
        return SmartRecruitersConnector(
            client(
                session=egress.session(timeout=timeout, max_bytes=10_000_000),
                throttle=RedisThrottle(redis_connection, account=account or f"test-{uuid.uuid4()}"),
                credentials=credentials or {"api_key": "DCRA1-scripted-key"},
            )
        )

    return made


@pytest.fixture
def scripted(build: Callable[..., Any], vendor: VendorServer) -> SmartRecruitersConnector:
    """Against exactly what the test says."""
    connector = build(vendor.url, timeout=1.0)
    assert isinstance(connector, SmartRecruitersConnector)
    return connector


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(Path(tmp_path_factory.mktemp("sandbox"))) as world:
        yield world


@pytest.fixture
def world(running: Sandbox) -> Sandbox:
    """The sandbox's SmartRecruiters, empty, with its usual rules."""
    running.post("/control/smartrecruiters/clear", {})
    return running


@pytest.fixture
def there(world: Sandbox, build: Callable[..., Any]) -> SmartRecruitersConnector:
    """Against the sandbox, with an administrator's key."""
    known = world.smartrecruiters
    connector = build(known["base_url"], api_key=known["keys"][0]["key"])
    assert isinstance(connector, SmartRecruitersConnector)
    return connector


def people(world: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.get("/control/smartrecruiters/people")
    return found


def calls(world: Sandbox, *methods: str) -> list[str]:
    """Method and path of the requests made, oldest first; only of these methods when any are named."""
    rows = world.get("/control/smartrecruiters/requests")
    return [
        f"{row['method']} {row['path']}" for row in reversed(rows) if not methods or row["method"] in methods
    ]


def fault(world: Sandbox, **order: Any) -> None:
    world.post("/control/smartrecruiters/faults", order)


def rule(world: Sandbox, **rules: Any) -> None:
    world.post("/control/smartrecruiters/rules", rules)
