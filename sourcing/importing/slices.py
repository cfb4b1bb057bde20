"""The last phase of an import: one slice of staged rows becomes people, addresses and search rows in one transaction.

Everything is set-based; Python only makes the search documents. The slice marker moves in the same transaction, so a
slice happens once whatever crashes. Two imports of one organisation take turns slice by slice: each looks for existing
people under the same lock under which the other wrote them, so that the same person in both files becomes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from sourcing import duplicates, suppression
from sourcing.models import (
    ImportRun,
)
from sourcing.search import index

#: First key of the advisory lock; the second is the organisation.
_LOCK = 0x1B9027

#: New people in one slice after which statistics are taken at once.
_MANY = 1_000

_TEXTS = ("first_name", "last_name", "headline", "title", "company", "location", "summary")

_INCOMING = """
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT line, person, coalesce(person->>'linkedin_key', '') AS profile, NULL::bigint AS candidate_id, false AS fresh
  FROM sourcing_importrow WHERE import_run_id = %s AND slice = %s
"""
_POINTS = """
CREATE TEMPORARY TABLE incoming_point ON COMMIT DROP AS
SELECT i.line, p.kind, e.place, e.entry->>0 AS value, e.entry->>1 AS normalised, e.entry->>2 AS type
  FROM incoming i
 CROSS JOIN LATERAL (VALUES ('email', i.person->'emails'), ('phone', i.person->'phones')) AS p (kind, entries)
 CROSS JOIN LATERAL jsonb_array_elements(p.entries) WITH ORDINALITY AS e (entry, place)
"""
_MATCH_PROFILE = """
UPDATE incoming i SET candidate_id = c.id FROM sourcing_candidate c
 WHERE i.profile <> '' AND c.organisation_id = %s AND c.linkedin_key = i.profile
"""
# A shared address means the same person, unless both have a LinkedIn profile and they differ. Private
# addresses of users match nobody: what an import says about a person must not show that a colleague knows an address.
_MATCH_ADDRESS = """
UPDATE incoming i SET candidate_id = m.candidate_id
  FROM (SELECT DISTINCT ON (a.line) a.line, p.candidate_id
          FROM incoming_point a
          JOIN incoming n ON n.line = a.line AND n.candidate_id IS NULL
          JOIN sourcing_contactpoint p
            ON p.organisation_id = %s AND p.kind = 'email' AND p.normalised = a.normalised AND p.shared
          JOIN sourcing_candidate c ON c.id = p.candidate_id
         WHERE a.kind = 'email' AND (n.profile = '' OR c.linkedin_key = '')
         ORDER BY a.line, a.place, p.candidate_id) m
 WHERE m.line = i.line
"""
# Two profiles that met the same person without one: the first is theirs, the other is somebody else.
_SEPARATE = """
UPDATE incoming i SET candidate_id = NULL
  FROM (SELECT line, profile,
               first_value(profile) OVER (PARTITION BY candidate_id ORDER BY profile = '', line) AS first
          FROM incoming WHERE candidate_id IS NOT NULL) x
 WHERE x.line = i.line AND x.profile NOT IN ('', x.first)
"""
_NUMBER_NEW = """
UPDATE incoming i SET candidate_id = n.id, fresh = true
  FROM (SELECT line, nextval(%s::regclass) AS id
          FROM (SELECT line FROM incoming WHERE candidate_id IS NULL ORDER BY line) o) n
 WHERE n.line = i.line
"""
_LOCK_KNOWN = """
SELECT 1 FROM sourcing_candidate WHERE id IN (SELECT candidate_id FROM incoming WHERE NOT fresh)
 ORDER BY id FOR NO KEY UPDATE
"""


# One line per text column of a person, from a pattern in which {name} stands for it.
def _each(pattern: str, *, between: str = ", ") -> str:
    return between.join(pattern.replace("{name}", name) for name in _TEXTS)


_INSERT_NEW = """
INSERT INTO sourcing_candidate (id, organisation_id, {columns}, skills, tags, linkedin_key, record_type, source,
                                created_by_id, created_at, updated_at, version)
