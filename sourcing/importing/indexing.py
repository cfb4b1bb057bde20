"""Search rows of imported people, written when the last of them is saved: by other workers, and by the import itself
before it ends.

Making the words of a person costs more than saving them. Done meanwhile, both would share the cores with everybody who
searches, and who searches would read the pending list of the word index besides; done afterwards by several workers it
takes no longer in all. A worker that dies or never comes costs nothing but time: each bit is one transaction with its
marker.
"""

from __future__ import annotations

import time

import structlog
from django.db import OperationalError, connection, transaction

from sourcing.importing import staging
from sourcing.models import ImportRun
from sourcing.search import index

log = structlog.get_logger(__name__)

#: People at once; an edit of one of them waits that long.
_AT_ONCE = 2_000

#: People after whom the pending list of the word index is emptied: every search reads it.
_PENDING = 10_000

_CLAIM = """
SELECT s.id, s.to_index[s.indexed + 1:s.indexed + %(many)s]
  FROM sourcing_importslice s JOIN sourcing_importrun i ON i.id = s.import_run_id
  JOIN foundation_run r ON r.id = i.run_id
 WHERE s.indexed_at IS NULL AND (%(import)s::bigint IS NULL OR s.import_run_id = %(import)s)
   AND (r.ended_at IS NOT NULL OR i.slices_done * %(slice_rows)s >= i.rows)
 ORDER BY s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
"""
# Who edits one of them now waits, so that what is read here is not older than what is written.
_HOLD = "SELECT 1 FROM sourcing_candidate WHERE id = ANY(%s) ORDER BY id FOR SHARE"
_MARK = """
UPDATE sourcing_importslice
   SET indexed = indexed + %(count)s,
       indexed_at = CASE WHEN indexed + %(count)s >= cardinality(to_index) THEN now() END,
       to_index = CASE WHEN indexed + %(count)s >= cardinality(to_index) THEN '{}' ELSE to_index END
 WHERE id = %(id)s RETURNING indexed_at IS NOT NULL OR indexed %% %(pending)s < %(count)s
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
        wanted = {"many": _AT_ONCE, "import": import_run.pk if import_run else None}
        cursor.execute(_CLAIM, {**wanted, "slice_rows": staging.SLICE_ROWS})
        claimed = cursor.fetchone()
        if claimed is None:
            return False
        slice_id, ids = claimed
        cursor.execute(_HOLD, [ids])
        index.refresh(ids)
        cursor.execute(_MARK, {"count": len(ids), "id": slice_id, "pending": _PENDING})
        (enough,) = cursor.fetchone()
    if enough:
        _clean()
    return True


def _clean() -> None:
    """Vacuum, or another worker, may be at it: then it is done without us."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            index.clean_pending()
    except OperationalError as problem:
        log.info("imports.pending_left", problem=type(problem.__cause__).__name__)
