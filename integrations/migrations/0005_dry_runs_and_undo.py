from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_fields_of_vendors")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="dry_run",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="exportitem",
            name="before",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="exportitem",
            name="made_record",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="exportitem",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="exportitem",
            name="undo_note",
            field=models.CharField(blank=True, max_length=500),
        ),
    ]
