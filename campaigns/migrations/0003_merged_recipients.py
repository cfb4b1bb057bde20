import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_triggers"),
        ("campaigns", "0002_audit_triggers"),
        ("outreach", "0003_audit_triggers"),
        ("sourcing", "0003_audit_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="recipient",
            name="campaigns_recipient_once",
        ),
        migrations.AddField(
            model_name="recipient",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.recipient",
            ),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=foundation.tenancy.SameOrganisation(
                "merged_into", name="campaigns_recipient_merged_into_same_org"
            ),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(
                condition=models.Q(("merged_into__isnull", True)),
                fields=("campaign", "candidate"),
                name="campaigns_recipient_once",
            ),
        ),
    ]
