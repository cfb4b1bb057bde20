"""A custom field says who made it: an INSERT is its own first version, and nothing else told."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sourcing", "0025_audit_of_history_notes_and_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="customfield",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=foundation.tenancy.SameOrganisation(
                "created_by", name="sourcing_customfield_created_by_same_org"
            ),
        ),
    ]
