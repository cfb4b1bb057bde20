"""An address or number we have was seen again: the one door that raises ``last_seen_at``.

Seen is what somebody else said or did: a file that was imported, a provider of contact data, a mail that came from the
address, a vendor that holds it. What we send to it proves nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

#: One row is raised at most so often: a mail an hour from the same address would be a write an hour.
_AT_MOST_EACH = datetime.timedelta(hours=1)

# In the order of ids: two imports and a worker that reads mail may raise the same rows.
_RAISE = """
WITH seen AS MATERIALIZED (
    SELECT p.id FROM sourcing_contactpoint p JOIN ({source}) s USING (candidate_id, kind, normalised)
     WHERE p.organisation_id = %(organisation)s AND p.last_seen_at < %(before)s AND (p.shared OR %(private)s)
     ORDER BY p.id FOR NO KEY UPDATE OF p
)
UPDATE sourcing_contactpoint p SET last_seen_at = %(at)s FROM seen WHERE p.id = seen.id
"""
_GIVEN = """
SELECT * FROM unnest(%(candidates)s::bigint[], %(kinds)s::text[], %(values)s::text[])
           AS given (candidate_id, kind, normalised)
"""


def seen(
    *,
    organisation_id: int,
    points: Iterable[tuple[int, str, str]],
    at: datetime.datetime,
    private_too: bool = False,
) -> int:
    """``points`` are ``(candidate id, kind, normalised)``; those nobody has are passed over. How many were raised.

    Colleagues' private rows are raised only where the address itself was at work (``private_too``): that a file or a
    provider knows it too is no news for whoever keeps it to themselves. An earlier moment than the known one changes
    nothing.
    """
    rows = sorted(set(points))
    if not rows:
        return 0
    candidates, kinds, values = (list(column) for column in zip(*rows, strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        more = {"candidates": candidates, "kinds": kinds, "values": values, "private": private_too}
        return _raise(cursor, _GIVEN, organisation_id, at, more)


def seen_in(cursor: CursorWrapper, source: str, *, organisation_id: int, at: datetime.datetime) -> int:
    """The same for a whole slice that lies in the database: ``source`` is a SELECT of ours with the columns
    ``candidate_id, kind, normalised``. Shared rows only; in the caller's transaction."""
    return _raise(cursor, source, organisation_id, at, {"private": False})


def _raise(
    cursor: CursorWrapper, source: str, organisation_id: int, at: datetime.datetime, more: dict[str, Any]
) -> int:
    values = {"organisation": organisation_id, "at": at, "before": at - _AT_MOST_EACH, **more}
    cursor.execute(_RAISE.format(source=source), values)
    return int(cursor.rowcount)
