"""Who changed or removed a position, a school, a note or a file stands in the audit trail."""

from __future__ import annotations

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("sourcing", "0024_who_waits_to_be_told"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="education",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'position') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="72a7e1f2d620b4a2dd31bc9c4ff567fc41430681",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_2490b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="sourcing_education",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="education",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'position'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="bc00c3abdc692a5aaf9d4ff43ec1310809d42154",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_80d7b",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="sourcing_education",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="experience",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'position') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="b684faed91b10f9e891ca9a668bc70c93974aab4",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_5260e",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="sourcing_experience",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="experience",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'position'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="b51b6afc4145f0f5604130336f4065611bc5ec23",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_e5637",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="sourcing_experience",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'body') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="2275397d9964f371ba5354e6bc7e9445a2590db7",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_5d486",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="sourcing_note",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'body'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="92f1ce58e79974db8ebc69b9efc91de07e65d783",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_05ae3",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="sourcing_note",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personfile",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'text', 'proposal', 'state', 'run_id', 'content_type') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="966dde8c809989ab76012975efd448b6e3e75ccf",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_2973d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="sourcing_personfile",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personfile",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'text', 'proposal', 'state', 'run_id', 'content_type'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="182c58c1401c81eaa4d5fddac49c8fe94e18a765",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_41ce0",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="sourcing_personfile",
                    when="AFTER",
                ),
            ),
        ),
    ]
