"""What a slice changes on people who were there before: the winners of ``differing`` are written, the losers are kept
as other values, and the values of before go to ``ImportChange``. Set-based, in the slice's transaction."""

from __future__ import annotations

from typing import Any

from django.db.backends.utils import CursorWrapper

from sourcing.importing import differing
from sourcing.importing.policies import LISTS, TEXTS
from sourcing.models import ImportRun

_REMEMBER = """
INSERT INTO sourcing_importchange (organisation_id, import_run_id, slice, candidate_id, changes, kept)
SELECT %(organisation)s, %(import)s, %(slice)s, d.candidate_id,
       jsonb_object_agg(d.field, jsonb_build_array(d.present, d.wanted, c.provenance->d.field)), '[]'
  FROM differing d JOIN sourcing_candidate c ON c.id = d.candidate_id
 WHERE d.wins GROUP BY d.candidate_id
"""
# A value that lost stands once per source, however often the file is imported. Ordered, so that all of it is looked up
# before the first is inserted: each look-up would pass over everything that was inserted meanwhile.
_KEEP_LOSERS = """
INSERT INTO sourcing_othervalue (organisation_id, candidate_id, field, value, source, origin, seen_at)
SELECT %(organisation)s, l.candidate_id, l.field, l.value, l.source, l.origin, now()
  FROM (SELECT d.candidate_id, d.field, d.wanted AS value, %(source)s AS source, 'imported' AS origin
          FROM differing d WHERE d.clash AND NOT d.wins
        UNION ALL
        SELECT d.candidate_id, d.field, d.present, coalesce(c.provenance->d.field->>'source', c.source),
               coalesce(c.provenance->d.field->>'origin', CASE c.source WHEN '' THEN 'added' ELSE 'imported' END)
          FROM differing d JOIN sourcing_candidate c ON c.id = d.candidate_id
         WHERE d.clash AND d.wins) l
 WHERE l.field <> 'tags' AND NOT EXISTS (
       SELECT 1 FROM sourcing_othervalue o
        WHERE o.candidate_id = l.candidate_id AND o.field = l.field AND o.value = l.value AND o.source = l.source)
 ORDER BY l.candidate_id, l.field
ON CONFLICT DO NOTHING
RETURNING id
"""
_WRITE = """
UPDATE sourcing_candidate c
   SET {columns}, linkedin_key = coalesce(w.value->>'linkedin_key', c.linkedin_key),
       custom = c.custom || w.custom, provenance = c.provenance || w.provenance,
       version = c.version + 1, updated_at = now()
  FROM (SELECT candidate_id, jsonb_object_agg(field, wanted) AS value,
               coalesce(jsonb_object_agg(substr(field, 8), wanted) FILTER (WHERE field LIKE 'custom.%%'), '{{}}')
                   AS custom,
               jsonb_object_agg(field, jsonb_build_object('source', %(source)s, 'origin', 'imported', 'by', %(actor)s,
                   'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))) AS provenance
          FROM differing WHERE wins GROUP BY candidate_id) w
 WHERE c.id = w.candidate_id
""".format(  # noqa: S608 - made of this module's own words
    columns=", ".join(
        [
            *(f"{name} = coalesce(w.value->>'{name}', c.{name})" for name in TEXTS),
            *(f"{name} = coalesce(w.value->'{name}', c.{name})" for name in LISTS),
        ]
    )
)


def apply(cursor: CursorWrapper, import_run: ImportRun, number: int) -> list[int]:
    """Change the people of ``incoming`` who are not fresh; returns the ids of the other values kept."""
    differing.find(cursor, import_run)
    values: dict[str, Any] = {
        "organisation": import_run.organisation_id,
        "import": import_run.pk,
        "slice": number,
        "source": import_run.source,
        "actor": import_run.created_by_id,
    }
    cursor.execute(_REMEMBER, values)
    cursor.execute(_KEEP_LOSERS, values)
    kept = [row[0] for row in cursor.fetchall()]
    cursor.execute(_WRITE, values)
    differing.drop(cursor)
    return kept
