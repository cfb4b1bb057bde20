"""Being a good child process: ending with the parent, and telling it where to find us."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> bool:
    """Have the kernel stop this process when its parent dies; False if the parent is gone already.

    The signal comes when the *thread* that started this process ends: start it from the main thread.
    Other systems than Linux have no such thing; there the caller must stop it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def write_whole(path: Path, content: str) -> None:
    """Write a file so that a reader sees all of it or none. Only its owner may read it: it may hold passwords."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    fresh.replace(path)
