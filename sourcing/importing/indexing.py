"""Search rows of imported people, written behind the slices: by another worker while the next slice is saved, and by
the import itself before it ends.

Making the words of a person costs about as much as saving them, so doing both at once nearly halves the time. A
worker that dies or never comes costs nothing but time: each bit is one transaction with its marker.
"""

from __future__ import annotations

import time

from django.db import connection, transaction

from sourcing.models import ImportRun
from sourcing.search import index

#: People at once; an edit of one of them waits that long.
_AT_ONCE = 2_000

_CLAIM = """
SELECT id, to_index[indexed + 1:indexed + %(many)s]
  FROM sourcing_importslice
 WHERE indexed_at IS NULL AND (%(import)s::bigint IS NULL OR import_run_id = %(import)s)
 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# Who edits one of them now waits, so that what is read here is not older than what is written.
_HOLD = "SELECT 1 FROM sourcing_candidate WHERE id = ANY(%s) ORDER BY id FOR SHARE"
_MARK = """
UPDATE sourcing_importslice
   SET indexed = indexed + %(count)s,
       indexed_at = CASE WHEN indexed + %(count)s >= cardinality(to_index) THEN now() END,
       to_index = CASE WHEN indexed + %(count)s >= cardinality(to_index) THEN '{}' ELSE to_index END
 WHERE id = %(id)s RETURNING indexed_at IS NOT NULL
"""


def some(*, seconds: float, import_run: ImportRun | None = None) -> bool:
    """Write search rows for about ``seconds``, of one import or of all; False when nothing was left to claim."""
    until = time.monotonic() + seconds
    while _bit(import_run):
        if time.monotonic() > until:
            return True
    return False


def is_searchable(import_run: ImportRun) -> bool:
    """Whether everybody saved so far can be found; another worker may still be at it."""
    return not import_run.slices.filter(indexed_at__isnull=True).exists()


def _bit(import_run: ImportRun | None) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL gin_pending_list_limit = '512MB'")
        cursor.execute(_CLAIM, {"many": _AT_ONCE, "import": import_run.pk if import_run else None})
        claimed = cursor.fetchone()
        if claimed is None:
            return False
        slice_id, ids = claimed
        cursor.execute(_HOLD, [ids])
        index.refresh(ids)
        cursor.execute(_MARK, {"count": len(ids), "id": slice_id})
        (complete,) = cursor.fetchone()
    if complete:
        index.clean_pending()
    return True
