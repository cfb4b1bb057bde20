"""What each member has read of the Inbox."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


def _id() -> tuple[str, Any]:
    key = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
    return "id", key


def _organisation() -> tuple[str, Any]:
    return "organisation", models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
    )


class Migration(migrations.Migration):
    """Serves ``outreach.inbound.reading``."""

    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("outreach", "0201_inbox_and_outbox_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InboundReading",
            fields=[
                _id(),
                ("at", models.DateTimeField()),
                ("unread", models.BooleanField(default=False)),
                (
                    "inbound",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="outreach.inboundmessage",
                    ),
                ),
                _organisation(),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("unread", True)), fields=["user"], name="outreach_reading_unread"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_inboundreading_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "inbound", name="outreach_inboundreading_inbound_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("user", name="outreach_inboundreading_user_same_org"),
                    models.UniqueConstraint(fields=("inbound", "user"), name="outreach_reading_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InboxReader",
            fields=[
                _id(),
                ("read_until", models.DateTimeField()),
                _organisation(),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_inboxreader_tenant"
                    ),
                    foundation.tenancy.SameOrganisation("user", name="outreach_inboxreader_user_same_org"),
                ],
            },
        ),
    ]
