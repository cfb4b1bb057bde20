"""Custom values, provenance and place of a person."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sourcing", "0003_audit_triggers"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="custom",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="candidate",
            name="latitude",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="candidate",
            name="longitude",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="candidate",
            name="place_confidence",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="candidate",
            name="place_id",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="candidate",
            name="provenance",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="candidate",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="contactpoint",
            name="origin",
            field=models.CharField(
                choices=[
                    ("imported", "Imported"),
                    ("added", "Added by hand"),
                    ("found", "Found"),
                    ("pulled", "From an ATS"),
                    ("merged", "Merged"),
                ],
                max_length=10,
            ),
        ),
    ]
