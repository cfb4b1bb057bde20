"""``make bench-integrations PARTS=…``: every bound of integrations on speed and scale, one part after the other.

Each part is a program of its own (``python -m bench.integrations_export --help``) with a stack of its own, and prints
its table. ``small`` sizes show in a few minutes that everything works; ``full`` ones are those of the bounds.
"""

from __future__ import annotations

import sys

from bench import parts

PARTS: dict[str, parts.Part] = {
    "export": ("bench.integrations_export", [], ["--people", "300"]),
    "limit": ("bench.integrations_limit", [], ["--seconds", "5"]),
    "pull": ("bench.integrations_pull", [], ["--people", "3000"]),
    "chaos": ("bench.integrations_chaos", [], ["--kills", "10", "--people", "40"]),
}

if __name__ == "__main__":
    sys.exit(parts.run(PARTS, about=__doc__))
