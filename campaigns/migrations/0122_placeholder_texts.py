"""What is written for one recipient in place of a placeholder."""

from __future__ import annotations

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("campaigns", "0121_rich_steps"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlaceholderText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("text", models.TextField()),
                ("written_at", models.DateTimeField(auto_now=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placeholder_texts",
                        to="campaigns.recipient",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="campaigns_placeholdertext_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "recipient", name="campaigns_placeholdertext_recipient_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "written_by", name="campaigns_placeholdertext_written_by_same_org"
                    ),
                    models.UniqueConstraint(
                        fields=("recipient", "key"), name="campaigns_placeholdertext_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="placeholdertext",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="8878c7428c7a730ba55a6576e2dbb3f1ce9cda47",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_d7f39",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="campaigns_placeholdertext",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="placeholdertext",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="8c70b148fd07b5ea9f6d5d8fecf44cfbe99d1dbe",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_09252",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="campaigns_placeholdertext",
                    when="AFTER",
                ),
            ),
        ),
    ]
