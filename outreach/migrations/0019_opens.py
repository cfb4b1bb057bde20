"""Open tracking per lane, off; and what was loaded how often."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import foundation.tenancy

OPENERS = [
    ("person", "Looked like a person"),
    ("own", "One of your own members"),
    ("not_a_reader", "A program that only asked whether it is there"),
    ("too_soon", "Within seconds of sending"),
    ("apple", "Apple Mail Privacy Protection, which loads every picture"),
    ("gmail", "Gmail's proxy, which hides who looked"),
    ("proxy", "A mail provider's proxy"),
    ("scanner", "A security scanner"),
    ("program", "A program"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("outreach", "0018_report_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="track_opens",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.CreateModel(
            name="Open",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opener", models.CharField(choices=OPENERS, max_length=12)),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opens",
                        to="outreach.message",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_open_tenant"),
                    foundation.tenancy.SameOrganisation("message", name="outreach_open_message_same_org"),
                    models.UniqueConstraint(fields=("message", "opener"), name="outreach_open_once"),
                ],
            },
        ),
    ]
