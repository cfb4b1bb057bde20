"""Recipients and attempts lose the organisation's own index."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

#: Index → table and column. By name, because Django would drop and check the foreign keys anew as well.
GONE = {
    "campaigns_attempt_organisation_id_6d3cf239": "campaigns_attempt (organisation_id)",
    "campaigns_recipient_organisation_id_2c2dd974": "campaigns_recipient (organisation_id)",
}


def _organisation(model: str) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name="organisation",
        field=models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="+",
            to="accounts.organisation",
        ),
    )


class Migration(migrations.Migration):
    """The unique (organisation, id) serves what they served; see ``foundation.tenancy.BusyTenantModel``."""

    dependencies = [("campaigns", "0304_variant_of_attempts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table}")
                for name, table in GONE.items()
            ],
            state_operations=[_organisation("attempt"), _organisation("recipient")],
        )
    ]
