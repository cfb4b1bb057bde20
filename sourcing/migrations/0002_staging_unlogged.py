from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Staging rows are read again from the file after a crash, so they need no write-ahead log."""

    dependencies = [("sourcing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE sourcing_importrow SET UNLOGGED",
            reverse_sql="ALTER TABLE sourcing_importrow SET LOGGED",
        )
    ]
