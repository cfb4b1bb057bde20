from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Times during which a mailbox could not be used, and who was told."""

    dependencies = [
        ("outreach", "0004_signing_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MailboxBreak",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("account", "The account"), ("sending", "Sending"), ("reading", "Reading")],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("words", models.CharField(blank=True, max_length=500)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="breaks",
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
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_mailboxbreak_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_mailboxbreak_mailbox_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("by", name="outreach_mailboxbreak_by_same_org"),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("mailbox", "side"),
                        name="outreach_break_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreakNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("told_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mailbox_break",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="outreach.mailboxbreak",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_breaknotice_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox_break", name="outreach_breaknotice_mailbox_break_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("user", name="outreach_breaknotice_user_same_org"),
                    models.UniqueConstraint(
                        fields=("mailbox_break", "user"), name="outreach_break_notice_once"
                    ),
                ],
            },
        ),
    ]
