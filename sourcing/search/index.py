"""The only writer of ``person_search`` and its sample.

Set-based and idempotent: :func:`refresh` reads the people's rows again and replaces theirs. It runs in the caller's
transaction, so a person and their search row become visible together. No e-mail address, phone number or other
contact point ever enters a document (docs/architecture.md, "People at a million").
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Education,
    Experience,
    Fact,
    Project,
    ProjectMember,
)
from sourcing.search import dictionary, record, texts
from sourcing.search.record import Record
from sourcing.search.tokens import document

_TABLE = "sourcing_personsearch"
_SAMPLE = "sourcing_personsearchsample"
_AT_ONCE = 10_000
_REASON = "the index follows the people it is given; ids come from one organisation's operation"
#: One person in this many is in the sample.
SAMPLE_ONE_IN = 50

_UPSERT = """
INSERT INTO {table} AS t
       (candidate_id, organisation_id, doc, facets, years, last_activity, last_contacted_at, sort_name)
SELECT r.id, r.organisation, r.doc::tsvector, r.facets::int[], r.years, r.activity, r.contacted, r.name
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[],
              %s::text[]) AS r (id, organisation, doc, facets, years, activity, contacted, name)
ON CONFLICT (candidate_id) DO UPDATE SET
    doc = excluded.doc, facets = excluded.facets, years = excluded.years, last_activity = excluded.last_activity,
    last_contacted_at = excluded.last_contacted_at, sort_name = excluded.sort_name
WHERE (t.doc, t.facets, t.years, t.last_activity, t.last_contacted_at, t.sort_name) IS DISTINCT FROM
      (excluded.doc, excluded.facets, excluded.years, excluded.last_activity, excluded.last_contacted_at,
       excluded.sort_name)
"""
_CONTACTED = """
UPDATE {table} SET last_contacted_at = greatest(last_contacted_at, %s), last_activity = greatest(last_activity, %s)
 WHERE candidate_id = ANY(%s)
"""
_LOCK = "SELECT 1 FROM {table} WHERE candidate_id = ANY(%s::bigint[]) ORDER BY candidate_id FOR NO KEY UPDATE"
# Some values go, others come, all others stay; who has nothing to lose or to get is not written.
_RESTATE = """
UPDATE {table} s SET facets = ARRAY(SELECT f FROM unnest(s.facets) f WHERE f <> ALL(%(gone)s::int[])) || %(new)s::int[]
 WHERE s.candidate_id = ANY(%(ids)s::bigint[]) AND NOT (s.facets @> %(new)s::int[] AND NOT s.facets && %(lost)s::int[])
"""
# The same for all values of one kind, looked up among the person's own: a kind may have as many as there are people.
_RESTATE_KIND = """
UPDATE {table} s
   SET facets = ARRAY(SELECT f FROM unnest(s.facets) f
                       WHERE f <> ALL(%(new)s::int[])
                         AND NOT EXISTS (SELECT 1 FROM sourcing_facetvalue v
                                          WHERE v.id = f AND v.organisation_id = %(organisation)s
                                            AND v.kind = %(kind)s)) || %(new)s::int[]
 WHERE s.candidate_id = ANY(%(ids)s::bigint[])
   AND (NOT s.facets @> %(new)s::int[]
        OR EXISTS (SELECT 1 FROM sourcing_facetvalue v
                    WHERE v.id = ANY(s.facets) AND v.id <> ALL(%(new)s::int[])
                      AND v.organisation_id = %(organisation)s AND v.kind = %(kind)s))
"""
# Columns of later rooms of this app; absent ones are not read.
_COLUMNS = (
    "id", "organisation_id", "first_name", "last_name", "headline", "title", "company", "location", "summary",
    "source", "skills", "tags", "created_by_id", "owner_id", "created_at", "updated_at", "last_contacted_at",
)  # fmt: skip
_OWN = [
    name
    for name in ("place_id", "custom")
    if name in {each.attname for each in Candidate._meta.concrete_fields}
]


_read = attrgetter(*_COLUMNS, *_OWN)


def in_sample(candidate_id: int) -> bool:
    """Whether the person stands in the sample: always the same two per cent, whatever the server's version."""
    return zlib.crc32(candidate_id.to_bytes(8, "big")) % SAMPLE_ONE_IN == 0


