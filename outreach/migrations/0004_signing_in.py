from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Mailboxes whose owners sign in with Google or Microsoft."""

    dependencies = [
        ("outreach", "0003_audit_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="login",
            field=models.CharField(
                choices=[
                    ("password", "Other (SMTP + IMAP)"),
                    ("google", "Google"),
                    ("microsoft", "Microsoft 365"),
                ],
                default="password",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="linked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="OAuthGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("password", "Other (SMTP + IMAP)"),
                            ("google", "Google"),
                            ("microsoft", "Microsoft 365"),
                        ],
                        max_length=10,
                    ),
                ),
                ("secret", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField()),
                ("granted_at", models.DateTimeField()),
                ("leased_by", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grant",
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
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_oauthgrant_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_oauthgrant_mailbox_same_org"
                    ),
                ],
            },
        ),
    ]
