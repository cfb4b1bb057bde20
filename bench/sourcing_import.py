"""``python -m bench.sourcing_import``: how fast an import goes into an organisation that has people already.

A file of made-up people, some of whom are there, is imported by a worker process of its own while this one searches.
Printed are rows per second from Import to the last row saved, against the bound and the floor: plain COPY of the very
same rows into tables with the same columns and indexes, measured in the same run.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.report import Figure, show
from config.embedded.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
HEADER = (
    "First Name", "Last Name", "Title", "Company", "Location", "LinkedIn", "Email", "Personal Email", "Phone",
    "School", "Degree", "Start Date", "Company 2", "Title 2", "Skills", "Summary",
)  # fmt: skip
FIRST = (
    "Jonas",
    "Ida",
    "Anna",
    "Bo",
    "Carla",
    "Dmitri",
    "Élodie",
    "Farid",
    "Grace",
    "Hiro",
    "Jürgen",
    "Mei",
    "Olu",
)
LAST = (
    "Lehner",
    "Hansen",
    "Müller",
    "Smith",
    "García",
    "Nguyen",
    "Kowalska",
    "Haddad",
    "Okafor",
    "Sato",
    "Novák",
)
TITLES = ("Software Engineer", "Senior Backend Developer", "Recruiter", "Data Scientist", "Account Executive")
SKILLS = (
    "Python",
    "Django",
    "PostgreSQL",
    "Kubernetes",
    "Go",
    "Rust",
    "React",
    "Sales",
    "Excel",
    "SAP",
    "Java",
    "C++",
)
SCHOOLS = ("TU Munich", "ETH Zürich", "University of Warsaw", "MIT", "Sorbonne")
QUERIES = ("python", "senior backend", "python kubernetes", "lehner", "sap excel", "munich rust", "")
#: COPY of the tables an import fills, in the order of their foreign keys.
TABLES = (
    "sourcing_candidate", "sourcing_contactpoint", "sourcing_socialprofile", "sourcing_education",
    "sourcing_experience", "sourcing_personsearch",
)  # fmt: skip


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--existing", type=int, default=200_000, help="people who are there already")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the file")
    parser.add_argument("--known", type=float, default=0.1, help="share of the rows that are people we have")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--index", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.work:
        return _work(wanted.work)
    if wanted.index:
        return _index()
    with Stack(workers=(), beat=False, web=False) as stack:
        stack.use_django()
        return show(_measure(stack, existing=wanted.existing, rows=wanted.rows, known=wanted.known))


def people(first: int, last: int) -> Iterator[list[str]]:
    """Rows of a file: the person of a number is always the same."""
    for number in range(first, last):
        dice = random.Random(number)
        name, family = dice.choice(FIRST), f"{dice.choice(LAST)}{number % 997}"
        company = f"Company {int(dice.paretovariate(0.8)) % 20_000}"
        yield [
            name, family, dice.choice(TITLES), company, "Munich, Germany", f"https://www.linkedin.com/in/p{number}",
            f"p{number}@company{number % 5_000}.com", f"p{number}@gmail.com", f"+49 151 5{number:07d}",
            dice.choice(SCHOOLS), "MSc", f"{2000 + number % 20}-0{1 + number % 9}",
            f"Company {number % 3_000}", dice.choice(TITLES),
            "; ".join(dice.sample(SKILLS, 5)), f"{name} builds things that last, with {dice.choice(SKILLS)}. " * 3,
        ]  # fmt: skip


def _measure(stack: Stack, *, existing: int, rows: int, known: float) -> list[Figure]:
    from bench import import_world as world  # noqa: PLC0415 - models are there once Django is loaded

    owner = world.make_owner()
    if existing:
        world.import_file(owner, _file(0, existing), "existing.csv")
    known_rows = int(rows * known)
    begun = world.begin(owner, _file(existing - known_rows, existing + rows - known_rows), "new.csv")
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.sourcing_import", "--work", str(begun.run_id)],
        env=stack.env, cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    indexer = subprocess.Popen(
        [sys.executable, "-m", "bench.sourcing_import", "--index"], env=stack.env, cwd=ROOT
    )
    searches = world.search_until(lambda: child.poll() is not None, owner, QUERIES)
    output, _ = child.communicate()
    indexer.terminate()
    indexer.wait()
    seconds, memory, cpu = (float(part) for part in output.split())
    done = world.counts(begun)
    floor = world.copy_floor(TABLES, owner, people=done.imported)
    ours = done.rows / seconds
    return [
        Figure("import_rows_per_second", ours, floor=3_000.0, unit="rows/s"),
        Figure("import_against_copy", ours / floor, unit="of plain COPY"),
        Figure("copy_rows_per_second", floor, unit="rows/s"),
        Figure("import_memory_mb", memory, floor=300.0, unit="MB", most=True),
        Figure("import_worker_cpu_ms_per_row", cpu / done.rows * 1_000, unit="ms"),
        Figure("search_p95_meanwhile_ms", world.p95(searches) * 1_000, floor=400.0, unit="ms", most=True),
        *(Figure(f"import_seconds_{name}", value, unit="s") for name, value in world.phases(begun).items()),
    ]


def _work(run_id: int) -> int:
    """What the worker does, in a process of its own: prints seconds, peak memory in MB and its own CPU seconds."""
    import django  # noqa: PLC0415 - only in the worker

    django.setup()
    from foundation import runs  # noqa: PLC0415 - models are there once Django is loaded

    started, cpu = time.monotonic(), time.process_time()
    while runs.work(run_id):
        pass
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(time.monotonic() - started, memory, time.process_time() - cpu)
    return 0


def _index() -> int:
    """What the task ``sourcing.index_imports`` does in another worker, until it is ended."""
    import django  # noqa: PLC0415 - only in the worker

    django.setup()
    from sourcing.importing import indexing  # noqa: PLC0415 - models are there once Django is loaded

    while True:
        indexing.some(seconds=15.0)
        time.sleep(0.2)


def _file(first: int, last: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(people(first, last))
    return text.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main())
