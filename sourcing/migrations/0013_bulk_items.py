from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """Whom a bulk action is about, and what undoing it needs."""

    dependencies = [
        ("sourcing", "0012_project_activity"),
        ("foundation", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("changed", "Changed"),
                            ("unchanged", "Unchanged"),
                            ("skipped", "Skipped"),
                            ("undone", "Undone"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("before", models.JSONField(default=dict)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="foundation.run",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["run", "state", "id"], name="sourcing_bulk_item_next")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_bulkitem_tenant"),
                    foundation.tenancy.SameOrganisation("run", name="sourcing_bulkitem_run_same_org"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_bulkitem_candidate_same_org"
                    ),
                    models.UniqueConstraint(fields=("run", "candidate"), name="sourcing_bulk_item_once"),
                ],
            },
        ),
    ]
