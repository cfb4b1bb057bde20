import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outreach", "0013_files_of_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="closes",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="lane",
            name="holidays",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="lane",
            name="obeys_holidays",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="lane",
            name="opens",
            field=models.TimeField(blank=True, null=True),
        ),
    ]
