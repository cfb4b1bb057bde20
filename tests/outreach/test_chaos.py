"""The crash test in its short form: the long one is ``make chaos``."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_workers_a_flushed_redis_and_cut_lines_send_nothing_twice_and_lose_nothing():
    command = [sys.executable, "-m", "bench.chaos", "--messages", "150", "--kills", "5", "--flushes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    counts = json.loads(done.stdout.splitlines()[-1])
    assert (counts["messages"], counts["kills"], counts["flushes"]) == (150, 5, 1)
    assert (counts["duplicates"], counts["lost"]) == (0, 0)
    assert counts["arrived"] >= counts["sent"]
