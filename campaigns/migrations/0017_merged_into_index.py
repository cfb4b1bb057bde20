"""Who was merged into a recipient: without it deleting one recipient reads all."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0016_track_opens")]

    operations = [
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                fields=["merged_into"],
                condition=models.Q(("merged_into__isnull", False)),
                name="campaigns_recipient_merged",
            ),
        ),
    ]
