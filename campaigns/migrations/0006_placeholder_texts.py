"""What is written for one recipient in place of a placeholder."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_rich_steps"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlaceholderText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("text", models.TextField()),
                ("written_at", models.DateTimeField(auto_now=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placeholder_texts",
                        to="campaigns.recipient",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="campaigns_placeholdertext_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "recipient", name="campaigns_placeholdertext_recipient_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "written_by", name="campaigns_placeholdertext_written_by_same_org"
                    ),
                    models.UniqueConstraint(
                        fields=("recipient", "key"), name="campaigns_placeholdertext_once"
                    ),
                ],
            },
        ),
    ]
