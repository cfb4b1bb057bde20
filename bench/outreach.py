"""``make bench-outreach PARTS=…``: every bound of outreach on speed and scale, one part after the other.

Each part is a program of its own (``python -m bench.outreach_tick --help``) with a stack of its own, and prints its
table. ``small`` sizes take about two minutes in all and show that everything works; ``full`` ones are those of the
bounds. At the end stands one JSON object of all figures; the exit code is 0 only when every bound holds.
"""

from __future__ import annotations

import sys

from bench import parts

PARTS: dict[str, parts.Part] = {
    "drain": ("bench.outbox", ["--workers", "2"], ["--workers", "2", "--slow", "12", "--fast", "30"]),
    "lateness": ("bench.outreach_lateness", [], ["--mailboxes", "40", "--gap", "4", "--each", "3"]),
    "start": ("bench.outreach_start", [], ["--recipients", "2000", "--repeat", "5"]),
    "tick": ("bench.outreach_tick", [], ["--future", "200000", "--repeat", "5"]),
    "reading": ("bench.outreach_reading", [], ["--messages", "50000", "--mails", "500"]),
    "pages": ("bench.outreach_pages", [], ["--messages", "100000", "--planned", "20000", "--repeat", "8"]),
    "limits": ("bench.outreach_limits", [], ["--mailboxes", "2", "--limit", "10"]),
}


if __name__ == "__main__":
    sys.exit(parts.run(PARTS, about=__doc__))
