"""The gap meter: one comparison per mailbox, its figures per folder. The index serves ``outreach.inbound.gaps.due``."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_audit_of_a_person"),
        ("outreach", "0006_loans"),
    ]

    operations = [
        migrations.CreateModel(
            name="FolderGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("uidvalidity", models.BigIntegerField(default=0)),
                ("begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("lowest_uid", models.BigIntegerField(blank=True, null=True)),
                ("present", models.PositiveIntegerField(default=0)),
                ("recorded", models.PositiveIntegerField(default=0)),
                ("fetched", models.PositiveIntegerField(default=0)),
                ("left", models.PositiveIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("unfetched", models.JSONField(default=list)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="folder_gaps",
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
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_foldergap_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_foldergap_mailbox_same_org"
                    ),
                    models.UniqueConstraint(fields=("mailbox", "name"), name="outreach_foldergap_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GapMeter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=500)),
                ("leased_by", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gap_meter",
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
                "indexes": [models.Index(fields=["due_at"], name="outreach_gapmeter_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_gapmeter_tenant"),
                    foundation.tenancy.SameOrganisation("mailbox", name="outreach_gapmeter_mailbox_same_org"),
                ],
            },
        ),
    ]
