from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0421_who_locked_a_setting")]

    operations = [
        migrations.AddField(
            model_name="remotelink",
            name="taken",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
