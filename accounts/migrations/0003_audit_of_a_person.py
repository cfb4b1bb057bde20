from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Rows about a person that were deleted before the person is erased are found by whom they were about."""

    dependencies = [("accounts", "0002_audit_triggers")]

    operations = [
        migrations.RunSQL(
            # audit.scrub: entries of deleted rows of one person.
            "CREATE INDEX accounts_audit_of_person ON accounts_auditentry"
            " (organisation_id, (changes -> 'candidate_id' ->> 0)) WHERE changes ? 'candidate_id'",
            reverse_sql="DROP INDEX accounts_audit_of_person",
        )
    ]
