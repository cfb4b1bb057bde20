"""Whether mail from a mailbox is likely to arrive. The index serves ``outreach.deliverability.due``."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("outreach", "0009_fuses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliverabilityCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("looked_up_at", models.DateTimeField(blank=True, null=True)),
                ("facts", models.JSONField(default=dict)),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                ("returned", models.JSONField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliverability",
                        to="outreach.mailbox",
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
                (
                    "test_message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outreach.message",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["due_at"],
                        name="outreach_deliverability_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_deliverabilitycheck_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_deliverabilitycheck_mailbox_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "asked_by", name="outreach_deliverabilitycheck_asked_by_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "test_message", name="outreach_deliverabilitycheck_test_message_same_org"
                    ),
                ],
            },
        ),
    ]
