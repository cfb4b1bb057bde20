"""The distinct values people are filtered by, and the words an organisation holds for the same."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel


class FacetValue(TenantModel):
    """One value of one kind ("title" / "Software Engineer"). Its id is what stands in ``PersonSearch.facets``.

    Written by ``search.dictionary`` only. ``number`` is the value of number and date fields (days since 0001-01-01)
    and the gazetteer id of a place, so that a range or a radius is a list of ids.
    """

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=130, db_collation="C")
    value = models.CharField(max_length=300)
    #: What equality means; compared by bytes so that a prefix is a range of the unique index on every installation.
    folded = models.CharField(max_length=300, db_collation="C")
    number = models.FloatField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            # Also serves type-ahead of one or two letters: folded LIKE 'so%'.
            models.UniqueConstraint(fields=["organisation", "kind", "folded"], name="sourcing_facet_once"),
        ]
        indexes = [
            # Type-ahead inside a value: folded LIKE '%engineer%'.
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="sourcing_facet_trigram"),
            # Ranges of number and date fields, places around a place.
            models.Index(
                fields=["organisation", "kind", "number"],
                condition=models.Q(number__isnull=False),
                name="sourcing_facet_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class Synonym(TenantModel):
    """Two ways to say the same ("SWE", "software engineer"), each offered when somebody types the other."""

    word = models.CharField(max_length=100)
    same_as = models.CharField(max_length=100)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint(
                "organisation", Upper("word"), Upper("same_as"), name="sourcing_synonym_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word} = {self.same_as}"
