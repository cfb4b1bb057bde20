"""When the secret of a webhook was replaced: the audit trail tells of it, and never holds a secret."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0001_published_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="secret_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
