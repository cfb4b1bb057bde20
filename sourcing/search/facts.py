"""What the rooms above state about people: pushed down here by call, never asked upward.

``set(ids, "campaigns", "status", ["Replied"])`` replaces one fact of many people at once. Each fact is a filter of the
people list; how it is called there is told by ``facets.label_fact``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db import connection

from sourcing.models import Candidate, Fact
from sourcing.search import index

_SET = """
INSERT INTO sourcing_fact (organisation_id, candidate_id, source, key, "values", updated_at)
SELECT c.organisation_id, c.id, %s, %s, %s::jsonb, now() FROM sourcing_candidate c WHERE c.id = ANY(%s)
 ORDER BY c.id
ON CONFLICT (candidate_id, source, key) DO UPDATE SET "values" = excluded."values", updated_at = excluded.updated_at
RETURNING organisation_id, candidate_id
"""


def set(candidate_ids: Collection[int], source: str, key: str, values: Sequence[str]) -> None:  # noqa: A001 - read as facts.set
    """State ``values`` for one ``(source, key)`` of these people; an empty list takes the fact away.

    ``source`` is the stating app ("campaigns", "ats:12"), ``key`` its name for the fact. Runs in the caller's
    transaction; people who no longer exist are passed over. Values must not be private addresses.
    """
    ids = sorted({*candidate_ids})
    if not values:
        reason = "facts follow the people they are stated about"
        Fact.objects.across_organisations(reason).filter(
            candidate_id__in=ids, source=source, key=key
        ).delete()
        people = Candidate.objects.across_organisations(reason).filter(pk__in=ids).order_by("pk")
        stated = list(people.values_list("organisation_id", "pk"))
    else:
        with connection.cursor() as cursor:
            cursor.execute(_SET, [source, key, json.dumps(list(values)), ids])
            stated = cursor.fetchall()
    by_organisation: defaultdict[int, list[int]] = defaultdict(list)
    for organisation_id, candidate_id in stated:
        by_organisation[organisation_id].append(candidate_id)
    index.restate(by_organisation, f"fact.{source}.{key}", values)


def forget(candidate_id: int, source: str) -> None:
    """Take away all that ``source`` stated about a person. In the caller's transaction."""
    reason = "a fact belongs to the person named"
    rows = Fact.objects.across_organisations(reason).filter(candidate_id=candidate_id, source=source)
    for key in rows.order_by("key").values_list("key", flat=True):
        set([candidate_id], source, key, [])


def of(candidate_id: int, source: str, key: str) -> list[str]:
    """The values stated last, or an empty list."""
    reason = "a fact belongs to the person named"
    rows = Fact.objects.across_organisations(reason).filter(candidate_id=candidate_id, source=source, key=key)
    return list(next(iter(rows.values_list("values", flat=True)), []))
