"""Where the file and a person we have already disagree, and which of the two wins: temporary table ``differing``.

One row per person and field: ``present``, ``wanted``, ``wins`` when ``wanted`` takes the place of ``present``, and
``clash`` when either loses by that, which is never so where ``present`` is blank or is added to. A value that differs
only in its case is no difference. Of several lines for one person the first that says something counts. Needs
``incoming`` with ``candidate_id`` and ``fresh`` set.
"""

from __future__ import annotations

import json

from django.db.backends.utils import CursorWrapper

from sourcing.importing.policies import LISTS, TEXTS, Policy, governed, policy_of
from sourcing.models import ImportRun

_DIFFERING = """
CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
SELECT d.candidate_id, d.field, d.present, d.wanted,
       CASE d.policy WHEN 'blank' THEN d.blank WHEN 'keep' THEN false ELSE true END AS wins,
       NOT d.blank AND d.policy <> 'add' AS clash
  FROM (SELECT DISTINCT ON (s.candidate_id, s.field) s.*,
               coalesce(s.present, 'null') IN ('""', '[]', 'null') AS blank
          FROM (SELECT c.id AS candidate_id, i.line, f.field, f.present, f.wanted, f.policy
                  FROM incoming i JOIN sourcing_candidate c ON c.id = i.candidate_id
                 CROSS JOIN LATERAL (VALUES {values}) AS f (field, present, wanted, policy)
                 WHERE NOT i.fresh
                UNION ALL
                SELECT c.id, i.line, 'custom.' || e.key, c.custom->e.key, e.value,
                       coalesce(%(policies)s::jsonb->>('custom:' || e.key), 'blank')
                  FROM incoming i JOIN sourcing_candidate c ON c.id = i.candidate_id
                 CROSS JOIN LATERAL jsonb_each(i.custom) AS e
                 WHERE NOT i.fresh) s
         WHERE s.wanted NOT IN ('""', '[]')
         ORDER BY s.candidate_id, s.field, s.line) d
 WHERE lower(d.present::text) IS DISTINCT FROM lower(d.wanted::text)
"""
# Order and spelling of what is there stay.
_UNION = """
(SELECT coalesce(jsonb_agg(u.value ORDER BY u.place), '[]')
   FROM (SELECT DISTINCT ON (lower(e.value)) e.value, e.place
           FROM jsonb_array_elements_text({one} || {other}) WITH ORDINALITY AS e (value, place)
          ORDER BY lower(e.value), e.place) u)
"""


def find(cursor: CursorWrapper, import_run: ImportRun) -> None:
    """Make ``differing`` for the people of the slice who are not new, under the policies of the import."""
    fields = governed(import_run.mapping.values())
    values = ["('linkedin_key', to_jsonb(c.linkedin_key), to_jsonb(i.linkedin_key), 'blank')"]
    values += [
        f"('{name}', to_jsonb(c.{name}), to_jsonb(i.{name}), '{policy_of(import_run.policies, name)}')"
        for name in TEXTS
        if name in fields
    ]
    values += [
        _list_value(name, policy_of(import_run.policies, name), "%(tags)s::jsonb" if name == "tags" else "")
        for name in LISTS
        if name in fields or (name == "tags" and import_run.tags)
    ]
    cursor.execute(
        _DIFFERING.format(values=", ".join(values)),
        {"policies": json.dumps(import_run.policies), "tags": json.dumps(import_run.tags)},
    )
    # Else it is taken for large, and everybody there is would be read to join it.
    cursor.execute("ANALYZE differing (candidate_id, wins, clash)")


def _list_value(name: str, policy: Policy, always: str) -> str:
    """A list as a row of VALUES. ``always`` is what everybody in the file gets, whatever the policy says."""
    if policy == Policy.ADD:
        return f"('{name}', c.{name}, {_UNION.format(one=f'c.{name}', other=f'i.{name}')}, 'add')"
    if not always or policy == Policy.OVERWRITE:
        return f"('{name}', c.{name}, i.{name}, '{policy}')"
    more = _UNION.format(one=f"c.{name}", other=always)
    if policy == Policy.BLANK:
        more = f"CASE WHEN c.{name} = '[]' THEN i.{name} ELSE {more} END"
    return f"('{name}', c.{name}, {more}, 'add')"


def drop(cursor: CursorWrapper) -> None:
    """Make room for the next slice in the same transaction."""
    cursor.execute("DROP TABLE differing")
