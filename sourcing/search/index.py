"""The only writer of ``person_search`` and its sample.

Set-based and idempotent: :func:`refresh` reads the people's rows again and replaces theirs. It runs in the caller's
transaction, so a person and their search row become visible together. No e-mail address, phone number or other
contact point ever enters a document (docs/architecture.md, "People at a million").
"""

from __future__ import annotations

import datetime
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from sourcing.models import Candidate, Education, Experience
from sourcing.search.tokens import document, fold

_TABLE = "sourcing_personsearch"
_SAMPLE = "sourcing_personsearchsample"
_AT_ONCE = 5_000
#: One person in this many is in the sample.
SAMPLE_ONE_IN = 50

_UPSERT = """
INSERT INTO {table} (candidate_id, organisation_id, doc, facets, years, last_activity, last_contacted_at, sort_name)
SELECT r.id, r.organisation, r.doc::tsvector, '{{}}'::int[], 0, r.activity, r.contacted, r.name
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[])
       AS r (id, organisation, doc, activity, contacted, name)
ON CONFLICT (candidate_id) DO UPDATE SET
    doc = excluded.doc, last_activity = excluded.last_activity,
    last_contacted_at = excluded.last_contacted_at, sort_name = excluded.sort_name
"""
_CONTACTED = """
UPDATE {table} SET last_contacted_at = greatest(last_contacted_at, %s), last_activity = greatest(last_activity, %s)
 WHERE candidate_id = ANY(%s)
"""


def in_sample(candidate_id: int) -> bool:
    """Whether the person stands in the sample: always the same two per cent, whatever the server's version."""
    return zlib.crc32(candidate_id.to_bytes(8, "big")) % SAMPLE_ONE_IN == 0


def refresh(candidate_ids: Collection[int]) -> None:
    """Write the search rows of these people from their present data. Unknown ids are passed over."""
    ordered = sorted(set(candidate_ids))
    for start in range(0, len(ordered), _AT_ONCE):
        _refresh(ordered[start : start + _AT_ONCE])


def contacted(candidate_ids: Collection[int], at: datetime.datetime) -> None:
    """Raise *last contacted* and *last activity* without reading the people again; called for each message sent."""
    ids = list(candidate_ids)
    with connection.cursor() as cursor:
        for table in (_TABLE, _SAMPLE):
            cursor.execute(_CONTACTED.format(table=table), [at, at, ids])


def clean_pending() -> None:
    """Move what a bulk write left in the pending list of the word index into the index itself. Outside a
    transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('sourcing_search_words')")


def _refresh(ids: Sequence[int]) -> None:
    rows = [_row(*person) for person in _people(ids)]
    with connection.cursor() as cursor:
        for table, chosen in ((_TABLE, rows), (_SAMPLE, [row for row in rows if in_sample(row[0])])):
            if chosen:
                cursor.execute(
                    _UPSERT.format(table=table), [list(column) for column in zip(*chosen, strict=True)]
                )


def _people(ids: Sequence[int]) -> Iterator[tuple[dict[str, Any], list[tuple[str, str]]]]:
    """Each person's own columns and the ``(field, text)`` pairs of their positions and schools."""
    reason = "the index follows the people it is given; ids come from one organisation's operation"
    further: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    positions = Experience.objects.across_organisations(reason).filter(candidate_id__in=ids)
    for candidate, title, company in positions.values_list("candidate_id", "title", "company"):
        further[candidate] += [("title", title), ("company", company)]
    schools = Education.objects.across_organisations(reason).filter(candidate_id__in=ids)
    for candidate, *texts in schools.values_list("candidate_id", "school", "degree", "field"):
        further[candidate] += [("", text) for text in texts]
    people = Candidate.objects.across_organisations(reason).filter(pk__in=ids)
    columns = (
        "id", "organisation_id", "first_name", "last_name", "headline", "title", "company", "location", "summary",
        "skills", "tags", "created_at", "updated_at", "last_contacted_at",
    )  # fmt: skip
    for person in people.values(*columns).order_by("pk"):
        yield person, further[person["id"]]


def _row(
    person: dict[str, Any], further: Iterable[tuple[str, str]]
) -> tuple[int, int, str, datetime.datetime, datetime.datetime | None, str]:
    fields = [
        ("name", person["first_name"]),
        ("name", person["last_name"]),
        ("title", person["title"]),
        ("company", person["company"]),
        ("location", person["location"]),
        ("", person["headline"]),
        *(("skill", skill) for skill in person["skills"]),
        *(("tag", tag) for tag in person["tags"]),
        *further,
        ("", person["summary"]),
    ]
    contacted_at = person["last_contacted_at"]
    activity = max(moment for moment in (person["created_at"], person["updated_at"], contacted_at) if moment)
    name = fold(f"{person['last_name']} {person['first_name']}".strip())[:300]
    return person["id"], person["organisation_id"], document(fields), activity, contacted_at, name
