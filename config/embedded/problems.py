"""The one error of this package whose text is written for the person at the terminal."""

from __future__ import annotations

import sys


class SetupProblem(Exception):
    """Something on this machine stands in the way; the text says what, where, and what to do about it."""


def tell(problem: SetupProblem) -> int:
    """Print the problem as the last thing the person sees; answers the exit code for it."""
    sys.stdout.flush()
    sys.stderr.write(f"\nbeckon: {problem}\n")
    sys.stderr.flush()
    return 1
