"""Where Chromium is and how it is started; shared by the tests and the screenshot script."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

#: Nothing of the browser itself goes online; colours and glyphs are the same on every machine.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
#: Milliseconds that something may take to appear; it costs only where it never does.
PATIENCE = 30_000
DESK, PHONE = (1280, 800), (390, 844)


#: Chromium without its own windows: the same pages for a fifth less work. It knows no extensions.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")


def executable(*, extensions: bool = False) -> str | None:
    """``$CHROMIUM``, else the shell, else what is on the PATH; with ``extensions`` a whole browser. None when there is
    none.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    names = WHOLE if extensions else (SHELL, *WHOLE)
    return next((found for found in map(shutil.which, names) if found), None)


def required(*, extensions: bool = False) -> str:
    """As :func:`executable`; without one the test is skipped, or fails with ``CI=true``."""
    path = executable(extensions=extensions)
    if path is None:
        reason = "no Chromium: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
