"""``make bench-duplicates ROWS=…``: how long the scan for duplicates takes, that it grows near linearly, that it finds.

On the people of ``sourcing_data``: two organisations, one with a tenth of the other's people, are scanned as if for the
first time. One person in :data:`EVERY` is there twice before, written as another source writes them; they go again
afterwards. Growth is measured in processor time, which other work on the machine does not change.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import Figure, show
from bench.sourcing_data import Data, people

#: Ten minutes for a million.
SECONDS_PER_PERSON = 600 / 1_000_000
#: One person in this many exists twice.
EVERY = 20

# Who is there once more, under which id, and how the second record differs: 0 the same address and no position,
# 1 an initial and the same address with a tag, 2 another address and the name in capitals.
_AGAIN = """
CREATE TABLE bench_again AS
SELECT c.id AS original, %s + row_number() OVER (ORDER BY c.id) AS id, p.normalised AS email,
       CASE WHEN p.normalised IS NULL THEN 2 ELSE row_number() OVER (ORDER BY c.id) %% 3 END AS way
  FROM sourcing_candidate c
  LEFT JOIN LATERAL (SELECT normalised FROM sourcing_contactpoint
                      WHERE candidate_id = c.id AND kind = 'email' ORDER BY position LIMIT 1) p ON true
 WHERE c.organisation_id = ANY(%s) AND c.id %% %s = 0;
ALTER TABLE bench_again ADD PRIMARY KEY (id);
INSERT INTO sourcing_candidate
SELECT (jsonb_populate_record(c, jsonb_build_object(
           'id', a.id, 'linkedin_key', '',
           'first_name', CASE a.way WHEN 1 THEN left(c.first_name, 1) ELSE c.first_name END,
           'last_name', CASE a.way WHEN 2 THEN upper(c.last_name) ELSE c.last_name END,
           'title', CASE a.way WHEN 0 THEN '' ELSE c.title END,
           'company', CASE a.way WHEN 0 THEN '' ELSE c.company END))).*
  FROM bench_again a JOIN sourcing_candidate c ON c.id = a.original;
INSERT INTO sourcing_contactpoint (organisation_id, candidate_id, kind, value, normalised, position, type, origin,
                                   source, shared, status, status_note, first_seen_at, last_seen_at)
SELECT c.organisation_id, c.id, 'email', e.email, e.email, 0, 'other', 'imported', 'Bench', true, 'unknown', '',
       now(), now()
  FROM bench_again a JOIN sourcing_candidate c ON c.id = a.id
 CROSS JOIN LATERAL (SELECT CASE a.way WHEN 0 THEN a.email WHEN 1 THEN replace(a.email, '@', '+new@')
                                       ELSE 'again' || a.id || '@home.example' END AS email) e
"""
_FOUND = """
SELECT count(*), count(d.id) FROM bench_again a
  JOIN sourcing_candidate c ON c.id = a.id AND c.organisation_id = %s
  LEFT JOIN sourcing_duplicatepair d ON d.first_id = a.original AND d.second_id = a.id
"""
_AWAY = """
DELETE FROM sourcing_contactpoint WHERE candidate_id IN (SELECT id FROM bench_again);
DELETE FROM sourcing_candidate WHERE id IN (SELECT id FROM bench_again);
DROP TABLE bench_again;
TRUNCATE sourcing_matchkey, sourcing_duplicatepair, sourcing_duplicatescan;
DELETE FROM foundation_delivery WHERE event_id IN (SELECT id FROM foundation_event WHERE kind = 'duplicates.found');
DELETE FROM foundation_event WHERE kind = 'duplicates.found';
DELETE FROM foundation_run WHERE kind = 'duplicates.scan'
"""


@dataclass(frozen=True)
class Scanned:
    """What one scan cost: seconds, processor seconds of ours and the database's, our memory at its highest."""

    people: int
    seconds: float
    processor: float
    megabytes: float
    pairs: int
    compared: int
    skipped: int
    recall: float


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    return show(figures(parser.parse_args().rows))


