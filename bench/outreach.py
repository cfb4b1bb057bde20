"""``make bench-outreach PARTS=…``: every bound of outreach on speed and scale, one part after the other.

Each part is a program of its own (``python -m bench.outreach_tick --help``) with a stack of its own, and prints its
table. ``small`` sizes take about two minutes in all and show that everything works; ``full`` ones are those of the
bounds. At the end stands one JSON object of all figures; the exit code is 0 only when every bound holds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Part → its module, arguments at the sizes of the bounds, and small ones.
PARTS: dict[str, tuple[str, list[str], list[str]]] = {
    "drain": ("bench.outbox", ["--workers", "2"], ["--workers", "2", "--slow", "12", "--fast", "30"]),
    "lateness": ("bench.outreach_lateness", [], ["--mailboxes", "40", "--gap", "4", "--each", "3"]),
    "start": ("bench.outreach_start", [], ["--recipients", "2000", "--repeat", "5"]),
    "tick": ("bench.outreach_tick", [], ["--future", "200000", "--repeat", "5"]),
    "reading": ("bench.outreach_reading", [], ["--messages", "50000", "--mails", "500"]),
    "pages": ("bench.outreach_pages", [], ["--messages", "100000", "--planned", "20000", "--repeat", "8"]),
    "limits": ("bench.outreach_limits", [], ["--mailboxes", "2", "--limit", "10"]),
}


def main() -> int:
    """Run the parts; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=" ".join(PARTS), help=f"some of: {' '.join(PARTS)}")
    parser.add_argument("--size", choices=["full", "small"], default="full")
    wanted = parser.parse_args()
    chosen = wanted.parts.replace(",", " ").split()
    if unknown := [part for part in chosen if part not in PARTS]:
        parser.error(f"there is no part {' '.join(unknown)}; there are {' '.join(PARTS)}")
    found: dict[str, object] = {}
    failed = []
    for part in chosen:
        module, full, small = PARTS[part]
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


if __name__ == "__main__":
    sys.exit(main())
