"""Values that stood back behind a better one."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_triggers"),
        ("sourcing", "0005_custom_fields"),
    ]

    operations = [
        migrations.CreateModel(
            name="OtherValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("field", models.CharField(max_length=80)),
                ("value", models.JSONField()),
                ("source", models.CharField(blank=True, max_length=200)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("imported", "Imported"),
                            ("added", "Added by hand"),
                            ("found", "Found"),
                            ("pulled", "From an ATS"),
                            ("merged", "Merged"),
                        ],
                        max_length=10,
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="other_values",
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
            ],
            options={
                "ordering": ("field", "-seen_at", "id"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_othervalue_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_othervalue_candidate_same_org"
                    ),
                    models.UniqueConstraint(
                        models.F("candidate"),
                        models.F("field"),
                        django.db.models.functions.text.MD5(
                            django.db.models.functions.comparison.Cast("value", models.TextField())
                        ),
                        name="sourcing_othervalue_once",
                    ),
                ],
            },
        ),
    ]
