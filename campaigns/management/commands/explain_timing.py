"""Says when each step of a sequence would leave and by which rule: JSON lines in, JSON lines out (for support)."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns import rehearsing


class Command(BaseCommand):
    """``manage.py explain_timing [FILE]``; without a file it reads its input. The fields are in docs/support.md."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The file with the questions, one JSON object a line."""
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """One answer a line, in the order of the questions; an empty line is no question."""
        try:
            with (
                options["file"].open("rb")
                if options["file"]
                else contextlib.nullcontext(sys.stdin.buffer) as source
            ):
                for line in source:
                    if line.strip():
                        self.stdout.write(json.dumps(rehearsing.answer(line.decode("utf-8", "replace"))))
        except OSError as problem:
            raise CommandError(f"{options['file']} cannot be read: {problem.strerror}.") from None
