from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0422_which_account_the_vendor_says")]

    operations = [
        migrations.AddField(
            model_name="remotelink",
            name="taken",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
