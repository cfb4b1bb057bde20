"""Staged rows meet others under the keys of ``MatchKey``. What is staged is thrown away, and read again by its import."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sourcing", "0018_own_notes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "TRUNCATE sourcing_importrow;"
                    " ALTER TABLE sourcing_importrow ALTER COLUMN keys TYPE bigint[] USING NULL",
                    "TRUNCATE sourcing_importrow;"
                    " ALTER TABLE sourcing_importrow ALTER COLUMN keys TYPE text[] USING NULL",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="importrow",
                    name="keys",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
            ],
        ),
    ]
