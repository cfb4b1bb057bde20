"""Which of the people we have is a line of the file? The one door to that decision, set-based.

A LinkedIn profile decides, then any address the organisation shares, then a telephone number together with the name.
Two different profiles are two people whatever they share.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

_BY_PROFILE = """
UPDATE incoming i SET candidate_id = c.id FROM sourcing_candidate c
 WHERE i.linkedin_key <> '' AND c.organisation_id = %s AND c.linkedin_key = i.linkedin_key
"""
# A shared address means the same person, unless both have a LinkedIn profile and they differ. Private
# addresses of users match nobody: what an import says about a person must not show that a colleague knows an address.
_BY_ADDRESS = """
UPDATE incoming i SET candidate_id = m.candidate_id
  FROM (SELECT DISTINCT ON (a.line) a.line, p.candidate_id
          FROM incoming_point a
          JOIN incoming n ON n.line = a.line AND n.candidate_id IS NULL
          JOIN sourcing_contactpoint p
            ON p.organisation_id = %s AND p.kind = 'email' AND p.normalised = a.normalised AND p.shared
          JOIN sourcing_candidate c ON c.id = p.candidate_id
         WHERE a.kind = 'email' AND (n.linkedin_key = '' OR c.linkedin_key = '')
         ORDER BY a.line, a.place, p.candidate_id) m
 WHERE m.line = i.line
"""
# A number may be a whole office's, so the family name and the first letter must agree too.
_BY_NUMBER = """
UPDATE incoming i SET candidate_id = m.candidate_id
  FROM (SELECT DISTINCT ON (a.line) a.line, p.candidate_id
          FROM incoming_point a
          JOIN incoming n ON n.line = a.line AND n.candidate_id IS NULL
           AND n.first_name <> '' AND n.last_name <> ''
          JOIN sourcing_contactpoint p
            ON p.organisation_id = %s AND p.kind = 'phone' AND p.normalised = a.normalised AND p.shared
          JOIN sourcing_candidate c ON c.id = p.candidate_id
         WHERE a.kind = 'phone' AND a.normalised LIKE '+%%'
           AND lower(c.last_name) = lower(n.last_name)
           AND lower(left(c.first_name, 1)) = lower(left(n.first_name, 1))
           AND (n.linkedin_key = '' OR c.linkedin_key = '')
         ORDER BY a.line, a.place, p.candidate_id) m
 WHERE m.line = i.line
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
    """Set ``incoming.candidate_id`` of every line that is a person of the organisation already. Only reads people."""
    for statement in (_BY_PROFILE, _BY_ADDRESS, _BY_NUMBER):
        cursor.execute(statement, [organisation_id])
    cursor.execute(_SEPARATE)
