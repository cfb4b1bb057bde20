"""The sandbox's mail world in its own process, for tests of outreach."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESS, PASSWORD = "alice@demo.example", "right-password"


@contextlib.contextmanager
def running_sandbox(folder: Path, *switches: str) -> Iterator[dict[str, Any]]:
    """Addresses of a running sandbox with one account; it ends with the block."""
    command = [sys.executable, "-m", "sandbox", "--dir", str(folder), "--account", f"{ADDRESS}:{PASSWORD}"]
    for switch in switches:
        command += ["--set", switch]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            written = folder / "sandbox.json"
            until = time.monotonic() + 20
            while not written.exists():
                assert process.poll() is None, process.stdout and process.stdout.read()
                assert time.monotonic() < until, "the sandbox did not start"
                time.sleep(0.05)
            yield json.loads(written.read_text())
        finally:
            process.terminate()
