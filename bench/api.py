"""``make bench-api PARTS=…``: every bound of the API, one part after the other.

``events`` told to a local receiver, ``panel`` open until the person is shown among a million people, ``create`` with an
``Idempotency-Key``, ``schema``: every operation asked by schemathesis as three roles and a stranger. Each part is a
program of its own with a stack of its own and prints its table. At the end stands one JSON object of all figures; the
exit code is 0 only when every bound holds.
"""

from __future__ import annotations

import sys

from bench import parts

PARTS: dict[str, parts.Part] = {
    "events": ("bench.api_events", [], ["--events", "1000"]),
    "panel": ("bench.api_panel", [], ["--rows", "50000", "--repeat", "40"]),
    "create": ("bench.api_create", [], ["--rows", "50000", "--creates", "100"]),
    "schema": ("bench.api_schema_fuzz", [], ["--examples", "1"]),
}


if __name__ == "__main__":
    sys.exit(parts.run(PARTS, about=__doc__))
