"""How long an uploaded résumé may wait for somebody to confirm it."""

from __future__ import annotations

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sourcing", "0022_contact_point_seen_again"),
    ]

    operations = [
        migrations.AddField(
            model_name="privacyrules",
            name="resume_days",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(7),
                    django.core.validators.MaxValueValidator(3650),
                ],
            ),
        ),
    ]
