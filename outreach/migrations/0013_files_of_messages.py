"""A message may carry files; most have none, and a column says so."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0012_templates_and_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="has_files",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="MessageFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="in_messages",
                        to="outreach.contentfile",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
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
                "ordering": ("id",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_messagefile_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "message", name="outreach_messagefile_message_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("file", name="outreach_messagefile_file_same_org"),
                    models.UniqueConstraint(fields=("message", "file"), name="outreach_messagefile_once"),
                ],
            },
        ),
    ]
