"""Several texts of one step, each with its share and its files."""

from __future__ import annotations

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Serves ``campaigns.variants``."""

    dependencies = [("campaigns", "0302_due_by_step")]

    operations = [
        migrations.CreateModel(
            name="StepVariant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("letter", models.CharField(max_length=1)),
                ("share", models.PositiveSmallIntegerField(default=0)),
                ("subject", models.CharField(blank=True, max_length=500)),
                ("body", models.TextField(blank=True)),
                ("body_html", models.TextField(blank=True)),
                ("has_files", models.BooleanField(default=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="campaigns.step",
                    ),
                ),
            ],
            options={
                "ordering": ("letter",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="campaigns_stepvariant_tenant"
                    ),
                    foundation.tenancy.SameOrganisation("step", name="campaigns_stepvariant_step_same_org"),
                    models.UniqueConstraint(fields=("step", "letter"), name="campaigns_stepvariant_once"),
                    models.CheckConstraint(
                        condition=models.Q(("share__lte", 100)), name="campaigns_stepvariant_share"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("letter__in", ["B", "C", "D", "E"])),
                        name="campaigns_stepvariant_letter",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stepvariant",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="5985f07c6efd669b770af39a653d3d06178c76de",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_5d555",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="campaigns_stepvariant",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stepvariant",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="3f68ae4347288431fd5a7b1471891ff819159e0a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_40b85",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="campaigns_stepvariant",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="has_variants",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="stepversion",
            name="variant",
            field=models.CharField(db_default="A", default="A", max_length=1),
        ),
        migrations.AddField(
            model_name="stepfile",
            name="variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="files",
                to="campaigns.stepvariant",
            ),
        ),
        migrations.AddConstraint(
            model_name="stepfile",
            constraint=foundation.tenancy.SameOrganisation(
                "variant", name="campaigns_stepfile_variant_same_org"
            ),
        ),
        migrations.RemoveConstraint(model_name="stepfile", name="campaigns_stepfile_once"),
        migrations.AddConstraint(
            model_name="stepfile",
            constraint=models.UniqueConstraint(
                fields=("step", "variant", "file"), nulls_distinct=False, name="campaigns_stepfile_once"
            ),
        ),
    ]