SELECT candidate_id, %s, {values}, coalesce(person->'skills', '[]'), coalesce(person->'tags', '[]'), profile,
       'candidate', %s, %s, now(), now(), 1
  FROM incoming WHERE fresh ORDER BY line
""".replace("{columns}", _each("{name}")).replace("{values}", _each("coalesce(person->>'{name}', '')"))
# Only blanks are filled: what a person typed, or an earlier import brought, stays as it is.
_FILL_BLANKS = (
    """
UPDATE sourcing_candidate c
   SET {set}, version = c.version + 1, updated_at = now(),
       linkedin_key = CASE WHEN c.linkedin_key = '' THEN x.profile ELSE c.linkedin_key END,
       skills = CASE WHEN c.skills = '[]' THEN x.skills ELSE c.skills END,
       tags = CASE WHEN c.tags = '[]' THEN x.tags ELSE c.tags END
  FROM (SELECT candidate_id, {first},
               coalesce((array_agg(profile ORDER BY line) FILTER (WHERE profile <> ''))[1], '') AS profile,
               coalesce((array_agg(person->'skills' ORDER BY line)
                         FILTER (WHERE person->'skills' <> '[]'))[1], '[]') AS skills,
               coalesce((array_agg(person->'tags' ORDER BY line)
                         FILTER (WHERE person->'tags' <> '[]'))[1], '[]') AS tags
          FROM incoming WHERE NOT fresh GROUP BY candidate_id) x
 WHERE c.id = x.candidate_id
   AND ({blank} OR (c.linkedin_key = '' AND x.profile <> '') OR (c.skills = '[]' AND x.skills <> '[]')
        OR (c.tags = '[]' AND x.tags <> '[]'))
""".replace("{set}", _each("{name} = CASE WHEN c.{name} = '' THEN x.{name} ELSE c.{name} END"))
    .replace(
        "{first}",
        _each(
            "coalesce((array_agg(person->>'{name}' ORDER BY line) FILTER (WHERE person->>'{name}' <> ''))[1], '')"
            " AS {name}"
        ),
    )
    .replace("{blank}", _each("(c.{name} = '' AND x.{name} <> '')", between=" OR "))
)
_INSERT_POINTS = """
INSERT INTO sourcing_contactpoint (organisation_id, candidate_id, kind, type, value, normalised, position,
origin, source, shared,
                        added_by_id, status, status_note, first_seen_at, last_seen_at)
SELECT %(organisation)s, i.candidate_id, a.kind, a.type, a.value, a.normalised,
       least(coalesce(known.last + 1, 0) - 1
             + row_number() OVER (PARTITION BY i.candidate_id, a.kind ORDER BY i.line, a.place), 32767),
       'imported', %(source)s, true, %(actor)s, 'unknown', '', now(), now()
  FROM incoming_point a
  JOIN incoming i ON i.line = a.line
  LEFT JOIN (SELECT candidate_id, kind, max(position) AS last FROM sourcing_contactpoint
              WHERE candidate_id IN (SELECT candidate_id FROM incoming WHERE NOT fresh) GROUP BY 1, 2) known
    ON known.candidate_id = i.candidate_id AND known.kind = a.kind
 ORDER BY i.line, a.kind, a.place
ON CONFLICT (candidate_id, kind, normalised) WHERE shared DO NOTHING
"""
_INSERT_PROFILES = """
INSERT INTO sourcing_socialprofile (organisation_id, candidate_id, network, url)
SELECT DISTINCT ON (candidate_id) %s, candidate_id, 'linkedin', person->>'linkedin_url'
  FROM incoming i WHERE person->>'linkedin_url' <> '' AND NOT EXISTS (
       SELECT 1 FROM sourcing_socialprofile s WHERE s.candidate_id = i.candidate_id AND s.network = 'linkedin')
 ORDER BY candidate_id, line