def figures(rows: int) -> list[Figure]:
    """The figures of a scan among ``rows`` people beside one of a tenth of them."""
    with people(rows) as (_, data):
        return measure(data)


def measure(data: Data) -> list[Figure]:
    """The same in a process that has joined the data already."""
    logging.getLogger().setLevel(logging.WARNING)
    with _twice(data):
        small, large = (_scan(pk) for pk in (data.organisation_ids[1], data.organisation_ids[0]))
    ratio = (large.processor / large.people) / (small.processor / small.people)
    return [
        Figure(
            "duplicate_scan_seconds", large.seconds, SECONDS_PER_PERSON * large.people, unit="s", most=True
        ),
        Figure("duplicate_scan_of_a_tenth_seconds", small.seconds, unit="s"),
        Figure("duplicate_scan_processor_seconds", large.processor, unit="s, ours and the database's"),
        Figure("duplicate_scan_of_a_tenth_processor_seconds", small.processor, unit="s"),
        Figure(
            "duplicate_scan_growth_exponent",
            1 + math.log(ratio) / math.log(large.people / small.people),
            1.15,
            most=True,
        ),
        Figure("duplicate_scan_memory_megabytes", large.megabytes, 300, unit="MB", most=True),
        Figure(
            "duplicate_scan_memory_over_a_tenth_megabytes",
            large.megabytes - small.megabytes,
            60,
            unit="MB",
            most=True,
        ),
        Figure("duplicate_scan_planted_found", min(small.recall, large.recall), 0.95),
        Figure("duplicate_scan_people", large.people),
        Figure("duplicate_scan_pairs", large.pairs),
        Figure("duplicate_scan_compared", large.compared),
        Figure("duplicate_scan_too_common_keys", large.skipped),
    ]


def _scan(organisation_id: int) -> Scanned:
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    from accounts.models import User  # noqa: PLC0415
    from foundation import runs  # noqa: PLC0415
    from sourcing import duplicate_scan  # noqa: PLC0415

    actor = User.objects.get(organisation_id=organisation_id)
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark of memory, anew
    began, busy = time.perf_counter(), _processor_seconds()
    scan = duplicate_scan.start(actor=actor)
    assert scan.run_id is not None
    while runs.work(scan.run_id):
        pass
    seconds, processor = time.perf_counter() - began, _processor_seconds() - busy
    scan.refresh_from_db()
    assert scan.run is not None
    assert scan.run.status == "done", scan.run.problem_text
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [organisation_id])
        planted, found = cursor.fetchone() or (0, 0)
    print(f"{scan.people:>9,} people in {seconds:.1f} s", file=sys.stderr)
    return Scanned(
        scan.people,
        seconds,
        processor,
        _megabytes(),
        scan.pairs,
        scan.compared,
        scan.skipped,
        found / max(planted, 1),
    )


@contextlib.contextmanager
def _twice(data: Data) -> Iterator[None]:
    """Some people once more, and no trace of an earlier scan; afterwards the data are as they were."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    def run(statements: str, values: list[Any] | None = None) -> None:
        with connection.cursor() as cursor:
            # Neither audit nor foreign keys: what is made is right, and what goes was never there.
            cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
            cursor.execute(statements, values)
            cursor.execute("RESET session_replication_role")
            cursor.execute("VACUUM ANALYZE sourcing_candidate, sourcing_contactpoint")
            cursor.execute("RESET statement_timeout")

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_again'), max(id) FROM sourcing_candidate")
        left_over, last = cursor.fetchone() or (None, 0)
    if left_over:
        run(_AWAY)
    run(_AGAIN, [last, data.organisation_ids[:2], EVERY])
    try:
        yield
    finally:
        run(_AWAY)


def _processor_seconds() -> float:
    """Of this process and of its database session."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone() or (0,)
    user, system = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _megabytes() -> float:
    """The most memory this process has held since the mark was set."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
