"""People who were there before an import, by slice: told of when the import is over."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sourcing", "0019_import_keys_as_numbers")]

    operations = [
        migrations.AddField(
            model_name="importslice",
            name="known",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
    ]
