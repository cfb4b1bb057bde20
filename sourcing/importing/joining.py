"""The second phase of an import: lines of one person become one. One transaction, so it happens wholly or not at all.

Lines that share a key hang together; each such group is read and judged by itself (``repeated``), so that memory
follows the largest group and not the file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connection, transaction

from foundation.batches import batches
from sourcing import duplicates, meeting
from sourcing.importing import parsing, staging
from sourcing.importing.locking import locked
from sourcing.importing.repeated import components, merge_person, person_of, same_people
from sourcing.matching import Rule
from sourcing.models import ImportNote, ImportPhase, ImportRow, ImportRun, NoteKind

#: Lines read at once; a group is never divided.
_LINES = 5_000

# One sort and no join: nothing is known yet about a table that was empty a moment ago, so no plan should depend on it.
_SHARED_KEYS = """
SELECT line, first
  FROM (SELECT r.line, first_value(r.line) OVER (PARTITION BY k.key ORDER BY r.line) AS first
          FROM sourcing_importrow r, unnest(r.keys) AS k (key) WHERE r.import_run_id = %s) shared
 WHERE line <> first
"""
_STORE = """
UPDATE sourcing_importrow r SET person = n.person, keys = n.keys::bigint[]
  FROM unnest(%s::int[], %s::jsonb[], %s::text[]) AS n (line, person, keys)
 WHERE r.import_run_id = %s AND r.line = n.line
"""
_DROP = "DELETE FROM sourcing_importrow WHERE import_run_id = %s AND line = ANY(%s)"

_Found = dict[int, tuple[dict[str, Any], list[str]]]


def join_repeated(import_run: ImportRun) -> None:
    """Give what later lines of the same person say to the first one, and tell each of them so."""
    with transaction.atomic(), connection.cursor() as cursor:
        row = locked(import_run)
        if row.phase != ImportPhase.JOINING:
            return
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_SHARED_KEYS, [import_run.pk])
        rule = duplicates.rule_of(import_run.organisation_id)
        for lines in _batches(components(cursor)):
            _join(row, lines, rule)
        row.phase = ImportPhase.WRITING
        row.rejected = staging.rejected(row)
        row.save(update_fields=["phase", "rejected"])


def _batches(groups: Iterable[list[int]]) -> Iterator[list[int]]:
    some: list[int] = []
    for group in groups:
        if some and len(some) + len(group) > _LINES:
            yield some
            some = []
        some += group
    if some:
        yield some


def _join(import_run: ImportRun, lines: list[int], rule: Rule) -> None:
    rows = ImportRow.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    found: _Found = {
        line: (person, raw)
        for line, person, raw in rows.filter(line__in=meeting.among(lines))
        .order_by("line")
        .values_list("line", "person", "raw")
    }
    leaders = same_people(((line, person_of(person)) for line, (person, _) in found.items()), rule)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for line in sorted(leaders):
        groups[leaders[line]].append(line)
    for some in batches(groups.items(), 1_000):
        _merge(import_run, dict(some), found, rule)


def _merge(import_run: ImportRun, groups: Mapping[int, list[int]], found: _Found, rule: Rule) -> None:
    followers = [line for group in groups.values() for line in group]
    merged = {}
    for leader, group in groups.items():
        person = found[leader][0]
        for line in group:
            person = merge_person(person, found[line][0])
        merged[leader] = person
    _tell(import_run, groups, found)
    keys = [parsing.array(parsing.keys_of(person, rule)) for person in merged.values()]
    people = [json.dumps(person) for person in merged.values()]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [list(merged), people, keys, import_run.pk])
        cursor.execute(_DROP, [import_run.pk, followers])


def _tell(import_run: ImportRun, groups: Mapping[int, list[int]], found: _Found) -> None:
    followers = [line for group in groups.values() for line in group]
    notes = ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    left_out = dict(notes.filter(line__in=followers, kind=NoteKind.NOTED).values_list("line", "reason"))
    ImportNote.objects.bulk_create(
        [
            ImportNote(
                organisation_id=import_run.organisation_id,
                import_run=import_run,
                kind=NoteKind.JOINED,
                line=line,
                reason_code="same_person",
                reason=f"Same person as line {leader}; joined to it. {left_out.get(line, '')}".strip()[:400],
                raw=found[line][1],
            )
            for leader, group in groups.items()
            for line in group
        ],
        update_conflicts=True,
        unique_fields=["import_run", "line"],
        update_fields=["kind", "reason_code", "reason"],
    )
