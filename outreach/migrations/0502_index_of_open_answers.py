"""Answers nobody has dealt with have an index, newest first."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Serves ``outreach.inbound.selectors.unread_count``, which every page asks."""

    dependencies = [("outreach", "0501_inbox_reading")]

    operations = [
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(
                    ("done_at__isnull", True),
                    ("verdict", "reply"),
                    models.Q(("certainty", ""), _negated=True),
                ),
                fields=["organisation", "-received_at", "-id"],
                name="outreach_inbound_open",
            ),
        ),
    ]
