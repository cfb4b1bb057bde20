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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="candidate",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="sourcing.candidate",
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="foundation.run",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(fields=["run", "state", "id"], name="sourcing_bulk_item_next"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(
                fields=("organisation", "id"), name="sourcing_bulkitem_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=foundation.tenancy.SameOrganisation("run", name="sourcing_bulkitem_run_same_org"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=foundation.tenancy.SameOrganisation(
                "candidate", name="sourcing_bulkitem_candidate_same_org"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("run", "candidate"), name="sourcing_bulk_item_once"),
        ),
    ]
