"""The only writer of the distinct filter values, and their look-ups by text, number and place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from sourcing.models import FacetValue
from sourcing.search.record import Value

#: What one value is told by: organisation, kind, folded text.
Key = tuple[int, str, str]

_KNOWN = """
SELECT v.organisation_id, v.kind, v.folded, v.id
  FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w (organisation, kind, folded)
  JOIN sourcing_facetvalue v
    ON v.organisation_id = w.organisation AND v.kind = w.kind COLLATE "C" AND v.folded = w.folded COLLATE "C"
"""
# In one order everywhere, so that two writers of the same new values wait for each other and do not deadlock.
_ADD = """
INSERT INTO sourcing_facetvalue (organisation_id, kind, folded, value, number)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::float8[]) AS n (o, k, f, v, x)
 ORDER BY o, k COLLATE "C", f COLLATE "C"
ON CONFLICT (organisation_id, kind, folded) DO NOTHING
"""
_UNUSED = """
DELETE FROM sourcing_facetvalue v
 WHERE v.organisation_id = %s AND v.id = ANY(%s)
   AND NOT EXISTS (SELECT 1 FROM sourcing_personsearch s
                    WHERE s.organisation_id = v.organisation_id AND s.facets @> ARRAY[v.id])
"""


def ids(values: Mapping[Key, Value]) -> dict[Key, int]:
    """The id of every value, made when it is new. Three statements for any number; in the caller's transaction."""
    if not values:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, _columns(values))
        known: dict[Key, int] = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
        new = [key for key in values if key not in known]
        if new:
            shown = [values[key] for key in new]
            cursor.execute(
                _ADD, [*_columns(new), [value.value for value in shown], [value.number for value in shown]]
            )
            cursor.execute(_KNOWN, _columns(new))
            known.update({(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()})
    return known


def find(organisation_id: int, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Ids of ``(kind, folded)`` pairs the organisation has; what nobody has is left out."""
    if not wanted:
        return {}
    keys = [(organisation_id, kind, folded) for kind, folded in wanted]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, _columns(keys))
        return {(row[1], row[2]): row[3] for row in cursor.fetchall()}


def between(organisation_id: int, kind: str, least: float | None, most: float | None) -> list[int]:
    """Ids of the values of a number or date field from ``least`` to ``most``, both included, each may be open."""
    rows = FacetValue.objects.for_organisation(organisation_id).filter(kind=kind, number__isnull=False)
    if least is not None:
        rows = rows.filter(number__gte=least)
    if most is not None:
        rows = rows.filter(number__lte=most)
    return list(rows.values_list("pk", flat=True))


def numbered(organisation_id: int, kind: str, numbers: Iterable[float]) -> list[int]:
    """Ids of the values with one of these numbers: the places around a place."""
    rows = FacetValue.objects.for_organisation(organisation_id).filter(kind=kind, number__in=list(numbers))
    return list(rows.values_list("pk", flat=True))


def forget_unused(organisation_id: int, facet_ids: Collection[int]) -> int:
    """Delete the values among these that nobody has any more; called after people were erased. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_UNUSED, [organisation_id, list(facet_ids)])
        return int(cursor.rowcount)


def _columns(keys: Collection[Key] | Mapping[Key, Value]) -> list[list[object]]:
    return [list(column) for column in zip(*keys, strict=True)]
