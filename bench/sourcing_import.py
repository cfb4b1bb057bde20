"""``make bench-sourcing-import ROWS=… IMPORTED=…``: how fast a file goes into an organisation that has people already.

A file of made-up people, one in ten of whom is there, is imported by a worker process of its own into ``ROWS``
existing people, while another makes them searchable and this one asks the recorded questions of the search bench over
HTTP. Rows per second count from Import to the last row saved, matching included. The floor is plain COPY of the very
same rows into tables with the same columns and indexes, measured in the same run.

The data are a copy of those of the search bench, and thrown away.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Figure, show
from bench.sourcing_data import Data, people, recorded
from bench.sourcing_search import Browser
from config.embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
#: COPY of the tables an import fills, in the order of their foreign keys.
TABLES = (
    "sourcing_candidate", "sourcing_contactpoint", "sourcing_socialprofile", "sourcing_education",
    "sourcing_experience", "sourcing_personsearch",
)  # fmt: skip
#: People whose rows the floor copies.
_COPIED = 50_000


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--existing", type=int, default=200_000, help="people who are there already")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the file")
    parser.add_argument("--known", type=float, default=0.1, help="share of the rows that are people we have")
    parser.add_argument("--part", choices=["work", "index"], help=argparse.SUPPRESS)
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.part:
        return _part(wanted.part, wanted.run)
    return show(figures(existing=wanted.existing, rows=wanted.rows, known=wanted.known))


def figures(*, existing: int, rows: int, known: float = 0.1) -> list[Figure]:
    """Measure on a stack of its own. Must be called in a main thread of a process without Django."""
    with (
        people(existing, scratch=True, web=True) as (stack, data),
        tempfile.TemporaryDirectory() as folder,
    ):
        return _measure(stack, data, Path(folder) / "people.csv", rows=rows, known=known)


def _measure(stack: Stack, data: Data, path: Path, *, rows: int, known: float) -> list[Figure]:
    from accounts.models import User  # noqa: PLC0415 - models are there once Django is loaded
    from bench import import_world as world  # noqa: PLC0415

    owner = User.objects.get(pk=data.user_id)
    world.write_file(path, owner, rows=rows, known=known)
    begun = world.begin(owner, path)
    worker = _start(stack, "work", "--run", str(begun.run_id), stdout=subprocess.PIPE)
    indexer = _start(stack, "index")
    saved: list[datetime.datetime] = []

    def is_over() -> bool:
        if not saved and world.is_saved(begun):
            saved.append(datetime.datetime.now(datetime.UTC))
        return worker.poll() is not None

    searches = _search_until(is_over, Browser(stack, data))
    assert worker.stdout is not None
    memory, cpu = (float(part) for part in worker.stdout.read().split())
    indexer.terminate()
    indexer.wait()
    done, took = world.counts(begun), world.phases(begun, saved[0])
    ours = done.rows / took["saved"]
    print(
        f"{done.rows:,} rows: {done.imported:,} new, {done.updated:,} known, {done.rejected:,} refused or joined;"
        f" {ours:,.0f} rows/s, {len(searches)} searches",
        file=sys.stderr,
    )
    floor = world.copy_floor(TABLES, begun, people=_COPIED)
    return [
        Figure("import_rows_per_second", ours, floor=3_000.0, unit="rows/s"),
        Figure("import_against_copy", ours / floor, unit="of plain COPY"),
        Figure("copy_rows_per_second", floor, unit="rows/s"),
        Figure("import_memory_mb", memory, floor=300.0, unit="MB", most=True),
        Figure(
            "import_searchable_seconds_after_last_row",
            took["searchable"] - took["saved"],
            floor=300.0,
            unit="s",
            most=True,
        ),
        Figure("search_p95_meanwhile_ms", world.p95(searches) * 1_000, floor=400.0, unit="ms", most=True),
        Figure("import_worker_cpu_ms_per_row", cpu / done.rows * 1_000, unit="ms"),
        *(Figure(f"import_seconds_{name}", value, unit="s") for name, value in took.items()),
    ]


def _start(stack: Stack, part: str, *more: str, stdout: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.sourcing_import", "--part", part, *more]
    return subprocess.Popen(command, env=stack.env, cwd=ROOT, stdout=stdout, text=True)


def _search_until(over: Callable[[], bool], browser: Browser) -> list[float]:
    """Seconds of each page of people, one a second, until ``over()``."""
    questions, found = recorded(), list[float]()
    while not over():
        started = time.monotonic()
        status, _ = browser.get(f"/people/?{questions[len(found) % len(questions)]}")
        assert status == 200
        found.append(time.monotonic() - started)
        time.sleep(max(0.0, 1.0 - found[-1]))
    return found


def _part(part: str, run_id: int) -> int:
    """What the tasks do in workers of their own; ``work`` ends by itself and prints memory in MB and CPU seconds."""
    import django  # noqa: PLC0415 - only in the child

    django.setup()
    from bench import import_world as world  # noqa: PLC0415 - models are there once Django is loaded

    if part == "work":
        print(*world.work(run_id))
    else:
        world.index_for_ever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
