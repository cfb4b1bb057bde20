"""A step may be sent from a mailbox of its own."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0201_planned_index_holds_campaign"), ("outreach", "0019_opens")]

    operations = [
        migrations.AddField(
            model_name="step",
            name="mailbox",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="outreach.mailbox",
            ),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(
                fields=["mailbox"],
                condition=models.Q(("mailbox__isnull", False)),
                name="campaigns_step_sender",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=foundation.tenancy.SameOrganisation("mailbox", name="campaigns_step_mailbox_same_org"),
        ),
    ]
