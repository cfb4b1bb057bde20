"""Since when an account has been in use, as its owner says: an established one is not ramped up."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0007_gap_meter"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="in_use_since",
            field=models.DateField(blank=True, null=True),
        ),
    ]
