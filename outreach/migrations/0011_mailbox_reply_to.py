"""An alias that answers go to, delivered into the mailbox."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0010_deliverability_check"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="reply_to",
            field=models.EmailField(blank=True, max_length=320),
        ),
    ]
