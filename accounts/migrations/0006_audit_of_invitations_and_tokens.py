"""Invitations and API tokens are under audit: who revoked one is told."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_paired_browsers"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="404a25ed2b83c71f8db28300e941381d171a6a5c",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_c8a46",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="accounts_apitoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apitoken",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="21ebaa8e07ae54e50fe489c9c4bab8e1eb57a0c2",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_5a6d3",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="accounts_apitoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitation",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="7f5f18160aa450b013e9259f04bcffe55f7ea826",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_067b9",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="accounts_invitation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invitation",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="aaf44e2f7e88e964c071b6f72ca8e476c882a005",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_06520",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="accounts_invitation",
                    when="AFTER",
                ),
            ),
        ),
    ]
