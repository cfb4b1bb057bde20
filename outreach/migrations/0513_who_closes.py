"""Who put a day on the list of holidays, and who first set the sending hours."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_paired_browsers"),
        ("outreach", "0512_who_gave_a_file_to_a_template"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="holiday",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="officehours",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=foundation.tenancy.SameOrganisation(
                "created_by", name="outreach_holiday_created_by_same_org"
            ),
        ),
        migrations.AddConstraint(
            model_name="officehours",
            constraint=foundation.tenancy.SameOrganisation(
                "created_by", name="outreach_officehours_created_by_same_org"
            ),
        ),
    ]
