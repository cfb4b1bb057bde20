"""The stages of new projects say who set them: an INSERT is its own first version, and nothing else told."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sourcing", "0029_who_added_a_synonym"),
    ]

    operations = [
        migrations.AddField(
            model_name="defaultstage",
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
            model_name="defaultstage",
            constraint=foundation.tenancy.SameOrganisation(
                "created_by", name="sourcing_defaultstage_created_by_same_org"
            ),
        ),
    ]
