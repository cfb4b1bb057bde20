"""Index of the outreach report: whose reply was read when."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0013_planned_in_the_outbox")]

    operations = [
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                fields=["organisation", "ended_at"],
                condition=Q(progress="replied"),
                name="campaigns_recipient_replied",
            ),
        ),
    ]
