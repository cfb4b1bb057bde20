"""Taking an import back, for 30 days: set-based, slice by slice, the last one first; each slice is one transaction.

People the import made are removed when nobody has touched them since: their row is as it was written and no other table
speaks of them. On people who were there before, a value goes back to what it was where it is still ours, and what
the import brought goes. What cannot be taken back stays and is listed (``ImportChange.kept``).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.models import Run, RunStatus
from foundation.problems import Conflict
from sourcing.importing import slices
from sourcing.importing.locking import locked
from sourcing.importing.policies import LISTS, TEXTS
from sourcing.models import (
    Candidate,
    ContactPoint,
    DuplicatePair,
    Education,
    Experience,
    ImportChange,
    ImportRun,
    ImportSlice,
    MatchKey,
    ProjectMember,
    SocialProfile,
    Suppression,
)
from sourcing.models.fact import SearchRow
from sourcing.search import index

KEPT_FOR = datetime.timedelta(days=30)
_AT_ONCE = 200

# As it was written: nobody edited the person and no later import changed them.
_REMOVING = """
CREATE TEMPORARY TABLE removing ON COMMIT DROP AS
SELECT c.id FROM sourcing_candidate c
 WHERE c.organisation_id = %(organisation)s AND c.id = ANY(%(made)s)
   AND c.version = 1 AND c.updated_at = %(written)s AND c.last_contacted_at IS NULL {unused}
   FOR UPDATE
"""
_UNUSED = " AND NOT EXISTS (SELECT 1 FROM {table} u WHERE u.{column} = {of}{but})"
#: What the import itself wrote about the people it made, and how a row of it is told from a later one.
_OURS: dict[type[models.Model], str] = {
    ContactPoint: " AND (u.first_seen_at <> %(written)s OR u.status <> 'unknown' OR u.pinned_at IS NOT NULL)",
    ProjectMember: " AND u.added_at <> %(written)s",
    Education: " AND false",
    Experience: " AND false",
    SocialProfile: " AND false",
    # What was made of the person to find them by, nobody's word.
    MatchKey: " AND false",
    DuplicatePair: " AND u.state <> 'open'",
    # The person goes, the wish not to be written to stays (``known_again``).
    Suppression: " AND false",
}
_KEEP_MADE = """
INSERT INTO sourcing_importchange (organisation_id, import_run_id, slice, candidate_id, changes, kept)
SELECT %(organisation)s, %(import)s, %(slice)s, c.id, '{}', '["used"]' FROM sourcing_candidate c
 WHERE c.organisation_id = %(organisation)s AND c.id = ANY(%(made)s) AND c.id NOT IN (SELECT id FROM removing)
ON CONFLICT (import_run_id, slice, candidate_id) DO NOTHING
"""
_RESTORING = """
CREATE TEMPORARY TABLE restoring ON COMMIT DROP AS
SELECT ch.candidate_id, f.key AS field, f.value->0 AS before, f.value->2 AS provenance,
       CASE WHEN f.key LIKE 'custom.%%' THEN c.custom->substr(f.key, 8) ELSE to_jsonb(c)->f.key END = f.value->1 AS ours
  FROM sourcing_importchange ch
  JOIN sourcing_candidate c ON c.id = ch.candidate_id
 CROSS JOIN LATERAL jsonb_each(ch.changes) AS f
 WHERE ch.organisation_id = %(organisation)s AND ch.import_run_id = %(import)s AND ch.slice = %(slice)s
"""
_RESTORE = """
UPDATE sourcing_candidate c
   SET {columns}, linkedin_key = coalesce(r.value->>'linkedin_key', c.linkedin_key),
       custom = (c.custom - r.custom_keys) || r.custom, provenance = (c.provenance - r.fields) || r.provenance,
       version = c.version + 1, updated_at = now()
  FROM (SELECT candidate_id, jsonb_object_agg(field, before) AS value, array_agg(field) AS fields,
               coalesce(array_agg(substr(field, 8)) FILTER (WHERE field LIKE 'custom.%%'), '{{}}') AS custom_keys,
               coalesce(jsonb_object_agg(substr(field, 8), before)
                        FILTER (WHERE field LIKE 'custom.%%' AND coalesce(before, 'null') <> 'null'), '{{}}') AS custom,
               coalesce(jsonb_object_agg(field, provenance)
                        FILTER (WHERE coalesce(provenance, 'null') <> 'null'), '{{}}') AS provenance
          FROM restoring WHERE ours GROUP BY candidate_id) r
 WHERE c.id = r.candidate_id
