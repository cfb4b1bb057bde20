"""Files of people: résumés and others."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy
import sourcing.models.person_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_triggers"),
        ("foundation", "0001_initial"),
        ("sourcing", "0015_search_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.FileField(max_length=200, upload_to=sourcing.models.person_file.stored_name)),
                ("name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content_type", models.CharField(default="application/octet-stream", max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("resume", "Résumé"), ("other", "Other")], default="other", max_length=10
                    ),
                ),
                ("text", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be read"),
                            ("read", "Read"),
                            ("scanned", "Scanned"),
                            ("encrypted", "Encrypted"),
                            ("broken", "Broken"),
                            ("too_large", "Too large to read"),
                            ("unreadable", "Not a document"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("open", "Needs confirmation"),
                            ("added", "Added"),
                            ("kept", "File only"),
                        ],
                        default="",
                        max_length=5,
                    ),
                ),
                ("proposal", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
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
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="foundation.run",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
                "indexes": [
                    models.Index(fields=["organisation", "sha256"], name="sourcing_file_bytes"),
                    models.Index(fields=["run", "id"], name="sourcing_file_run"),
                    models.Index(
                        condition=models.Q(("decision", "open")),
                        fields=["organisation", "-id"],
                        name="sourcing_file_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_personfile_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_personfile_candidate_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("run", name="sourcing_personfile_run_same_org"),
                    foundation.tenancy.SameOrganisation(
                        "uploaded_by", name="sourcing_personfile_uploaded_by_same_org"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("candidate__isnull", False)),
                        fields=("candidate", "sha256"),
                        name="sourcing_file_of_person_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("candidate__isnull", True)),
                        fields=("organisation", "sha256"),
                        name="sourcing_file_of_nobody_once",
                    ),
                ],
            },
        ),
    ]
