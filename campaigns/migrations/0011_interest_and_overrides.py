"""What a recipient is called in one campaign only, and how they answered."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Serves ``campaigns.overriding`` and ``campaigns.marking``."""

    dependencies = [
        ("campaigns", "0010_project_outreach"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="recipient",
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
                db_default="",
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="interest_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="recipient",
            name="interest_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="recipient",
            name="interest_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="recipient",
            name="overrides",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=foundation.tenancy.SameOrganisation(
                "interest_by", name="campaigns_recipient_interest_by_same_org"
            ),
        ),
    ]
