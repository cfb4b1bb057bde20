"""Which of the people we have is a line of the file? The one door to that decision.

Who meets whom is looked up set-based in SQL; whether they are one person says ``matching``, as it does for every other
door (docs/duplicates.md). Only who is certainly the same is found. Who only may be is made, and the look at new people
that follows every slice puts the two on the page of duplicates with its reasons.
"""

from __future__ import annotations

import json

from django.db.backends.utils import CursorWrapper

from foundation.batches import batches
from sourcing import duplicates, meeting
from sourcing.importing.repeated import person_of
from sourcing.matching import Key, Person, Rule

#: People at once: what is known of them is in memory.
_AT_ONCE = 2_000

# Nobody else can hold the profile, so whoever does is the line's person whatever the name. One look-up a line: a plan
# that reads everybody must not be thought of.
_HELD = """
UPDATE incoming i SET candidate_id = h.id
  FROM (SELECT n.line, c.id
          FROM incoming n
         CROSS JOIN LATERAL (SELECT id FROM sourcing_candidate
                              WHERE organisation_id = %s AND linkedin_key = n.linkedin_key AND linkedin_key <> ''
                              LIMIT 1) c
         WHERE n.linkedin_key <> '') h
 WHERE h.line = i.line
"""
# Private addresses of users match nobody: what an import says about a person must not show that a colleague knows an
# address. Under one value or key no more people are met than a block holds, whatever the file says.
_MEET = """
SELECT m.line, array_agg(DISTINCT m.candidate_id)
  FROM (SELECT a.line, p.candidate_id
          FROM incoming_point a
         CROSS JOIN LATERAL (SELECT candidate_id FROM sourcing_contactpoint
                              WHERE organisation_id = %(organisation)s AND kind = a.kind AND normalised = a.normalised
                                AND shared LIMIT %(most)s) p
         WHERE a.kind = ANY(%(kinds)s)
        UNION ALL
        SELECT i.line, k.candidate_id
          FROM incoming i CROSS JOIN LATERAL unnest(i.keys) AS u (key)
         CROSS JOIN LATERAL (SELECT candidate_id FROM sourcing_matchkey
                              WHERE organisation_id = %(organisation)s AND key = u.key LIMIT %(most)s) k) m
  JOIN incoming n ON n.line = m.line AND n.candidate_id IS NULL
 GROUP BY m.line ORDER BY m.line
"""
_WHO = """
SELECT line, jsonb_build_object('first_name', first_name, 'last_name', last_name, 'title', title, 'company', company,
                                'location', location, 'linkedin_key', linkedin_key, 'emails', coalesce(emails, '[]'),
                                'phones', coalesce(phones, '[]'), 'positions', positions, 'schools', schools)
  FROM incoming WHERE line = ANY(%s)
"""
_FOUND = """
UPDATE incoming i SET candidate_id = f.candidate_id
  FROM unnest(%s::int[], %s::bigint[]) AS f (line, candidate_id) WHERE f.line = i.line
"""
# Two profiles that met the same person without one: the first is theirs, the other is somebody else.
_SEPARATE = """
UPDATE incoming i SET candidate_id = NULL
  FROM (SELECT line, linkedin_key,
               first_value(linkedin_key) OVER (PARTITION BY candidate_id ORDER BY linkedin_key = '', line) AS first
          FROM incoming WHERE candidate_id IS NOT NULL) x
 WHERE x.line = i.line AND x.linkedin_key NOT IN ('', x.first)
"""


def find(cursor: CursorWrapper, organisation_id: int) -> None:
    """Set ``incoming.candidate_id`` of every line that certainly is a person of the organisation. Only reads people."""
    cursor.execute(_HELD, [organisation_id])
    rule = duplicates.rule_of(organisation_id)
    found: dict[int, int] = {}
    for meet in map(dict, batches(_meeting(cursor, organisation_id, rule).items(), _AT_ONCE)):
        found |= duplicates.certain(organisation_id, _people(cursor, list(meet)), meet, rule)
    if found:
        cursor.execute(_FOUND, [list(found), list(found.values())])
    cursor.execute(_SEPARATE)


def _meeting(cursor: CursorWrapper, organisation_id: int, rule: Rule) -> dict[int, list[int]]:
    kinds = [kind for kind, key in (("email", Key.EMAIL), ("phone", Key.PHONE)) if key in rule.keys]
    cursor.execute(_MEET, {"organisation": organisation_id, "kinds": kinds, "most": meeting.BLOCK})
    return dict(cursor.fetchall())


def _people(cursor: CursorWrapper, lines: list[int]) -> dict[int, Person]:
    cursor.execute(_WHO, [lines])
    return {line: person_of(json.loads(person)) for line, person in cursor.fetchall()}
