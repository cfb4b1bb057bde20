import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_steps_taken_out"),
        ("accounts", "0003_audit_of_a_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="step",
            name="campaigns_step_later_has_days",
        ),
        migrations.AddField(
            model_name="step",
            name="kind",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("call", "Call"),
                    ("linkedin", "LinkedIn message"),
                    ("sms", "SMS"),
                    ("other", "Other task"),
                ],
                default="email",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("position", 1),
                    ("days__gte", 1),
                    models.Q(("kind", "email"), _negated=True),
                    _connector="OR",
                ),
                name="campaigns_step_later_has_days",
            ),
        ),
        migrations.AlterField(
            model_name="recipient",
            name="turn",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (0, "Moved by hand"),
                    (1, "Reply or single mail"),
                    (2, "Later step"),
                    (3, "First step"),
                    (4, "Manual task"),
                ],
                default=3,
            ),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                condition=models.Q(("progress__in", ["not_started", "started"]), ("turn", 4)),
                fields=["organisation", "planned_at"],
                name="campaigns_recipient_tasks",
            ),
        ),
        migrations.CreateModel(
            name="ManualTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("skipped", "Skipped")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="campaigns.recipient",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="campaigns.step"
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="campaigns_manualtask_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "recipient", name="campaigns_manualtask_recipient_same_org"
                    ),
                    foundation.tenancy.SameOrganisation("step", name="campaigns_manualtask_step_same_org"),
                    foundation.tenancy.SameOrganisation(
                        "done_by", name="campaigns_manualtask_done_by_same_org"
                    ),
                    models.UniqueConstraint(fields=("recipient", "step"), name="campaigns_manualtask_once"),
                ],
            },
        ),
    ]
