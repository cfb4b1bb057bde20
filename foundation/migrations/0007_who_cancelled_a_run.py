"""Who asked a run to stop: runs are not under audit, and nothing else told."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_scopes_of_tokens"),
        ("foundation", "0006_fewer_indexes_of_news"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="cancelled_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=foundation.tenancy.SameOrganisation(
                "cancelled_by", name="foundation_run_cancelled_by_same_org"
            ),
        ),
    ]
