"""People have an owner: whoever made or imported them, until somebody else is named."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy

# The first owner is no decision anybody made: the audit trail does not tell of it, a million times.
_FIRST_OWNERS = """
ALTER TABLE sourcing_candidate DISABLE TRIGGER USER;
UPDATE sourcing_candidate SET owner_id = created_by_id WHERE created_by_id IS NOT NULL;
ALTER TABLE sourcing_candidate ENABLE TRIGGER USER;
"""
# Who is found by "added by" is found by "owner" from now on.
_FACETS = """
INSERT INTO sourcing_facetvalue (organisation_id, kind, value, folded)
SELECT organisation_id, 'owner', value, folded FROM sourcing_facetvalue WHERE kind = 'added_by'
ON CONFLICT DO NOTHING;
"""
_ROWS = """
UPDATE {table} s SET facets = s.facets || o.id
  FROM sourcing_candidate c
  JOIN sourcing_facetvalue o
    ON o.organisation_id = c.organisation_id AND o.kind = 'owner' AND o.folded = c.owner_id::text
 WHERE c.id = s.candidate_id AND NOT s.facets @> ARRAY[o.id];
"""
_TABLES = ("sourcing_personsearch", "sourcing_personsearchsample")
_FORGET = """
UPDATE {table} s
   SET facets = ARRAY(SELECT f FROM unnest(s.facets) f
                       WHERE f NOT IN (SELECT id FROM sourcing_facetvalue WHERE kind = 'owner'))
 WHERE s.facets && ARRAY(SELECT id FROM sourcing_facetvalue WHERE kind = 'owner');
"""
_FORGET_FACETS = "DELETE FROM sourcing_facetvalue WHERE kind = 'owner';"


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sourcing", "0020_slices_know_whom_they_met"),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(_FIRST_OWNERS, migrations.RunSQL.noop),
        migrations.RunSQL(
            _FACETS + "".join(_ROWS.format(table=table) for table in _TABLES),
            "".join(_FORGET.format(table=table) for table in _TABLES) + _FORGET_FACETS,
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=foundation.tenancy.SameOrganisation("owner", name="sourcing_candidate_owner_same_org"),
        ),
    ]
