"""What a match proves is kept, and the inbox page has an index without the private mail."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Serves ``outreach.inbound.selectors.inbox``."""

    dependencies = [("outreach", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="certainty",
            field=models.CharField(blank=True, max_length=10, default=""),
            preserve_default=False,
        ),
        migrations.RemoveIndex(model_name="inboundmessage", name="outreach_inbound_recent"),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                fields=["organisation", "-received_at", "-id"],
                condition=~models.Q(certainty=""),
                name="outreach_inbound_recent",
            ),
        ),
    ]
