"""Browsers whose extension acts as its user, each beginning as a code that is typed there."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_scopes_of_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="PairedBrowser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100)),
                ("code_hash", models.CharField(max_length=64, unique=True)),
                ("code_expires_at", models.DateTimeField()),
                ("paired_at", models.DateTimeField(blank=True, null=True)),
                ("family_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("refresh_hash", models.CharField(blank=True, max_length=64)),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("seed", models.CharField(blank=True, max_length=64)),
                ("access_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("access_expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("disconnected", "Disconnected"),
                            ("code_again", "Its code was used a second time"),
                            ("token_again", "A refresh token was used a second time"),
                        ],
                        max_length=20,
                    ),
                ),
                ("warning_read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="paired_browsers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="accounts_pairedbrowser_tenant"
                    ),
                    foundation.tenancy.SameOrganisation("user", name="accounts_pairedbrowser_user_same_org"),
                    models.UniqueConstraint(
                        condition=models.Q(("paired_at__isnull", True)),
                        fields=("user",),
                        name="accounts_pairedbrowser_one_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ending", "")),
                            models.Q(("ended_at__isnull", False), models.Q(("ending", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="accounts_pairedbrowser_ending",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pairedbrowser",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'code_hash', 'code_expires_at', 'family_hash', 'refresh_hash', 'previous_hash', 'seed', 'access_hash', 'access_expires_at', 'warning_read_at') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="7793f12259b983fe338682ac2fffde4b8060186d",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_da51e",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="accounts_pairedbrowser",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pairedbrowser",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'code_hash', 'code_expires_at', 'family_hash', 'refresh_hash', 'previous_hash', 'seed', 'access_hash', 'access_expires_at', 'warning_read_at'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="598598caedd8d69fc48bb75b943fd528bcc65d56",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_472a7",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="accounts_pairedbrowser",
                    when="AFTER",
                ),
            ),
        ),
    ]
