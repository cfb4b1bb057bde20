"""Which text of its step a message was written from, and whether that was drawn."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Serves ``campaigns.variants`` and ``campaigns.statistics``."""

    dependencies = [("campaigns", "0303_step_variants")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="variant",
            field=models.CharField(blank=True, db_default="", default="", max_length=1),
        ),
        migrations.AddField(
            model_name="attempt",
            name="drawn",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
