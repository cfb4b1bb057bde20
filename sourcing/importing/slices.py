"""The last phase of an import: one slice of staged rows becomes people and addresses in one transaction.

Everything is set-based. Search rows follow when the last slice is saved (``indexing``). The slice marker moves in the
same transaction, so a slice happens once whatever crashes, and so does the record *Undo* goes by. Two imports of one
organisation, or an import and a sync, take turns slice by slice: each looks for existing people under the same lock
under which the other wrote them, so that the same person in both becomes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from sourcing import duplicates, known_again, newcomers, places, sightings
from sourcing.importing import changes, incoming, known, staging
from sourcing.importing.locking import locked
from sourcing.importing.policies import TEXTS, policy_of
from sourcing.models import Candidate, ImportRun

#: New people in one slice after which statistics are taken at once.
_MANY = 1_000

_NUMBER_NEW = """
UPDATE incoming i SET candidate_id = n.id, fresh = true
  FROM (SELECT line, nextval(%s::regclass) AS id
          FROM (SELECT line FROM incoming WHERE candidate_id IS NULL ORDER BY line) o) n
 WHERE n.line = i.line
"""
_LOCK_KNOWN = """
SELECT 1 FROM sourcing_candidate WHERE id IN (SELECT candidate_id FROM incoming WHERE NOT fresh)
 ORDER BY id FOR NO KEY UPDATE
"""
_INSERT_NEW = """
INSERT INTO sourcing_candidate (id, organisation_id, {texts}, skills, tags, custom, provenance, linkedin_key,
                                record_type, source, created_by_id, owner_id, created_at, updated_at, version,
                                place_id, latitude, longitude, time_zone, place_confidence)
SELECT candidate_id, %s, {texts}, skills, tags, custom, '{{}}', linkedin_key,
       'candidate', %s, %s, %s, now(), now(), 1,
       p.place_id, p.latitude, p.longitude, coalesce(p.time_zone, ''), coalesce(p.place_confidence, 0)
  FROM incoming LEFT JOIN incoming_place p USING (location) WHERE fresh ORDER BY line
""".format(texts=", ".join(TEXTS))
#: Where the locations of a slice lie, each looked up once.
_PLACES = """
CREATE TEMPORARY TABLE incoming_place ON COMMIT DROP AS
SELECT * FROM unnest(%s::text[], %s::int[], %s::float8[], %s::float8[], %s::text[], %s::int[])
           AS p (location, place_id, latitude, longitude, time_zone, place_confidence)
"""
_MOVE_KNOWN = """
UPDATE sourcing_candidate c
   SET place_id = p.place_id, latitude = p.latitude, longitude = p.longitude, time_zone = p.time_zone,
       place_confidence = p.place_confidence
  FROM incoming i JOIN incoming_place p USING (location)
 WHERE c.id = i.candidate_id AND NOT i.fresh AND c.location = p.location AND c.place_id IS DISTINCT FROM p.place_id
"""
# A person made a moment ago has no address yet, so there is nothing to number after and nothing to run into. What a
# file brings is the organisation's: it names no member, or it would go when the member goes.
_POINTS_OF_NEW = """
INSERT INTO sourcing_contactpoint (organisation_id, candidate_id, kind, type, value, normalised, position, origin,
                                   source, shared, added_by_id, status, status_note, first_seen_at, last_seen_at)
SELECT %(organisation)s, i.candidate_id, a.kind, a.type, a.value, a.normalised, least(a.place - 1, 32767),
       'imported', %(source)s, true, NULL, 'unknown', '', now(), now()
  FROM incoming_point a JOIN incoming i ON i.line = a.line AND i.fresh
 ORDER BY i.line, a.kind, a.place
"""
_POINTS_OF_KNOWN = """
INSERT INTO sourcing_contactpoint (organisation_id, candidate_id, kind, type, value, normalised, position, origin,
                                   source, shared, added_by_id, status, status_note, first_seen_at, last_seen_at)
SELECT %(organisation)s, i.candidate_id, a.kind, a.type, a.value, a.normalised,
       least(coalesce(k.last + 1, 0) - 1
             + row_number() OVER (PARTITION BY i.candidate_id, a.kind ORDER BY i.line, a.place), 32767),
       'imported', %(source)s, true, NULL, 'unknown', '', now(), now()
  FROM incoming_point a
  JOIN incoming i ON i.line = a.line AND NOT i.fresh
  LEFT JOIN (SELECT candidate_id, kind, max(position) AS last FROM sourcing_contactpoint
              WHERE candidate_id IN (SELECT candidate_id FROM incoming WHERE NOT fresh) GROUP BY 1, 2) k
    ON k.candidate_id = i.candidate_id AND k.kind = a.kind
 ORDER BY i.line, a.kind, a.place
ON CONFLICT (candidate_id, kind, normalised) WHERE shared DO NOTHING
RETURNING id
"""
_SEEN_AGAIN = """
SELECT DISTINCT i.candidate_id, a.kind, a.normalised
  FROM incoming_point a JOIN incoming i ON i.line = a.line AND NOT i.fresh
