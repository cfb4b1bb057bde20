"""A step has a rich form and files."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_lend_what_is_used"),
        ("outreach", "0012_templates_and_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="StepFile",
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
                        related_name="+",
                        to="outreach.contentfile",
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
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="campaigns.step"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="campaigns_stepfile_tenant"),
                    foundation.tenancy.SameOrganisation("step", name="campaigns_stepfile_step_same_org"),
                    foundation.tenancy.SameOrganisation("file", name="campaigns_stepfile_file_same_org"),
                    models.UniqueConstraint(fields=("step", "file"), name="campaigns_stepfile_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="step",
            name="body_html",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="step",
            name="has_files",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="stepversion",
            name="body_html",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
