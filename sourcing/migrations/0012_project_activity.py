from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    """What happened in a project."""

    dependencies = [
        ("sourcing", "0011_project_sharing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProjectActivity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("renamed", "Renamed"),
                            ("archived", "Archived"),
                            ("brought_back", "Brought Back"),
                            ("duplicated", "Duplicated"),
                            ("owner", "Owner"),
                            ("visibility", "Visibility"),
                            ("collaborator", "Collaborator"),
                            ("collaborator_left", "Collaborator Left"),
                            ("joined", "Joined"),
                            ("left", "Left"),
                            ("moved", "Moved"),
                            ("stage", "Stage"),
                            ("comment", "Comment"),
                            ("shared", "Shared"),
                            ("unshared", "Unshared"),
                        ],
                        max_length=20,
                    ),
                ),
                ("guest", models.CharField(blank=True, max_length=100)),
                ("body", models.TextField(blank=True)),
                ("detail", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="project_activity",
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
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activity",
                        to="sourcing.project",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["project", "-at", "-id"], name="sourcing_activity_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_projectactivity_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "project", name="sourcing_projectactivity_project_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "actor", name="sourcing_projectactivity_actor_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_projectactivity_candidate_same_org"
                    ),
                ],
            },
        ),
    ]
