"""Indexes of what the clock asks: absences that end, attempts to be folded or proved. Both read whole tables before."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0014_replied_index")]

    operations = [
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                fields=["hold_until"],
                condition=Q(hold="out_of_office"),
                name="campaigns_recipient_absent",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                fields=["id"],
                condition=Q(outcome__in=["open", "uncertain"]),
                name="campaigns_attempt_unfolded",
            ),
        ),
        migrations.RemoveIndex(model_name="attempt", name="campaigns_attempt_open"),
    ]
