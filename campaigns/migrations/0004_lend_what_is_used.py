from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Until now a campaign could be sent from any mailbox of its organisation; now its owner needs a loan for others'.

    What is in use goes on: each such mailbox is lent to the owner of the campaign, who can see and undo it.
    """

    dependencies = [
        ("campaigns", "0003_merged_recipients"),
        ("outreach", "0006_loans"),
    ]

    operations = [
        migrations.RunSQL(
            """
            INSERT INTO outreach_mailboxloan (organisation_id, mailbox_id, user_id, lent_at)
            SELECT DISTINCT c.organisation_id, c.mailbox_id, c.owner_id, now()
            FROM campaigns_campaign c JOIN outreach_mailbox m ON m.id = c.mailbox_id
            WHERE m.owner_id <> c.owner_id AND c.archived_at IS NULL
            ON CONFLICT DO NOTHING
            """,
            migrations.RunSQL.noop,
        ),
    ]
