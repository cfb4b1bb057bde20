"""Who is due is found by step: the steps of a campaign may have different mailboxes."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0301_sender_per_step")]

    operations = [
        migrations.RemoveIndex(model_name="recipient", name="campaigns_recipient_due"),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                fields=["next_step", "turn", "planned_at", "id"],
                condition=Q(
                    ("hold", "none"),
                    ("open_attempt__isnull", True),
                    ("planned_at__isnull", False),
                    ("progress__in", ["not_started", "started"]),
                ),
                name="campaigns_recipient_due",
            ),
        ),
    ]
