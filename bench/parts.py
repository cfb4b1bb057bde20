"""Benches of several parts: each is a program of its own with a stack of its own, run one after the other."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: A part's module, its arguments at the sizes of the bounds, and small ones.
Part = tuple[str, list[str], list[str]]


def run(parts: Mapping[str, Part], *, about: str | None) -> int:
    """Run the parts named on the command line; the exit code says whether the bounds hold.

    At the end stands one JSON object of all figures.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=" ".join(parts), help=f"some of: {' '.join(parts)}")
    parser.add_argument("--size", choices=["full", "small"], default="full")
    wanted = parser.parse_args()
    chosen = wanted.parts.replace(",", " ").split()
    if unknown := [part for part in chosen if part not in parts]:
        parser.error(f"there is no part {' '.join(unknown)}; there are {' '.join(parts)}")
    found: dict[str, object] = {}
    failed = []
    for part in chosen:
        module, full, small = parts[part]
        print(f"\n── {part} " + "─" * (60 - len(part)), flush=True)
        begun = time.monotonic()
        code, figures = _run(module, full if wanted.size == "full" else small)
        print(f"took {time.monotonic() - begun:.0f} s", flush=True)
        found |= figures
        if code:
            failed.append(part)
    print(f"\n{json.dumps(found)}")
    print(f"Bounds missed, or broken off: {', '.join(failed)}" if failed else "Every bound holds.")
    return int(bool(failed))


def _run(module: str, arguments: list[str]) -> tuple[int, dict[str, object]]:
    """Run one part, show what it prints but its last line, and read that one: its figures as JSON."""
    command = [sys.executable, "-m", module, *arguments]
    last = ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                last = line
            else:
                print(line, end="", flush=True)
    return process.returncode, json.loads(last) if last else {}
