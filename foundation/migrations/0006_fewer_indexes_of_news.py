"""News and what is owed of it lose indexes that others repeat."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

#: Index → table and column. By name, because Django would drop and check the foreign keys anew as well.
GONE = {
    "foundation_event_organisation_id_b1d1e816": "foundation_event (organisation_id)",
    "foundation_delivery_organisation_id_9b06c060": "foundation_delivery (organisation_id)",
    "foundation_delivery_event_id_bb88914d": "foundation_delivery (event_id)",
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
    """The unique (organisation, id) serves what they served; see ``foundation.tenancy.BusyTenantModel``. And (event, consumer) serves ``event``."""

    dependencies = [("foundation", "0005_emit_function")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table}")
                for name, table in GONE.items()
            ],
            state_operations=[
                _organisation("event"),
                _organisation("delivery"),
                migrations.AlterField(
                    model_name="delivery",
                    name="event",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="foundation.event",
                    ),
                ),
            ],
        )
    ]
