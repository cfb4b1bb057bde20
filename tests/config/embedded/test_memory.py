"""What PostgreSQL is given of a machine's memory."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.embedded import memory

GB = 1024 * memory.MB


def megabytes(setting: str) -> int:
    match = re.fullmatch(r"(\d+)MB", setting)
    assert match is not None
    return int(match[1])


@pytest.mark.parametrize(
    ("machine", "shared", "work"),
    [
        (GB // 2, 128, 4),
        (1 * GB, 128, 4),
        (2 * GB, 256, 4),
        (8 * GB, 1792, 16),
        (64 * GB, 4096, 32),
    ],
)
def test_the_cache_grows_with_the_machine_and_a_small_one_keeps_the_servers_own(
    machine: int, shared: int, work: int
) -> None:
    found = memory.settings(machine)
    assert found["shared_buffers"] == f"{shared}MB"
    assert found["work_mem"] == f"{work}MB"


@given(st.integers(min_value=64 * memory.MB, max_value=4096 * GB))
def test_every_machine_gets_sizes_the_server_takes(machine: int) -> None:
    found = memory.settings(machine)
    shared = megabytes(found["shared_buffers"])
    assert 128 <= shared <= 4096
    assert megabytes(found["effective_cache_size"]) >= shared
    assert 4 <= megabytes(found["work_mem"]) <= 32
    assert 64 <= megabytes(found["maintenance_work_mem"]) <= 512


def test_less_is_asked_for_where_shared_memory_is_short() -> None:
    allowed = 300 * memory.MB
    found = memory.settings(64 * GB, fits=lambda size: size <= allowed)
    assert found["shared_buffers"] == "256MB"
    assert memory.settings(64 * GB, fits=lambda _: False)["shared_buffers"] == "16MB"


def test_a_container_counts_on_its_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cgroup")
    machine = memory.available()
    limit, none = folder / "limit", folder / "none"
    limit.write_text(f"{machine // 2}\n")
    none.write_text("max\n")
    monkeypatch.setattr(memory, "_LIMITS", (str(none), str(folder / "missing")))
    assert memory.available() >= machine
    monkeypatch.setattr(memory, "_LIMITS", (str(none), str(limit)))
    assert memory.available() == machine // 2


def test_shared_memory_is_tried_before_it_is_asked_for() -> None:
    assert memory.can_share(memory.MB)
    assert not memory.can_share(2**62)
