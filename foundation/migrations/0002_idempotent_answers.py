from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Answers that are given again for 24 hours to a request with the same Idempotency-Key."""

    dependencies = [
        ("accounts", "0002_audit_triggers"),
        ("foundation", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=200)),
                ("path", models.CharField(max_length=300)),
                ("request_hash", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("body", models.TextField(blank=True)),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "indexes": [models.Index(fields=["created_at"], name="foundation_answer_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="foundation_idempotentanswer_tenant"
                    ),
                    models.UniqueConstraint(
                        fields=("organisation", "scope", "key"), name="foundation_answer_once"
                    ),
                ],
            },
        ),
    ]