def refresh(candidate_ids: Collection[int]) -> None:
    """Write the search rows of these people from their present data. Unknown ids are passed over.

    To be called by every write that changes a person, their positions, schools, shared contact points, notes or files.
    """
    ordered = sorted(set(candidate_ids))
    for start in range(0, len(ordered), _AT_ONCE):
        _refresh(ordered[start : start + _AT_ONCE])


def made(
    person: Candidate,
    *,
    points: Iterable[ContactPoint],
    experience: Iterable[Experience],
    education: Iterable[Education],
) -> None:
    """As :func:`refresh` for somebody made in this transaction: what is given is all there is, so nothing is read."""
    found = record_of(person)
    found.experience += [(row.title, row.company, row.started, row.ended) for row in experience]
    found.education += [(row.school, row.degree, row.field) for row in education]
    shared = {point.kind for point in points if point.shared}
    found.has_email, found.has_phone = ContactKind.EMAIL in shared, ContactKind.PHONE in shared
    _store([found])


def contacted(candidate_ids: Collection[int], at: datetime.datetime) -> None:
    """Raise *last contacted* and *last activity* without reading the people again; called for each message sent."""
    ids = list(candidate_ids)
    with connection.cursor() as cursor:
        for table in (_TABLE, _SAMPLE):
            cursor.execute(_CONTACTED.format(table=table), [at, at, ids])


def restate(people: Mapping[int, list[int]], kind: str, values: Sequence[str]) -> None:
    """Replace the values of one kind of fact without reading the people again; ``{organisation id: people's ids}``."""
    stated = [record.plain(kind, value) for value in values]
    for organisation, ids in people.items():
        known = dictionary.ids(
            {(organisation, kind, value.folded): value for value in stated if value.folded}
        )
        values_of_kind = {"new": list(known.values()), "organisation": organisation, "kind": kind}
        _write_facets(_RESTATE_KIND, ids, values_of_kind)


def joined(project: Project, candidate_ids: Collection[int]) -> None:
    """These people are in the project now; who was already stays so, ids of another organisation fall away."""
    value = record.number("project", project.pk)
    known = dictionary.ids({(project.organisation_id, value.kind, value.folded): value})
    people = Candidate.objects.for_organisation(project.organisation_id).filter(pk__in=set(candidate_ids))
    _replace(list(people.order_by("pk").values_list("pk", flat=True)), gone=(), new=list(known.values()))


def left(project: Project, candidate_ids: Collection[int]) -> None:
    """These people are no longer in the project."""
    known = dictionary.find(project.organisation_id, [("project", str(project.pk))])
    _replace(sorted(set(candidate_ids)), gone=list(known.values()), new=())


def clean_pending() -> None:
    """Move what a bulk write left in the pending list of the word index into the index itself. Outside a
    transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('sourcing_search_words')")


def records(candidate_ids: Sequence[int]) -> list[Record]:
    """What search knows about these people, in the order of their ids. A fixed number of queries."""
    rows = Candidate.objects.across_organisations(_REASON).filter(pk__in=candidate_ids).order_by("pk")
    found = {row[0]: _record(row) for row in rows.values_list(*_COLUMNS, *_OWN)}
    add_texts(found)
    _add_filter_values(found)
    return list(found.values())


def record_of(person: Candidate) -> Record:
    """What the person's own row says, without a query."""
    return _record(_read(person))


