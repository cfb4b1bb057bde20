"""How many people there are at all, told from the sample without reading its documents."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sourcing", "0026_who_made_a_custom_field"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="personsearchsample",
            index=models.Index(fields=["organisation"], name="sourcing_sample_everybody"),
        ),
    ]
