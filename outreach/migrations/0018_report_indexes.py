"""Indexes of the outreach report: who sent how much in which period."""

from __future__ import annotations

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0017_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["organisation", "sent_at"],
                include=["created_by", "candidate", "status", "origin"],
                condition=Q(sent_at__isnull=False, origin__in=["campaign", "single"]),
                name="outreach_message_report",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["organisation", "settled_at"],
                condition=Q(status__in=["refused", "failed"]),
                name="outreach_message_given_up",
            ),
        ),
    ]
