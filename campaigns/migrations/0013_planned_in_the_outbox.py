"""The planned steps of an organisation by time."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Serves ``campaigns.scheduled``: the Outbox."""

    dependencies = [("campaigns", "0012_step_changes")]

    operations = [
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                condition=models.Q(
                    ("open_attempt__isnull", True),
                    ("planned_at__isnull", False),
                    ("progress__in", ["not_started", "started"]),
                ),
                fields=["organisation", "planned_at", "id"],
                name="campaigns_recipient_planned",
            ),
        ),
    ]
