"""The index of planned steps holds what says whether the Outbox lists one, so that hidden ones are never read."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0017_merged_into_index")]

    operations = [
        migrations.RemoveIndex(model_name="recipient", name="campaigns_recipient_planned"),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                fields=["organisation", "planned_at", "id"],
                include=["campaign", "turn", "next_step"],
                condition=Q(
                    open_attempt__isnull=True,
                    planned_at__isnull=False,
                    progress__in=["not_started", "started"],
                ),
                name="campaigns_recipient_planned",
            ),
        ),
    ]
