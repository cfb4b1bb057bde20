from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One worker at a time follows the deliveries of a connection (``integrations.webhook_calls``)."""

    dependencies = [("integrations", "0432_who_decided_about_a_sync")]

    operations = [
        migrations.AddField("webhookcall", "lease_until", models.DateTimeField(blank=True, null=True)),
    ]