RETURNING c.id
""".format(  # noqa: S608 - made of this module's own words
    columns=", ".join(
        [
            *(f"{name} = coalesce(r.value->>'{name}', c.{name})" for name in TEXTS),
            *(f"{name} = coalesce(r.value->'{name}', c.{name})" for name in LISTS),
        ]
    )
)
_TELL_KEPT = """
UPDATE sourcing_importchange ch SET kept = k.fields, changes = '{}'
  FROM (SELECT candidate_id, jsonb_agg(field ORDER BY field) AS fields
          FROM restoring WHERE ours IS NOT TRUE GROUP BY 1) k
 WHERE ch.import_run_id = %(import)s AND ch.slice = %(slice)s AND ch.candidate_id = k.candidate_id
"""
_FORGET = """
DELETE FROM sourcing_importchange
 WHERE organisation_id = %(organisation)s AND import_run_id = %(import)s AND slice = %(slice)s AND kept = '[]'
"""
_DELETE = "DELETE FROM {table} WHERE {column} IN (SELECT id FROM removing)"
_TAKE = """
DELETE FROM {table} x WHERE x.organisation_id = %(organisation)s AND x.id = ANY(%(ids)s){still_ours}
RETURNING x.candidate_id
"""
# An address somebody has written to, pinned or verified since is not only ours any more.
_KEEP_USED = """
INSERT INTO sourcing_importchange (organisation_id, import_run_id, slice, candidate_id, changes, kept)
SELECT DISTINCT x.organisation_id, %(import)s, %(slice)s, x.candidate_id, '{{}}'::jsonb, '["{word}"]'::jsonb
  FROM {table} x WHERE x.organisation_id = %(organisation)s AND x.id = ANY(%(ids)s)
ON CONFLICT (import_run_id, slice, candidate_id) DO UPDATE SET kept = sourcing_importchange.kept || excluded.kept
"""


class TooLate(Conflict):
    """An import cannot be undone any more, or not yet."""

    code: ClassVar[str] = "cannot_undo"


def left_as_they_are(import_run: ImportRun) -> models.QuerySet[ImportChange]:
    """Whom *Undo* left as they are, with ``kept``; nobody before it has ended."""
    rows = ImportChange.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    if import_run.undo_run is None or not import_run.undo_run.ended:
        return rows.none()
    return rows.exclude(kept=[])


def can_undo(import_run: ImportRun, *, now: datetime.datetime) -> str:
    """Empty, or why this import cannot be undone, for people."""
    run = import_run.run
    if run is None or not run.ended or run.ended_at is None:
        return "The import has not ended yet."
    if now - run.ended_at > KEPT_FOR:
        return "An import can be undone for 30 days."
    undo = import_run.undo_run
    if undo is not None and (not undo.ended or undo.status == RunStatus.DONE):
        return "This import is undone already." if undo.ended else "This import is being undone."
    left = ImportSlice.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return "" if left.filter(undone_at=None).exists() else "This import saved nothing."


def start(*, import_run: ImportRun, actor: User, now: datetime.datetime) -> ImportRun:
    """Undo: start the run; after a cancelled one it goes on. Raises :class:`TooLate`."""
    with transaction.atomic():
        row = locked(import_run)
        if reason := can_undo(row, now=now):
            raise TooLate(reason)
        row.undo_run = runs.start(
            kind="import_undo",
            organisation=actor.organisation,
            actor=actor,
            title=f"Undo import of {row.file_name}",
            subject=f"import:{row.pk}",
            total=row.imported + row.updated,
            params={"import_run_id": row.pk},
        )
        row.save(update_fields=["undo_run"])
    return row


def undo_slice(import_run: ImportRun, run: Run) -> bool:
    """Take the last slice back that is left; False when there is none. Safe against a second worker."""
    with transaction.atomic(), connection.cursor() as cursor:
        slices.take_turn(cursor, import_run.organisation_id)
        row = locked(import_run)
        left = ImportSlice.objects.for_organisation(row.organisation_id).filter(
            import_run=row, undone_at=None
        )
        found = left.order_by("-number").first()
        if found is None or row.undo_run_id != run.pk:
            return False
        removed, restored = _undo(cursor, found)
        runs.progress(run, done=run.done + removed + restored, note="Taking back what was saved")
    index.clean_pending()
    return True


def result(import_run: ImportRun, run: Run) -> dict[str, int | str]:
    """What the undoing came to."""
    kept = (
        ImportChange.objects.for_organisation(import_run.organisation_id)
        .filter(import_run=import_run)
        .count()
    )
    told = f", {kept:,} could not be taken back" if kept else ""
    return {"summary": f"{run.done:,} people taken back{told}", "taken_back": run.done, "kept": kept}


def prune(*, now: datetime.datetime) -> int:
    """Forget before-images that are too old to undo; returns how many slices."""
    rows = ImportSlice.objects.across_organisations("the time of undoing is over for everybody")
    total = 0
    while True:
        old = list(
            rows.filter(written_at__lt=now - KEPT_FOR).values_list("pk", "import_run_id", "number")[:_AT_ONCE]
        )
        if not old:
            return total
        with transaction.atomic():
            changes = ImportChange.objects.across_organisations("as above")
            for _, import_run_id, number in old:
                changes.filter(import_run_id=import_run_id, slice=number).delete()
            rows.filter(pk__in=[pk for pk, _, _ in old]).delete()
        total += len(old)


def _undo(cursor: CursorWrapper, found: ImportSlice) -> tuple[int, int]:
    """People removed and people put back; one slice."""
    values: dict[str, Any] = {
        "organisation": found.organisation_id,
        "import": found.import_run_id,
        "slice": found.number,
        "made": found.made,
        "written": found.written_at,
    }
    cursor.execute(_REMOVING.format(unused=_unused(Candidate, "c.id", _OURS)), values)
    cursor.execute("ANALYZE removing")
    cursor.execute(_KEEP_MADE, values)
    removed = _remove(cursor)
    changed = _put_back(cursor, values)
    changed |= _take_brought(cursor, found, values)
    index.refresh(changed)
    found.undone_at = timezone.now()
    # Who is left was written anew above.
    found.to_index, found.indexed_at = [], found.indexed_at or found.undone_at
    for name in ("made", *_BROUGHT):
        setattr(found, name, [])
    found.save()
    cursor.execute("DROP TABLE removing, restoring")
    return removed, len(changed)


def _unused(model: type[models.Model], of: str, ours: dict[type[models.Model], str]) -> str:
    """SQL that no row of any app speaks of ``of``, a row of ``model``, apart from the import's own rows."""
    parts = []
    for table, column in _pointing_at(model):
        if not issubclass(table, SearchRow):
            but = ours.get(table, "")
            parts.append(_UNUSED.format(table=table._meta.db_table, column=column, of=of, but=but))
    return "".join(parts)


