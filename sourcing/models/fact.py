"""What search reads: one wide row per person, and the facts that the rooms above push down."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson, candidate_key


class Fact(OfPerson):
    """Values another room states about a person, e.g. ``campaigns / status / ["Replied"]``."""

    candidate = candidate_key("facts")
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    values = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            models.UniqueConstraint(fields=["candidate", "source", "key"], name="sourcing_fact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}/{self.key}"


class SearchRow(OfPerson):
    """Shape shared by the search table and its sample; written by ``search.index`` only.

    No e-mail address or phone number ever enters ``doc`` or ``facets`` (docs/architecture.md).
    """

    candidate = models.OneToOneField(
        "sourcing.Candidate",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    doc = SearchVectorField()
    facets = ArrayField(models.IntegerField(), default=list)
    years = models.PositiveSmallIntegerField(default=0)
    last_activity = models.DateTimeField()
    last_contacted_at = models.DateTimeField(null=True)
    #: Folded "last first"; compared by bytes so that paging and index agree on every installation.
    sort_name = models.CharField(max_length=300, db_collation="C")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"search row of {self.pk}"


class PersonSearch(SearchRow):
    """One row per person."""

    class Meta:
        constraints = [SameOrganisation("candidate")]
        indexes = [
            # Word and filter search of one organisation in one index scan (needs btree_gin).
            GinIndex(fields=["organisation", "doc", "facets"], name="sourcing_search_words"),
            # The list without words, newest activity first; keyset by (last_activity, candidate).
            models.Index(
                fields=["organisation", "-last_activity", "-candidate"], name="sourcing_search_recent"
            ),
            # The list by name.
            models.Index(fields=["organisation", "sort_name", "candidate"], name="sourcing_search_name"),
            # The list by years of experience.
            models.Index(fields=["organisation", "-years", "-candidate"], name="sourcing_search_years"),
            # Who was contacted since a day, and who never was.
            models.Index(fields=["organisation", "last_contacted_at"], name="sourcing_search_contacted"),
        ]


class PersonSearchSample(SearchRow):
    """Two per cent of each organisation's people, chosen by hash; estimates are made on it first."""

    class Meta:
        constraints = [SameOrganisation("candidate")]
        indexes = [
            # Same queries as PersonSearch, on a fiftieth of the rows.
            GinIndex(fields=["organisation", "doc", "facets"], name="sourcing_sample_words"),
            # How many people there are at all: counted from this index alone, without the documents.
            models.Index(fields=["organisation"], name="sourcing_sample_everybody"),
        ]
