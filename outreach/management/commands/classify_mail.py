"""Says what each mail is: bounce (and of which class), automatic answer, reply … One JSON line a file (for support)."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from outreach.inbound.describing import Described, describe, nothing

#: Seconds for one mail; whatever it is made of, the next one gets its turn.
LONGEST = 1.7
#: No provider takes bigger mail (Microsoft 365: 150 MB); and a device that never ends is no mail.
MOST_BYTES = 200 << 20


class Command(BaseCommand):
    """``manage.py classify_mail PATH…``: files as the mail server has them, or folders of such files."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The files and folders."""
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a file, in the order of their names; what is unreadable is ``other`` and says why."""
        for path in _files(options["paths"]):
            self.stdout.write(json.dumps({"file": str(path)} | _of(path)))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        else:
            yield path


def _of(path: Path) -> dict[str, Any]:
    found: Described
    try:
        with _at_most(LONGEST):
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES)
            found = describe(raw) if raw.strip() else nothing("The file is empty.")
    except OSError as problem:
        found = nothing(f"The file cannot be read: {problem.strerror or type(problem).__name__}.")
    except _TooLong:
        found = nothing(f"Reading it took longer than {LONGEST} seconds.")
    except Exception as problem:  # noqa: BLE001 - one mail never keeps the others from being told; it says what failed
        found = nothing(f"It cannot be understood ({type(problem).__name__}).")
    return dict(found)


class _TooLong(BaseException):
    """Not an Exception: the readers of broken mail catch those, and this one is to reach the top."""


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
