"""The audit trail: statement-level triggers that no write passes by, bulk writes and SQL included.

``class Meta: triggers = AUDIT`` puts a table under audit. An INSERT is its own first version, so only UPDATE and
DELETE write (docs/architecture.md, "Audit"). COPY only inserts and is not seen; what changes the copied rows
afterwards is. Who acts travels as settings of the transaction, see :func:`acting_as`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger

from foundation import transactions

#: Columns that change by working, not by deciding: leases, checkpoints, counters. They never make a row.
NOISE = (
    "updated_at",
    "version",
    "last_contacted_at",
    "last_used_at",
    "last_login",
    "next_send_at",
    "leased_by",
    "lease_until",
    "next_read_at",
    "read_leased_by",
    "read_lease_until",
    "read_completely_at",
    "read_failures",
    "send_failures",
    "not_before",
    "grace_until",
)
#: Columns whose change is told and whose value is not.
MASKED = ("secret", "password", "token_hash")


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


#: An organisation's own row belongs to itself.
_WHOSE = (
    "COALESCE((to_jsonb({row}) ->> 'organisation_id')::bigint,"
    " CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN {row}.id END)"
)
_WHO = """
    now(), TG_TABLE_NAME, {row}.id, '{action}',
    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,
    COALESCE(current_setting('beckon.actor_name', true), ''),
    COALESCE(current_setting('beckon.request_id', true), '')
"""
_INTO = (
    "INSERT INTO accounts_auditentry "
    '(organisation_id, at, "table", "row", action, actor_id, actor_name, request_id, changes)'
)

#: Another user's private address is told to nobody, administrators included (docs/behaviour.md §3).
_HIDDEN = (
    f"({{key}} IN ({_list(MASKED)}) OR "
    "({key} IN ('value', 'normalised') AND to_jsonb({row}) ->> 'shared' = 'false'))"
)

# The FULL JOIN behind OFFSET 0 can only be a hash join: plpgsql keeps the plan of a session's first call, and an
# inner join planned for one row would be a nested loop, quadratic for the bulk update that comes later.
_ON_UPDATE = f"""
    {_INTO}
    SELECT {_WHOSE.format(row="(pair.n)")}, {_WHO.format(row="(pair.n)", action="update")}, changed.columns
      FROM (
        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0
     ) AS pair
     CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(
                   after.key,
                   CASE WHEN {_HIDDEN.format(key="after.key", row="pair.n")} THEN '["***", "***"]'::jsonb
                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END
               ) AS columns
          FROM jsonb_each(to_jsonb(pair.n)) after
         WHERE after.key NOT IN (NOISE) AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value
     ) changed
     WHERE changed.columns IS NOT NULL;
    RETURN NULL;
"""  # noqa: S608 - made of this module's own words
_ON_DELETE = f"""
    {_INTO}
    SELECT {_WHOSE.format(row="o")}, {_WHO.format(row="o", action="delete")},
           (SELECT jsonb_object_agg(
                       was.key,
                       CASE WHEN {_HIDDEN.format(key="was.key", row="o")} THEN '["***", null]'::jsonb
                            ELSE jsonb_build_array(was.value, NULL) END)
              FROM jsonb_each(to_jsonb(o)) was
             WHERE was.key NOT IN (NOISE))
      FROM old_values o
     -- With the organisation itself go its rows; there is nobody left to tell.
     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = {_WHOSE.format(row="o")});
    RETURN NULL;
"""  # noqa: S608 - made of this module's own words


def audit(*noise: str) -> list[pgtrigger.Trigger]:
    """The triggers of a table that has further columns of :data:`NOISE`."""
    words = _list((*NOISE, *noise))
    return [
        pgtrigger.Trigger(
            name="audit_update",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_values", new="new_values"),  # type: ignore[no-untyped-call]  # untyped there
            func=_ON_UPDATE.replace("(NOISE)", f"({words})"),
        ),
        pgtrigger.Trigger(
            name="audit_delete",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            referencing=pgtrigger.Referencing(old="old_values"),  # type: ignore[no-untyped-call]  # untyped there
            func=_ON_DELETE.replace("(NOISE)", f"({words})"),
        ),
    ]


#: For ``Meta.triggers`` of every table whose changes people ask about.
AUDIT: list[pgtrigger.Trigger] = audit()


@contextmanager
def acting_as(actor: Any, *, request_id: str = "") -> Iterator[None]:
    """Changes made inside are the actor's. ``actor`` may be lazy: it is asked at the first write.

    The name is stored as text, so that it outlives the user.
    """
    with transactions.settings_for_each_transaction(lambda: transactions.who(actor, request_id)):
        yield
