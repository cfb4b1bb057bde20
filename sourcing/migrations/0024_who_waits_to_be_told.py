"""Who waits to be told that they are held stands on the person, so that the list is one range of one index."""

from __future__ import annotations

import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# No decision of anybody: the audit trail does not tell of it. The last moment that counts is that of CONTACT_COUNTS.
_WAITING = """
ALTER TABLE sourcing_candidate DISABLE TRIGGER USER;
UPDATE sourcing_candidate c SET untold_since = LEAST(c.created_at, c.last_contacted_at - interval '90 days');
UPDATE sourcing_candidate c SET untold_since = NULL FROM sourcing_notice n WHERE n.candidate_id = c.id;
ALTER TABLE sourcing_candidate ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("sourcing", "0023_unconfirmed_resumes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="candidate",
            name="audit_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="candidate",
            name="audit_delete",
        ),
        migrations.AddField(
            model_name="candidate",
            name="untold_since",
            field=models.DateTimeField(
                blank=True,
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
                null=True,
            ),
        ),
        migrations.RunSQL(_WAITING, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("untold_since__isnull", False)),
                fields=["organisation", "untold_since", "id"],
                name="sourcing_candidate_untold",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="candidate",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb((pair.n)) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN (pair.n).id END), \n    now(), TG_TABLE_NAME, (pair.n).id, 'update',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n, changed.columns\n      FROM (\n        SELECT o, n FROM old_values o FULL JOIN new_values n ON n.id = o.id OFFSET 0\n     ) AS pair\n     CROSS JOIN LATERAL (\n        SELECT jsonb_object_agg(\n                   after.key,\n                   CASE WHEN (after.key IN ('secret', 'password', 'token_hash') OR (after.key IN ('value', 'normalised') AND to_jsonb(pair.n) ->> 'shared' = 'false')) THEN '[\"***\", \"***\"]'::jsonb\n                        ELSE jsonb_build_array(to_jsonb(pair.o) -> after.key, after.value) END\n               ) AS columns\n          FROM jsonb_each(to_jsonb(pair.n)) after\n         WHERE after.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'untold_since') AND to_jsonb(pair.o) -> after.key IS DISTINCT FROM after.value\n     ) changed\n     WHERE changed.columns IS NOT NULL;\n    RETURN NULL;\n",
                    hash="4002990dfbb16be6ac58e1cce7fb3a809ddf2180",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_audit_update_b2b75",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="sourcing_candidate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="candidate",
            trigger=pgtrigger.compiler.Trigger(
                name="audit_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    INSERT INTO accounts_auditentry (organisation_id, at, \"table\", \"row\", action, actor_id, actor_name, request_id, changes)\n    SELECT COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END), \n    now(), TG_TABLE_NAME, o.id, 'delete',\n    NULLIF(current_setting('beckon.actor_id', true), '')::bigint,\n    COALESCE(current_setting('beckon.actor_name', true), ''),\n    COALESCE(current_setting('beckon.request_id', true), '')\n,\n           (SELECT jsonb_object_agg(\n                       was.key,\n                       CASE WHEN (was.key IN ('secret', 'password', 'token_hash') OR (was.key IN ('value', 'normalised') AND to_jsonb(o) ->> 'shared' = 'false')) THEN '[\"***\", null]'::jsonb\n                            ELSE jsonb_build_array(was.value, NULL) END)\n              FROM jsonb_each(to_jsonb(o)) was\n             WHERE was.key NOT IN ('updated_at', 'version', 'last_contacted_at', 'last_used_at', 'last_login', 'next_send_at', 'leased_by', 'lease_until', 'next_read_at', 'read_leased_by', 'read_lease_until', 'read_completely_at', 'read_failures', 'send_failures', 'not_before', 'grace_until', 'untold_since'))\n      FROM old_values o\n     -- With the organisation itself go its rows; there is nobody left to tell.\n     WHERE EXISTS (SELECT FROM accounts_organisation WHERE id = COALESCE((to_jsonb(o) ->> 'organisation_id')::bigint, CASE WHEN TG_TABLE_NAME = 'accounts_organisation' THEN o.id END));\n    RETURN NULL;\n",
                    hash="1dd4ef3ad65cf067aef0a91a8cfdb20ce22305d6",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_audit_delete_97e5b",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="sourcing_candidate",
                    when="AFTER",
                ),
            ),
        ),
    ]
