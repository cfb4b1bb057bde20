"""What Import would do, before anything is written: how many people are new, updated, in conflict, refused, and who.

The first rows are looked at for the page at once (``previewing``); a run of kind ``import_check`` stages the whole file
as Import does, looks at every slice and leaves the staged rows for Import to go on from. People are only read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict
from sourcing.importing import differing, incoming, known
from sourcing.importing.locking import locked
from sourcing.models import ImportRun

#: Shown of each kind.
EXAMPLES = 5

_KINDS = """
CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
SELECT i.line, i.candidate_id, i.first_name, i.last_name, i.emails->0->>0 AS email,
       CASE WHEN i.candidate_id IS NULL THEN 'fresh' WHEN d.clashes IS NULL THEN 'updated' ELSE 'conflict' END AS kind,
       d.clashes
  FROM incoming i
  LEFT JOIN (SELECT candidate_id,
                    jsonb_agg(jsonb_build_array(field, present, wanted, wins) ORDER BY field) AS clashes
               FROM differing WHERE clash GROUP BY candidate_id) d ON d.candidate_id = i.candidate_id
"""
_COUNT = "SELECT kind, count(*) FROM judged GROUP BY kind"
_FIRST = """
SELECT j.kind, j.line, trim(j.first_name || ' ' || j.last_name), j.email, j.candidate_id,
       trim(c.first_name || ' ' || c.last_name), j.clashes
  FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY line) AS place FROM judged) j
  LEFT JOIN sourcing_candidate c ON c.id = j.candidate_id
 WHERE j.place <= %s OR j.line = ANY(%s)
 ORDER BY j.line
"""


@dataclass(frozen=True)
class Example:
    """One row of the file: who it is, whom we have, and where both say something else.

    ``clashes`` are ``[field, present, wanted, whether wanted wins]``.
    """

    kind: str
    line: int
    name: str
    email: str
    candidate_id: int | None
    known_as: str
    clashes: list[list[Any]]

    def as_json(self) -> dict[str, Any]:
        """For ``ImportRun.checked``."""
        return dict(vars(self))


def judge(
    cursor: CursorWrapper, import_run: ImportRun, lines: list[int]
) -> tuple[dict[str, int], list[Example]]:
    """Counts by kind (``fresh``, ``updated``, ``conflict``) of what is in ``incoming``, and examples: the first of each
    kind, and all of ``lines``."""
    known.find(cursor, import_run.organisation_id)
    differing.find(cursor, import_run)
    cursor.execute(_KINDS)
    cursor.execute(_COUNT)
    counts = {"fresh": 0, "updated": 0, "conflict": 0, **dict(cursor.fetchall())}
    cursor.execute(_FIRST, [EXAMPLES, lines])
    examples = [
        Example(kind, line, name, email or "", candidate_id, known_as or "", json.loads(clashes or "[]"))
        for kind, line, name, email, candidate_id, known_as, clashes in cursor.fetchall()
    ]
    cursor.execute("DROP TABLE judged")
    differing.drop(cursor)
    return counts, examples


def start(*, import_run: ImportRun, actor: User) -> ImportRun:
    """Count the whole file. One that is being counted, or is counted, stays as it is."""
    with transaction.atomic():
        row = locked(import_run)
        if row.run_id is not None:
            raise Conflict("This file is imported already.")
        if row.check_run_id is not None:
            return row
        row.check_run = runs.start(
            kind="import_check",
            organisation=actor.organisation,
            actor=actor,
            title=f"Count {row.file_name}",
            subject=f"import:{row.pk}",
            params={"import_run_id": row.pk},
        )
        row.checked = {}
        row.save(update_fields=["check_run", "checked"])
    return row


def forget(row: ImportRun, actor: User | None) -> None:
    """What was counted is no longer true: stop counting. Called with the import's row locked; the caller saves it."""
    if row.check_run_id is not None and actor is not None:
        run = Run.objects.for_organisation(row.organisation_id).get(pk=row.check_run_id)
        if not run.ended:
            runs.cancel(run_id=run.pk, actor=actor)
    row.check_run = None
    row.checked = {}


def look_at(import_run: ImportRun, run: Run, number: int) -> None:
    """Add slice ``number`` to what is counted. One transaction; nothing when it is counted already."""
    with transaction.atomic(), connection.cursor() as cursor:
        row = locked(import_run)
        if row.check_run_id != run.pk or row.checked.get("slices", 0) != number:
            return
        cursor.execute("SET LOCAL work_mem = '64MB'")
        incoming.from_staging(cursor, row, number)
        counts, examples = judge(cursor, row, [])
        incoming.drop(cursor)
        row.checked = _added(row.checked, counts, examples)
        row.save(update_fields=["checked"])


def _added(checked: Mapping[str, Any], counts: Mapping[str, int], examples: list[Example]) -> dict[str, Any]:
    shown: dict[str, list[dict[str, Any]]] = {
        kind: list(found) for kind, found in checked.get("examples", {}).items()
    }
    for example in examples:
        group = shown.setdefault(example.kind, [])
        if len(group) < EXAMPLES:
            group.append(example.as_json())
    return {
        "slices": checked.get("slices", 0) + 1,
        **{kind: checked.get(kind, 0) + count for kind, count in counts.items()},
        "examples": shown,
    }
