"""Where Chromium is and how it is started; shared by the tests and the screenshot script."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

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


def executable() -> str | None:
    """``$CHROMIUM``, else Debian's, else what is on the PATH; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(
        (found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found),
        None,
    )