def add_texts(found: Mapping[int, Record]) -> None:
    """Give records, by the person's id, the texts of other tables: positions, schools, notes, files. A fixed number of
    queries."""
    ids = list(found)
    positions = Experience.objects.across_organisations(_REASON).filter(candidate_id__in=ids)
    for candidate, title, company, started, ended in positions.order_by(
        "candidate_id", "position", "pk"
    ).values_list("candidate_id", "title", "company", "started", "ended"):
        found[candidate].experience.append((title, company, started, ended))
    schools = Education.objects.across_organisations(_REASON).filter(candidate_id__in=ids)
    for candidate, school, degree, subject in schools.order_by("candidate_id", "position", "pk").values_list(
        "candidate_id", "school", "degree", "field"
    ):
        found[candidate].education.append((school, degree, subject))
    for candidate, scope, text in texts.of(ids):
        found[candidate].texts.append((scope, text))


def _add_filter_values(found: Mapping[int, Record]) -> None:
    ids = list(found)
    for candidate, kind in (
        ContactPoint.objects.across_organisations(_REASON)
        .filter(shared=True, candidate_id__in=ids)
        .order_by()
        .values_list("candidate_id", "kind")
        .distinct()
    ):
        found[candidate].has_email |= kind == ContactKind.EMAIL
        found[candidate].has_phone |= kind == ContactKind.PHONE
    for candidate, project in (
        ProjectMember.objects.across_organisations(_REASON)
        .filter(candidate_id__in=ids)
        .values_list("candidate_id", "project_id")
    ):
        found[candidate].projects.append(project)
    for candidate, source, key, values in (
        Fact.objects.across_organisations(_REASON)
        .filter(candidate_id__in=ids)
        .values_list("candidate_id", "source", "key", "values")
    ):
        found[candidate].facts.append((f"fact.{source}.{key}", values))


def _record(row: tuple[Any, ...]) -> Record:
    own = dict(zip(_OWN, row[len(_COLUMNS) :], strict=True))
    (candidate_id, organisation_id, first, last, headline, title, company, location, summary,
     source, skills, tags, by, owner, created, updated, contacted_at) = row[: len(_COLUMNS)]  # fmt: skip
    return Record(
        candidate_id, organisation_id, first, last, headline, title, company, location, summary, source, skills, tags,
        by, owner, created, updated, contacted_at, own.get("place_id"), own.get("custom") or {},
    )  # fmt: skip


def _refresh(ids: Sequence[int]) -> None:
    people = records(ids)
    if people:
        _store(people)


def _store(people: Sequence[Record]) -> None:
    today = timezone.now().date()
    rows, keys = [], []
    wanted: dict[dictionary.Key, record.Value] = {}
    for person in people:
        mine = [
            (person.organisation_id, value.kind, value.folded)
            for value in record.values(person)
            if value.folded and wanted.setdefault((person.organisation_id, value.kind, value.folded), value)
        ]
        worked = record.years_of(person, today)
        keys.append((mine, record.reserved(person, worked)))
        rows.append((person, document(record.fields(person)), worked or 0))
    # Last, because others who need the same new value wait for our transaction from here on.
    known = dictionary.ids(wanted)
    _write(
        [
            (
                person.candidate_id,
                person.organisation_id,
                words,
                "{" + ",".join(map(str, sorted({*own, *(known[key] for key in mine)}))) + "}",
                worked,
                person.last_activity,
                person.contacted_at,
                person.sort_name,
            )
            for (person, words, worked), (mine, own) in zip(rows, keys, strict=True)
        ]
    )


def _write(rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        for table, chosen in ((_TABLE, rows), (_SAMPLE, [row for row in rows if in_sample(row[0])])):
            if chosen:
                cursor.execute(_UPSERT.format(table=table), list(_columns(chosen)))


def _columns(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))


def _replace(ids: list[int], *, gone: Collection[int], new: Collection[int]) -> None:
    values = {"new": list(new), "gone": sorted({*gone, *new}), "lost": sorted({*gone} - {*new})}
    _write_facets(_RESTATE, ids, values)


def _write_facets(statement: str, ids: list[int], values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        for table, chosen in ((_TABLE, ids), (_SAMPLE, [pk for pk in ids if in_sample(pk)])):
            if len(chosen) > 1:
                cursor.execute(_LOCK.format(table=table), [sorted(chosen)])
            if chosen:
                cursor.execute(statement.format(table=table), {**values, "ids": chosen})
