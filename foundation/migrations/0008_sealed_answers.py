"""Answers that tell a secret once are kept sealed until their key is forgotten."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column beside the body; earlier answers stay as they are for the rest of their day."""

    dependencies = [("foundation", "0007_who_cancelled_a_run")]

    operations = [
        migrations.AddField("idempotentanswer", "sealed", models.TextField(blank=True, db_default="")),
    ]
