"""Open tracking per campaign, off."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0015_clock_indexes")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="track_opens",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
