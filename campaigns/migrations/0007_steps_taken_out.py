import django.db.models.constraints
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0006_placeholder_texts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="step",
            name="campaigns_step_position",
        ),
        migrations.AddField(
            model_name="step",
            name="removed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("campaign", "position", "removed_at"),
                name="campaigns_step_position",
                nulls_distinct=False,
            ),
        ),
    ]
