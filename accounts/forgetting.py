"""Taking a person's values out of the audit trail. Who changed which column when stays; what it was goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import AuditEntry

#: What stands for an erased value.
ERASED = "erased"

_OF_DELETED = """
    SELECT id FROM accounts_auditentry
     WHERE organisation_id = %s AND changes ? 'candidate_id' AND changes -> 'candidate_id' ->> 0 = %s
"""
_BLANK = """
    UPDATE accounts_auditentry
       SET changes = (SELECT jsonb_object_agg(key, jsonb_build_array(%s::text, %s::text))
                        FROM jsonb_object_keys(changes) key)
     WHERE id = ANY(%s) AND changes <> '{}'
"""


def changes_of(
    organisation_id: int, rows: Mapping[str, Collection[int]], candidate_id: int
) -> Iterator[dict[str, Any]]:
    """``{column: [old, new]}`` of every change of these rows (``{table: ids}``), and of rows about the person that
    are gone already."""
    yield from _entries(organisation_id, rows, candidate_id).values_list("changes", flat=True)


def scrub(organisation_id: int, rows: Mapping[str, Collection[int]], candidate_id: int) -> int:
    """Blank the values of those changes; returns how many entries. In the caller's transaction, after the rows have
    been deleted, so that the entries of that deletion are among them."""
    ids = list(_entries(organisation_id, rows, candidate_id).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_BLANK, [ERASED, ERASED, ids])
        return int(cursor.rowcount)


def scrub_present(organisation_id: int, column: str) -> int:
    """Blank what the running transaction has told about ``column``: it was changed only to forget its old value."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_auditentry WHERE organisation_id = %s AND at = now() AND changes ? %s",
            [organisation_id, column],
        )
        cursor.execute(_BLANK, [ERASED, ERASED, [pk for (pk,) in cursor.fetchall()]])
        return int(cursor.rowcount)


def _entries(organisation_id: int, rows: Mapping[str, Collection[int]], candidate_id: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_OF_DELETED, [organisation_id, str(candidate_id)])
        gone = [pk for (pk,) in cursor.fetchall()]
    matching = Q(pk__in=gone)
    for table, ids in rows.items():
        matching |= Q(table=table, row__in=list(ids))
    found = AuditEntry.objects.filter(organisation_id=organisation_id).filter(matching)
    # A row that is gone was changed before: those entries name its row only.
    further: dict[str, set[int]] = {}
    for table, row in found.values_list("table", "row"):
        further.setdefault(table, set()).add(row)
    for table, numbers in further.items():
        matching |= Q(table=table, row__in=numbers)
    return AuditEntry.objects.filter(organisation_id=organisation_id).filter(matching)
