from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach import slots
from outreach.outbox import feed
from outreach.transports.smtp import pool
from tests.outreach.scripted_smtp import ScriptedServer, scripted_smtp


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_smtp() as world:
        yield world
        pool.clear()


@pytest.fixture(autouse=True)
def a_process_of_its_own() -> Iterator[None]:
    """Pool, slots and feeds belong to the process; a test leaves none behind."""
    before = dict(feed._feeds)
    feed._feeds.clear()
    slots.process.total = 16
    yield
    pool.clear()
    feed._feeds.clear()
    feed._feeds.update(before)