"""
_PROFILES = """
INSERT INTO sourcing_socialprofile (organisation_id, candidate_id, network, url)
SELECT DISTINCT ON (candidate_id) %(organisation)s, candidate_id, 'linkedin', linkedin_url
  FROM incoming i WHERE linkedin_url <> '' AND fresh = %(fresh)s
   AND (fresh OR NOT EXISTS (SELECT 1 FROM sourcing_socialprofile s
                              WHERE s.candidate_id = i.candidate_id AND s.network = 'linkedin'))
 ORDER BY candidate_id, line
ON CONFLICT DO NOTHING
RETURNING id
"""
# %(policy)s: only people without any, or whatever is not there yet, or nothing.
_HISTORY = """
INSERT INTO {table} (organisation_id, candidate_id, {columns}, position{more})
SELECT %(organisation)s, i.candidate_id, {values},
       coalesce((SELECT max(k.position) + 1 FROM {table} k WHERE k.candidate_id = i.candidate_id AND NOT i.fresh), 0)
       + row_number() OVER (PARTITION BY i.candidate_id ORDER BY i.line, e.place) - 1{blank}
  FROM incoming i CROSS JOIN LATERAL jsonb_array_elements(i.{field}) WITH ORDINALITY AS e (entry, place)
 WHERE i.fresh = %(fresh)s
   AND (i.fresh OR %(policy)s = 'add' AND NOT EXISTS (
            SELECT 1 FROM {table} k WHERE k.candidate_id = i.candidate_id
               AND lower(k.{first}) = lower(e.entry->>0) AND lower(k.{second}) = lower(e.entry->>1))
        OR %(policy)s = 'blank' AND NOT EXISTS (SELECT 1 FROM {table} k WHERE k.candidate_id = i.candidate_id)
           AND i.line = (SELECT min(o.line) FROM incoming o
                          WHERE o.candidate_id = i.candidate_id AND o.{field} <> '[]'))
 ORDER BY i.candidate_id, i.line, e.place
RETURNING id
"""
_TABLES = {
    "positions": (
        "sourcing_experience",
        ("title", "company", "started", "ended"),
        ("location", "description"),
    ),
    "schools": ("sourcing_education", ("school", "degree", "field", "started", "ended"), ()),
}
_MEMBERS = """
INSERT INTO sourcing_projectmember (organisation_id, project_id, candidate_id, added_by_id, added_at)
SELECT %(organisation)s, %(project)s, candidate_id, %(actor)s, now()
  FROM incoming WHERE fresh = %(fresh)s GROUP BY candidate_id ORDER BY min(line)
ON CONFLICT (project_id, candidate_id) DO NOTHING
RETURNING id
"""
# What was added to people who were there before; their version moves, because their page changed.
_TOUCH = """
UPDATE sourcing_candidate SET version = version + 1, updated_at = now()
 WHERE id IN (SELECT candidate_id FROM {table} WHERE id = ANY(%s)) AND updated_at <> now()
"""
_REMEMBER = """
INSERT INTO sourcing_importslice (organisation_id, import_run_id, number, written_at, made, contact_points,
                                  social_profiles, positions, schools, members, other_values, known, to_index,
                                  indexed)
SELECT %(organisation)s, %(import)s, %(number)s, now(),
       coalesce((SELECT array_agg(candidate_id ORDER BY candidate_id) FROM incoming WHERE fresh), '{}'),
       %(contact_points)s::bigint[], %(social_profiles)s::bigint[], %(positions)s::bigint[], %(schools)s::bigint[],
       %(members)s::bigint[], %(other_values)s::bigint[],
       ARRAY(SELECT DISTINCT candidate_id FROM incoming WHERE NOT fresh),
       ARRAY(SELECT candidate_id FROM incoming WHERE fresh
              UNION
             SELECT id FROM sourcing_candidate
              WHERE id = ANY(ARRAY(SELECT candidate_id FROM incoming WHERE NOT fresh)) AND updated_at = now()
              ORDER BY 1), 0
"""


@dataclass(frozen=True)
class Written:
    """What one slice came to, in rows."""

    imported: int
    updated: int


def take_turn(cursor: CursorWrapper, organisation_id: int) -> None:
    """Wait until nothing else brings people into the organisation; the turn ends with the transaction."""
    newcomers.take_turn(organisation_id)
    cursor.execute("SET LOCAL gin_pending_list_limit = '512MB'; SET LOCAL work_mem = '128MB'")


def write(import_run: ImportRun, number: int) -> Written | None:
    """Turn slice ``number`` into people; None when it was written already. One transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        take_turn(cursor, import_run.organisation_id)
        row = locked(import_run)
        if row.slices_done != number:
            return None
        written = _write(cursor, row, number)
        row.imported += written.imported
        row.updated += written.updated
        row.slices_done = number + 1
        row.save(update_fields=["imported", "updated", "slices_done"])
        if row.slices_done * staging.SLICE_ROWS >= row.rows:
            transaction.on_commit(_wake_indexing, robust=True)
    if written.imported >= _MANY and number & (number - 1) == 0 and _is_most(row):
        learn()
    return written


