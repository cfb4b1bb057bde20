"""Messages and their tries lose the organisation's own index."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

#: Index → table and column. By name, because Django would drop and check the foreign keys anew as well.
GONE = {
    "outreach_message_organisation_id_5ca8cf6c": "outreach_message (organisation_id)",
    "outreach_sendtry_organisation_id_d521501e": "outreach_sendtry (organisation_id)",
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

    dependencies = [("outreach", "0510_functions_of_sending")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table}")
                for name, table in GONE.items()
            ],
            state_operations=[_organisation("message"), _organisation("sendtry")],
        )
    ]
