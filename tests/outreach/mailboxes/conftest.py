from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from outreach.transports.smtp import pool
from sandbox.client import Sandbox
from tests.outreach.sandbox_process import running_sandbox
from tests.outreach.signing_in import use_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def signing_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    accounts = {"alice@demo.example": "alice secret", "bob@demo.example": "bob secret"}
    with Sandbox.start(tmp_path_factory.mktemp("signing"), accounts=accounts) as world:
        yield world


@pytest.fixture
def world(signing_world: Sandbox, settings) -> Sandbox:
    """The sandbox as both providers, with default switches."""
    signing_world.reset()
    use_sandbox(settings, signing_world)
    return signing_world


@pytest.fixture(autouse=True)
def no_session_is_left() -> Iterator[None]:
    yield
    pool.clear()
