"""How much memory the server takes, from how much the machine has. PostgreSQL's own defaults are for 1 GB machines."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path

MB = 1024 * 1024
#: Where a container is told its limit: control groups version 2 and 1.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def settings(memory: int, *, fits: Callable[[int], bool] = lambda _: True) -> dict[str, str]:
    """Server settings for a machine of ``memory`` bytes that Beckon's own processes run on too. Pure.

    The first GB is left to those processes; of the rest a quarter is PostgreSQL's page cache. ``fits`` says whether
    so many bytes of shared memory can be had; it is asked for less until they can.
    """
    shared = _between(128 * MB, (memory - 1024 * MB) // 4, 4096 * MB)
    while shared > 16 * MB and not fits(shared):
        shared //= 2
    return {
        "shared_buffers": _size(shared),
        "effective_cache_size": _size(max(memory // 2, shared)),
        # For each sort and each bitmap of a question: a million people's pages stay exact in 16 MB.
        "work_mem": _size(_between(4 * MB, memory // 512, 32 * MB)),
        "maintenance_work_mem": _size(_between(64 * MB, memory // 16, 512 * MB)),
        # Disks without a head to move.
        "random_page_cost": "1.1",
        "jit": "off",
    }


def available() -> int:
    """Bytes of memory this process may count on: the machine's, or less in a container."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits()]
    return min(each for each in found if each > 0)


def can_share(size: int) -> bool:
    """Whether so much shared memory can be mapped, as PostgreSQL does when it starts."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, ValueError):
        return False
    return True


def _limits() -> Iterator[int]:
    for name in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no such file, or the word "max"
            yield int(Path(name).read_text())


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _size(size: int) -> str:
    return f"{size // MB}MB"
