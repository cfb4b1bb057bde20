"""What an answer means, who has dealt with it, what it quotes; conversations have an index."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Serves ``outreach.inbound.interest`` and ``outreach.inbound.selectors.inbox``."""

    dependencies = [
        ("outreach", "0016_messages_by_hand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundmessage",
            name="corrected_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="corrected_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="corrected_interest",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="done_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="done_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="interest",
            field=models.CharField(
                blank=True,
                choices=[
                    ("interested", "Interested"),
                    ("meeting", "Meeting"),
                    ("not_now", "Not now"),
                    ("not_interested", "Not interested"),
                    ("wrong_person", "Wrong person"),
                    ("referral", "Referral"),
                ],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="interest_percent",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="interest_phrase",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="quoted_text",
            field=models.TextField(blank=True),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                condition=models.Q(("certainty", ""), _negated=True),
                fields=["mailbox", "candidate", "-received_at", "-id"],
                name="outreach_inbound_thread",
            ),
        ),
        migrations.AddConstraint(
            model_name="inboundmessage",
            constraint=foundation.tenancy.SameOrganisation(
                "corrected_by", name="outreach_inboundmessage_corrected_by_same_org"
            ),
        ),
        migrations.AddConstraint(
            model_name="inboundmessage",
            constraint=foundation.tenancy.SameOrganisation(
                "done_by", name="outreach_inboundmessage_done_by_same_org"
            ),
        ),
    ]
