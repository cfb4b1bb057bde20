from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_manual_tasks"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="hold_company",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="obeys_holidays",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="recent_days",
            field=models.PositiveSmallIntegerField(default=30),
        ),
        migrations.AddField(
            model_name="campaign",
            name="resume_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="unsubscribe_text",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("resume_at__isnull", False), ("status", "paused")),
                fields=["resume_at"],
                name="campaigns_campaign_resumes",
            ),
        ),
    ]