ON CONFLICT DO NOTHING
"""
_INSERT_SCHOOLS = """
INSERT INTO sourcing_education (organisation_id, candidate_id, school, degree, field, started, ended, position)
SELECT DISTINCT ON (candidate_id) %s, candidate_id, person->'education'->>0, person->'education'->>1,
       person->'education'->>2, '', '', 0
  FROM incoming i WHERE jsonb_typeof(person->'education') = 'array' AND NOT EXISTS (
       SELECT 1 FROM sourcing_education e WHERE e.candidate_id = i.candidate_id)
 ORDER BY candidate_id, line
"""
_INSERT_MEMBERS = """
INSERT INTO sourcing_projectmember (organisation_id, project_id, candidate_id, added_by_id, added_at)
SELECT %s, %s, candidate_id, %s, now() FROM incoming GROUP BY candidate_id ORDER BY min(line)
ON CONFLICT (project_id, candidate_id) DO NOTHING
"""


@dataclass(frozen=True)
class Written:
    """What one slice came to, in rows."""

    imported: int
    updated: int


def write(import_run: ImportRun, number: int) -> Written | None:
    """Turn slice ``number`` into people; None when it was written already. One transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Waiting for the other import's slice is normal and takes longer than the lock timeout of the web.
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL gin_pending_list_limit = '512MB'; SET LOCAL work_mem = '128MB'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, import_run.organisation_id])
        locked = (
            ImportRun.objects.for_organisation(import_run.organisation_id)
            .select_for_update()
            .get(pk=import_run.pk)
        )
        if locked.slices_done != number:
            return None
        written = _write(cursor, locked, number)
        locked.imported += written.imported
        locked.updated += written.updated
        locked.slices_done = number + 1
        locked.save(update_fields=["imported", "updated", "slices_done"])
    index.clean_pending()
    if written.imported >= _MANY:
        _learn()
    return written


def _learn() -> None:
    """Tell the planner about the new people now: until it knows them, it takes the organisation for an empty one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE (SKIP_LOCKED) sourcing_candidate, sourcing_contactpoint, sourcing_projectmember"
        )
        cursor.execute("ANALYZE (SKIP_LOCKED) sourcing_personsearch, sourcing_personsearchsample")


def _write(cursor: CursorWrapper, import_run: ImportRun, number: int) -> Written:
    organisation, actor = import_run.organisation_id, import_run.created_by_id
    cursor.execute(_INCOMING, [import_run.pk, number])
    cursor.execute(_POINTS)
    cursor.execute("ANALYZE incoming; ANALYZE incoming_point")
    _match(cursor, organisation)
    cursor.execute(_INSERT_NEW, [organisation, import_run.source, actor])
    imported = cursor.rowcount
    cursor.execute(_FILL_BLANKS)
    cursor.execute(
        _INSERT_POINTS, {"organisation": organisation, "source": import_run.source, "actor": actor}
    )
    cursor.execute(_INSERT_PROFILES, [organisation])
    cursor.execute(_INSERT_SCHOOLS, [organisation])
    if import_run.project_id is not None:
        cursor.execute(_INSERT_MEMBERS, [organisation, import_run.project_id, actor])
    ids = _candidate_ids(cursor)
    suppression.traces_added(organisation, ids)
    index.refresh(ids)
    duplicates.changed(organisation, ids)
    cursor.execute("SELECT count(*) FROM incoming WHERE NOT fresh")
    updated = _one(cursor)
    cursor.execute("DROP TABLE incoming, incoming_point")
    return Written(imported=imported, updated=updated)


def _match(cursor: CursorWrapper, organisation: int) -> None:
    cursor.execute(_MATCH_PROFILE, [organisation])
    cursor.execute(_MATCH_ADDRESS, [organisation])
    cursor.execute(_SEPARATE)
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", ["sourcing_candidate"])
    cursor.execute(_NUMBER_NEW, [_one(cursor)])
    cursor.execute(_LOCK_KNOWN)


def _candidate_ids(cursor: CursorWrapper) -> list[int]:
    cursor.execute("SELECT DISTINCT candidate_id FROM incoming")
    return [row[0] for row in cursor.fetchall()]


def _one(cursor: CursorWrapper) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]