def _pointing_at(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Table and column of every foreign key to ``model``, in whatever app."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation.related_model, relation.field.column


def _remove(cursor: CursorWrapper) -> int:
    """Delete the people in ``removing`` with everything the import wrote about them."""
    cursor.execute(
        "UPDATE sourcing_suppression SET candidate_id = NULL WHERE candidate_id IN (SELECT id FROM removing)"
    )
    for table, column in _pointing_at(Candidate):
        if table is not Suppression and (table in _OURS or issubclass(table, SearchRow)):
            cursor.execute(_DELETE.format(table=table._meta.db_table, column=column))
    cursor.execute(_DELETE.format(table="sourcing_candidate", column="id"))
    removed: int = cursor.rowcount
    return removed


def _put_back(cursor: CursorWrapper, values: dict[str, Any]) -> set[int]:
    """Values of before where ours still stand; returns whose."""
    cursor.execute(
        "SELECT 1 FROM sourcing_candidate WHERE id IN (SELECT candidate_id FROM sourcing_importchange"
        " WHERE import_run_id = %(import)s AND slice = %(slice)s) ORDER BY id FOR NO KEY UPDATE",
        values,
    )
    cursor.execute(_RESTORING, values)
    cursor.execute(_RESTORE)
    changed = {row[0] for row in cursor.fetchall()}
    cursor.execute(_TELL_KEPT, values)
    cursor.execute(_FORGET, values)
    return changed


#: Rows added to people who were there before: table, when a row is still only ours, and the word when it is not.
_BROUGHT: dict[str, tuple[type[models.Model], str, str]] = {
    "contact_points": (ContactPoint, " AND x.status = 'unknown' AND x.pinned_at IS NULL", "address"),
    "social_profiles": (SocialProfile, "", "profile"),
    "positions": (Experience, "", "positions"),
    "schools": (Education, "", "schools"),
    "members": (ProjectMember, "", "project"),
}


def _take_brought(cursor: CursorWrapper, found: ImportSlice, values: dict[str, Any]) -> set[int]:
    """Delete what was added to people who were there before, unless it is used; returns whose."""
    touched: set[int] = set()
    cursor.execute(
        "DELETE FROM sourcing_othervalue WHERE organisation_id = %s AND id = ANY(%s)",
        [found.organisation_id, found.other_values],
    )
    for name, (model, still_ours, word) in _BROUGHT.items():
        ids = getattr(found, name)
        if not ids:
            continue
        table = model._meta.db_table
        cursor.execute(
            _TAKE.format(table=table, still_ours=still_ours + _unused(model, "x.id", {})),
            {**values, "ids": ids},
        )
        touched |= {row[0] for row in cursor.fetchall()}
        cursor.execute(_KEEP_USED.format(table=table, word=word), {**values, "ids": ids})
    return touched
