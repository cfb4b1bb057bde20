from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from outreach.transports.smtp import pool
from tests.outreach.sandbox_process import running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as addresses:
        yield addresses


@pytest.fixture(autouse=True)
def no_session_is_left() -> Iterator[None]:
    yield
    pool.clear()
