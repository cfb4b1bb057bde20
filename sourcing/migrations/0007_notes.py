"""Notes about people, and who is named in them."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_triggers"),
        ("sourcing", "0006_other_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.TextField()),
                (
                    "visibility",
                    models.CharField(
                        choices=[("me", "Only me"), ("project", "Project"), ("organisation", "Everybody")],
                        default="organisation",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
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
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="sourcing.project",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_note_tenant"),
                    foundation.tenancy.SameOrganisation("candidate", name="sourcing_note_candidate_same_org"),
                    foundation.tenancy.SameOrganisation("author", name="sourcing_note_author_same_org"),
                    foundation.tenancy.SameOrganisation("project", name="sourcing_note_project_same_org"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("project__isnull", False), ("visibility", "project")),
                            models.Q(
                                models.Q(("visibility", "project"), _negated=True), ("project__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="sourcing_note_project_exactly_then",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoteMention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "note",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="sourcing.note",
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
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)),
                        fields=["user", "note"],
                        name="sourcing_mention_unseen",
                    ),
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)),
                        fields=["id"],
                        name="sourcing_mention_untold",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_notemention_tenant"
                    ),
                    foundation.tenancy.SameOrganisation("note", name="sourcing_notemention_note_same_org"),
                    foundation.tenancy.SameOrganisation("user", name="sourcing_notemention_user_same_org"),
                    models.UniqueConstraint(fields=("note", "user"), name="sourcing_mention_once"),
                ],
            },
        ),
    ]
