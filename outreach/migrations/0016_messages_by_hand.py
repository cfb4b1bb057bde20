"""One message may be edited by hand, and uncertain ones are listed by an index of their own."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Serves ``outreach.outbox.by_hand`` and ``outreach.selectors.uncertain_messages``."""

    dependencies = [("outreach", "0015_holidays_and_office_hours")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="text_by_hand",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "uncertain")),
                fields=["organisation", "-settled_at", "-id"],
                name="outreach_message_uncertain",
            ),
        ),
    ]
