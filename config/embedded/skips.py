"""A pytest plugin that counts what was skipped for a missing program: ``-p config.embedded.skips``.

Writes ``{"browser": n, "mail": n}`` to the file named in BECKON_SKIPS, for the last line of ``make test``.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

MARKERS = ("browser", "mail")
_skipped: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.update(marker for marker in MARKERS if marker in report.keywords)


def pytest_sessionfinish(session: pytest.Session) -> None:
    target = os.environ.get("BECKON_SKIPS")
    # With several workers every report reaches their controller, which counts for all.
    if target and not hasattr(session.config, "workerinput"):
        Path(target).write_text(json.dumps(_skipped))
