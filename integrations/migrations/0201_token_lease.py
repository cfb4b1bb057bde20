"""One worker at a time refreshes the access token of a connection."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0006_sync_settings_and_tasks")]

    operations = [
        migrations.AddField(
            "connection",
            "token_leased_by",
            models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField("connection", "token_lease_until", models.DateTimeField(blank=True, null=True)),
    ]
