"""Indexes of the Inbox's *Needs answer*, and of an Outbox much of which is hidden from who looks."""

from __future__ import annotations

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

_WAITING = Q(status__in=["planned", "queued", "claimed", "sending"])


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0019_opens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                fields=["organisation", "-received_at", "-id"],
                condition=Q(verdict="reply", done_at__isnull=True) & ~Q(certainty=""),
                name="outreach_inbound_unanswered",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["candidate", "sent_at"],
                condition=Q(origin="reply", sent_at__isnull=False),
                name="outreach_message_answers",
            ),
        ),
        migrations.RemoveIndex(model_name="message", name="outreach_message_waiting"),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["organisation", "planned_at", "id"],
                include=["lane"],
                condition=_WAITING,
                name="outreach_message_waiting",
            ),
        ),
    ]
