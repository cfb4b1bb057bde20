"""What the import bench works on: an owner, files begun and finished, searches meanwhile, and the floor."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.models import Organisation, Role, User
from foundation import runs
from foundation.models import Run
from sourcing.importing import uploading
from sourcing.models import ImportRun
from sourcing.search import query


def make_owner() -> User:
    """An admin of an organisation of their own."""
    organisation = Organisation.objects.create(name="Bench")
    return User.objects.create_user(
        "bench@bench.example", name="Bench", organisation=organisation, role=Role.ADMIN
    )


def begin(owner: User, data: bytes, name: str) -> ImportRun:
    """Uploaded, guessed and started."""
    found = uploading.upload(actor=owner, file=SimpleUploadedFile(name, data))
    return uploading.start(import_run=found, actor=owner)


def import_file(owner: User, data: bytes, name: str) -> None:
    """The whole way, in this process."""
    begun = begin(owner, data, name)
    assert begun.run_id is not None
    while runs.work(begun.run_id):
        pass


def counts(begun: ImportRun) -> ImportRun:
    """The import as it ended."""
    begun.refresh_from_db()
    assert begun.imported + begun.updated + begun.rejected == begun.rows
    return begun


def phases(begun: ImportRun) -> dict[str, float]:
    """Seconds until all rows were staged and joined, and from then to the end."""
    assert begun.run_id is not None
    run = Run.objects.across_organisations("the bench").get(pk=begun.run_id)
    first = begun.slices.order_by("number").first()
    assert first is not None
    assert run.started_at is not None
    assert run.ended_at is not None
    # ``written_at`` is when the first slice's transaction began.
    return {
        "staging": (first.written_at - run.started_at).total_seconds(),
        "writing": (run.ended_at - first.written_at).total_seconds(),
    }


def search_until(over: Callable[[], bool], viewer: User, texts: Sequence[str]) -> list[float]:
    """Seconds of each search, two a second, until ``over()``."""
    found: list[float] = []
    while not over():
        started = time.monotonic()
        query.people(viewer=viewer, text=texts[len(found) % len(texts)])
        found.append(time.monotonic() - started)
        time.sleep(max(0.0, 0.5 - found[-1]))
    return found


def p95(values: Sequence[float]) -> float:
    """The value that nineteen of twenty do not exceed."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * 0.95)] if ordered else 0.0


def copy_floor(tables: Sequence[str], owner: User, *, people: int) -> float:
    """People per second of plain COPY: the last ``people`` made, into tables with the same columns and indexes."""
    spent = 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id) FROM (SELECT id FROM sourcing_candidate WHERE organisation_id = %s"
            " ORDER BY id DESC LIMIT %s) last",
            [owner.organisation_id, people],
        )
        (first,) = cursor.fetchone()
        for table in tables:
            key = "id" if table == "sourcing_candidate" else "candidate_id"
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            data = io.StringIO()
            rows = f"SELECT * FROM {table} WHERE {key} >= {first}"  # noqa: S608 - only constants of the bench
            cursor.copy_expert(f"COPY ({rows}) TO STDOUT", data)
            columns = _plain_columns(table)
            data.seek(0)
            started = time.monotonic()
            cursor.copy_expert(f"COPY floor_{table} ({columns}) FROM STDIN", data)
            spent += time.monotonic() - started
            cursor.execute(f"DROP TABLE floor_{table}")
    return people / spent


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
