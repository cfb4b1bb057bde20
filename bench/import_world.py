"""What the import bench works on: a file about people some of whom are there, searches meanwhile, and the floor."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import os
import random
import resource
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from accounts.models import User
from bench.sourcing_data import World
from foundation import runs
from foundation.models import Run
from sourcing.importing import indexing, uploading
from sourcing.models import ContactPoint, ImportRun

HEADER = (
    "First Name", "Last Name", "Headline", "Title", "Company", "Location", "LinkedIn", "Email", "Personal Email",
    "Phone", "School", "Degree", "Field of Study", "Start Date", "End Date", "Title 2", "Company 2", "Start Date 2",
    "End Date 2", "Skills", "Summary",
)  # fmt: skip
#: Ids of the people of the file, above those of everybody who is there: no address is anybody else's by chance.
_FIRST = 50_000_000
_SEED = 20_251_003

_MADE = """
SELECT candidate_id FROM (SELECT unnest(made) AS candidate_id FROM sourcing_importslice WHERE import_run_id = %s) made
 ORDER BY random() LIMIT %s
"""


def write_file(path: Path, owner: User, *, rows: int, known: float) -> None:
    """A file of ``rows`` made-up people. A share of ``known`` are people of the organisation, as another source writes
    them: their address or profile, a new title, another company."""
    world, dice = World(_SEED), random.Random(_SEED)
    there = _people_with_an_address(owner, int(rows * known))
    new = iter(range(_FIRST, _FIRST + rows))
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADER)
        for number in range(rows):
            person = world.person(next(new))
            if there and dice.random() < len(there) / (rows - number):
                writer.writerow(_cells(person | there.pop()))
            else:
                writer.writerow(_cells(person))


def _people_with_an_address(owner: User, count: int) -> list[dict[str, Any]]:
    points = ContactPoint.objects.for_organisation(owner.organisation_id).filter(kind="email", shared=True)
    columns = ("candidate__first_name", "candidate__last_name", "candidate__linkedin_key", "normalised")
    found = points.order_by("normalised").values_list(*columns)
    step = max(1, found.count() // max(count, 1))
    return [
        {"first_name": first, "last_name": last, "linkedin_key": key, "emails": [email]}
        for at, (first, last, key, email) in enumerate(found.iterator())
        if at % step == 0
    ][:count]


def _cells(person: dict[str, Any]) -> list[str]:
    (title, company, begun, ended), *past = person["experience"]
    school, degree, subject = person["education"][0]
    before = past[0] if past else ("", "", "", "")
    emails = [*person["emails"], "", ""]
    link = person["linkedin_key"]
    return [
        person["first_name"], person["last_name"], person["headline"], title, company, person["location"],
        f"https://www.{link}" if link else "", *emails[:2], *[*person["phones"], ""][:1], school, degree, subject,
        begun, ended, *before, person["skills"].strip("[]").replace('"', "").replace(", ", "; "), person["summary"],
    ]  # fmt: skip


def begin(owner: User, path: Path) -> ImportRun:
    """Uploaded, guessed and started."""
    with path.open("rb") as stored:
        file = UploadedFile(stored, path.name, "text/csv", path.stat().st_size)
        found = uploading.upload(actor=owner, file=file)
    return uploading.start(import_run=found, actor=owner)


def counts(begun: ImportRun) -> ImportRun:
    """The import as it ended: every row is accounted for, and everybody it made can be found."""
    begun.refresh_from_db()
    assert begun.imported + begun.updated + begun.rejected == begun.rows
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [begun.pk, 1_000])
        made = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM sourcing_personsearch WHERE candidate_id = ANY(%s)", [made])
        assert cursor.fetchone() == (len(made),)
    return begun


def is_saved(begun: ImportRun) -> bool:
    """Whether the last row is saved."""
    begun.refresh_from_db()
    return begun.rows > 0 and begun.imported + begun.updated + begun.rejected == begun.rows


def phases(begun: ImportRun, saved: datetime.datetime) -> dict[str, float]:
    """Seconds from Import until all rows are staged and joined, until the last is saved, and until all can be found."""
    assert begun.run_id is not None
    run = Run.objects.across_organisations("the bench").get(pk=begun.run_id)
    assert run.started_at is not None
    found = [end for end in begun.slices.values_list("indexed_at", flat=True) if end is not None]
    ends = {
        # When the first slice's transaction began.
        "staged": begun.slices.order_by("number").values_list("written_at", flat=True)[0],
        "saved": saved,
        "searchable": max(found),
    }
    began = run.started_at
    return {name: (end - began).total_seconds() for name, end in ends.items()}


def work(run_id: int) -> tuple[float, float]:
    """The import itself, with a process beside it as in a worker: the memory of both in MB at the most (what they share
    counted once), and CPU seconds."""
    memory = Memory()
    while runs.work(run_id):
        pass
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return memory.stop(), cpu


class Memory(threading.Thread):
    """Looks at the memory of this process and its children four times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._most, self._over = 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(0.25):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            threads = Path("/proc/self/task").iterdir()
            for thread in threads:
                with contextlib.suppress(FileNotFoundError):
                    children += (thread / "children").read_text().split()
            self._most = max(self._most, sum(_resident(pid) for pid in ["self", *set(children)]))

    def stop(self) -> float:
        """The most there was, in MB."""
        self._over.set()
        return self._most / 1_024


def _resident(pid: str) -> int:
    try:
        status = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("Pss:")), 0)


def index_for_ever() -> None:
    """What the task ``sourcing.index_imports`` does in another worker."""
    while True:
        indexing.some(seconds=15.0)
        time.sleep(0.2)


def p95(values: Sequence[float]) -> float:
    """The value that nineteen of twenty do not exceed."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.95)] if ordered else 0.0


def copy_floor(tables: Sequence[str], begun: ImportRun, *, people: int) -> float:
    """People per second of plain COPY: of those the import made, into tables with the same columns and indexes."""
    spent = 0.0
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "CREATE TEMPORARY TABLE floor_people AS SELECT candidate_id FROM (SELECT unnest(made) AS candidate_id"
            " FROM sourcing_importslice WHERE import_run_id = %s) m ORDER BY 1 LIMIT %s",
            [begun.pk, people],
        )
        count = int(cursor.rowcount)
        for table in tables:
            key = "id" if table == "sourcing_candidate" else "candidate_id"
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            data = io.StringIO()
            rows = f"SELECT * FROM {table} WHERE {key} IN (SELECT candidate_id FROM floor_people)"  # noqa: S608 - only constants of the bench
            cursor.copy_expert(f"COPY ({rows}) TO STDOUT", data)
            columns = _plain_columns(table)
            data.seek(0)
            started = time.monotonic()
            cursor.copy_expert(f"COPY floor_{table} ({columns}) FROM STDIN", data)
            spent += time.monotonic() - started
            cursor.execute(f"DROP TABLE floor_{table}")
        cursor.execute("DROP TABLE floor_people")
    return count / spent


def _plain_columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        row = cursor.fetchone()
        assert row is not None
        return str(row[0])
