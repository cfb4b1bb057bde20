"""The people of one slice as temporary tables ``incoming`` and ``incoming_point``, for set-based work in SQL.

``incoming`` has a row per line: its columns are what ``importing.rows`` read, ``keys`` what it meets people under,
``candidate_id`` who it is (NULL: nobody yet) and ``fresh`` whether that person is being made. ``incoming_point`` has a
row per address or number. Both end with the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

from sourcing.importing.parsing import array
from sourcing.importing.policies import TEXTS
from sourcing.models import ImportRun

_TEXT_COLUMNS = (*TEXTS, "linkedin_key", "linkedin_url")
_JSON_COLUMNS = ("skills", "tags", "positions", "schools")

_INCOMING = """
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT r.line, r.keys, NULL::bigint AS candidate_id, false AS fresh, {texts}, {jsons},
       coalesce(p.custom, '{{}}') AS custom, p.emails, p.phones
  FROM {rows} r
 CROSS JOIN LATERAL jsonb_to_record(r.person)
       AS p ({types}, custom jsonb, emails jsonb, phones jsonb)
"""
_COLUMNS = {
    "texts": ", ".join(f"coalesce(p.{name}, '') AS {name}" for name in _TEXT_COLUMNS),
    "jsons": ", ".join(f"coalesce(p.{name}, '[]') AS {name}" for name in _JSON_COLUMNS),
    "types": ", ".join(
        [*(f"{name} text" for name in _TEXT_COLUMNS), *(f"{name} jsonb" for name in _JSON_COLUMNS)]
    ),
}
_STAGED = "(SELECT line, keys, person FROM sourcing_importrow WHERE import_run_id = %s AND slice = %s)"
_GIVEN = """
(SELECT line, keys::bigint[] AS keys, person FROM unnest(%s::int[], %s::text[], %s::jsonb[]) AS g (line, keys, person))
"""
_POINTS = """
CREATE TEMPORARY TABLE incoming_point ON COMMIT DROP AS
SELECT i.line, 'email' AS kind, e.place, e.entry->>0 AS value, e.entry->>1 AS normalised, e.entry->>2 AS type
  FROM incoming i CROSS JOIN LATERAL jsonb_array_elements(i.emails) WITH ORDINALITY AS e (entry, place)
UNION ALL
SELECT i.line, 'phone', e.place, e.entry->>0, e.entry->>1, e.entry->>2
  FROM incoming i CROSS JOIN LATERAL jsonb_array_elements(i.phones) WITH ORDINALITY AS e (entry, place)
"""
# Only what the matching joins on; the rest of a row is wide and nobody asks for it.
_KNOWN = """
ANALYZE incoming (line, linkedin_key);
ANALYZE incoming_point (line, kind, normalised)
"""


def from_staging(cursor: CursorWrapper, import_run: ImportRun, number: int) -> None:
    """Slice ``number`` of a staged import."""
    cursor.execute(_INCOMING.format(rows=_STAGED, **_COLUMNS), [import_run.pk, number])
    _complete(cursor)


def from_rows(cursor: CursorWrapper, rows: Sequence[tuple[int, list[int], dict[str, Any]]]) -> None:
    """``(line, keys, person)`` as the staging table holds them."""
    lines, keys, people = zip(*rows, strict=True) if rows else ((), (), ())
    given = [list(lines), [array(found) for found in keys], [json.dumps(person) for person in people]]
    cursor.execute(_INCOMING.format(rows=_GIVEN, **_COLUMNS), given)
    _complete(cursor)


def drop(cursor: CursorWrapper) -> None:
    """Make room for the next slice in the same transaction."""
    cursor.execute("DROP TABLE incoming, incoming_point")


def _complete(cursor: CursorWrapper) -> None:
    cursor.execute(_POINTS)
    cursor.execute(_KNOWN)