def tell(import_run: ImportRun) -> None:
    """The news of everybody the import made or met, when it is over, however it ended: possible duplicates are looked
    for then, and do not take from the import the time they take. In the transaction that ends it."""
    for made, known_ones in import_run.slices.values_list("made", "known"):
        duplicates.changed(import_run.organisation_id, [*made, *known_ones])


def _is_most(import_run: ImportRun) -> bool:
    """Whether the import has made at least half of the people there are now, so that nothing is known of them yet."""
    people = Candidate.objects.for_organisation(import_run.organisation_id).values("pk")
    return people[: 2 * import_run.imported + 1].count() <= 2 * import_run.imported


def _wake_indexing() -> None:
    """Somebody else may make these people searchable; without them the import does it at its end."""
    from sourcing.tasks import index_imports  # noqa: PLC0415 - tasks import this package

    index_imports.apply_async(retry=False)


def learn() -> None:
    """Tell the planner about the new people now: until it knows them, it takes the organisation for an empty one.

    Called after the first, second, third, fifth … slice: what it knows need not be newer than half of what there is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE (SKIP_LOCKED) sourcing_candidate, sourcing_contactpoint, sourcing_projectmember"
        )
        cursor.execute("ANALYZE (SKIP_LOCKED) sourcing_personsearch, sourcing_personsearchsample")


def _write(cursor: CursorWrapper, import_run: ImportRun, number: int) -> Written:
    organisation, actor = import_run.organisation_id, import_run.created_by_id
    incoming.from_staging(cursor, import_run, number)
    known.find(cursor, organisation)
    _number_new(cursor)
    _locate(cursor)
    cursor.execute(_INSERT_NEW, [organisation, import_run.source, actor, actor])
    imported = cursor.rowcount
    other_values = changes.apply(cursor, import_run, number)
    cursor.execute(_MOVE_KNOWN)
    cursor.execute("DROP TABLE incoming_place")
    sightings.seen_in(cursor, _SEEN_AGAIN, organisation_id=organisation, at=timezone.now())
    brought = {"other_values": other_values, **_add_rows(cursor, import_run)}
    for name, table in (("positions", "sourcing_experience"), ("schools", "sourcing_education")):
        if brought[name]:
            cursor.execute(_TOUCH.format(table=table), [brought[name]])
    cursor.execute(
        _REMEMBER, {"organisation": organisation, "import": import_run.pk, "number": number, **brought}
    )
    cursor.execute("SELECT DISTINCT candidate_id FROM incoming")
    known_again.traces_added(organisation, [row[0] for row in cursor.fetchall()])
    cursor.execute("SELECT count(*) FROM incoming WHERE NOT fresh")
    updated = _one(cursor)
    incoming.drop(cursor)
    return Written(imported=imported, updated=updated)


def _locate(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT DISTINCT location FROM incoming WHERE location <> ''")
    rows = [(location, *places.columns_for(location).values()) for (location,) in cursor.fetchall()]
    cursor.execute(_PLACES, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 6)


def _number_new(cursor: CursorWrapper) -> None:
    """Give ids to the people to be made and lock those who were there."""
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", ["sourcing_candidate"])
    cursor.execute(_NUMBER_NEW, [_one(cursor)])
    # Everything from here on joins by the person; what was known of the column is that it was empty.
    cursor.execute("ANALYZE incoming (line, candidate_id, fresh)")
    cursor.execute(_LOCK_KNOWN)


def _add_rows(cursor: CursorWrapper, import_run: ImportRun) -> dict[str, list[int]]:
    """Addresses, profiles, history and memberships of everybody in the slice; ids of those of people who were there
    before."""
    values: dict[str, Any] = {
        "organisation": import_run.organisation_id,
        "source": import_run.source,
        "actor": import_run.created_by_id,
        "project": import_run.project_id,
    }
    added: dict[str, list[int]] = {"members": []}
    cursor.execute(_POINTS_OF_NEW, values)
    cursor.execute(_POINTS_OF_KNOWN, values)
    added["contact_points"] = _ids(cursor)
    for fresh in (True, False):
        values["fresh"] = fresh
        cursor.execute(_PROFILES, values)
        added["social_profiles"] = _ids(cursor)
        for field in _TABLES:
            cursor.execute(_history(field), {**values, "policy": policy_of(import_run.policies, field)})
            added[field] = _ids(cursor)
        if import_run.project_id is not None:
            cursor.execute(_MEMBERS, values)
            added["members"] = _ids(cursor)
    return added


def _history(field: str) -> str:
    table, columns, empty = _TABLES[field]
    return _HISTORY.format(
        table=table,
        field=field,
        first=columns[0],
        second=columns[1],
        columns=", ".join(columns),
        values=", ".join(f"e.entry->>{place}" for place in range(len(columns))),
        more="".join(f", {name}" for name in empty),
        blank=", ''" * len(empty),
    )


def _ids(cursor: CursorWrapper) -> list[int]:
    return [row[0] for row in cursor.fetchall()]


def _one(cursor: CursorWrapper) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]
