"""How answers are read: the confusion matrix of the labelled ones (``make bench-interest``).

Rows are what a person says, columns what was read; ``none`` is doubt. Precision is over what was said at all.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from outreach.inbound.interest import read_interest
from outreach.states import Interest

_REPLIES = Path(__file__).parent.parent / "tests" / "outreach" / "inbound" / "replies"
LABELLED, HELD_OUT = _REPLIES / "labelled.tsv", _REPLIES / "held_out.tsv"
KINDS = (*Interest.values, "none")


def answers(path: Path) -> list[tuple[str, str, str]]:
    """Label, language and text of every answer in a file."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        label, language, text = line.split("\t")
        found.append((label, language, text.replace("\\n", "\n")))
    return found


def confusion(rows: list[tuple[str, str, str]]) -> Counter[tuple[str, str]]:
    """How often an answer with the first label was read as the second."""
    return Counter(
        (label, str(found.value) if (found := read_interest(text).interest) else "none")
        for label, _, text in rows
    )


def _print(path: Path) -> None:
    rows = answers(path)
    began = time.process_time()
    matrix = confusion(rows)
    spent = (time.process_time() - began) / len(rows) * 1000
    out = sys.stdout.write
    out(f"\n{path.name}: {len(rows)} answers, {spent:.2f} ms each\n")
    out(f"{'said / read':16}" + "".join(f"{kind[:10]:>11}" for kind in KINDS) + "\n")
    for said in KINDS:
        out(f"{said:16}" + "".join(f"{matrix[said, read] or '·':>11}" for read in KINDS) + "\n")
    right = sum(count for (said, read), count in matrix.items() if said == read)
    told = sum(count for (_, read), count in matrix.items() if read != "none")
    true = sum(count for (said, read), count in matrix.items() if said == read != "none")
    out(f"right {right} of {len(rows)}; said something {told} times, rightly {true}\n")


def main() -> None:
    """Print both matrices."""
    for path in (LABELLED, HELD_OUT):
        _print(path)


if __name__ == "__main__":
    main()
