"""What a person did and where they can be seen: positions, schools, social profiles."""

from __future__ import annotations

from django.db import models

from accounts.audit import audit
from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson, candidate_key


class Experience(OfPerson):
    """One position. Dates are as exact as the source: ``2019`` or ``2019-04``, empty when unknown."""

    candidate = candidate_key("experience")
    title = models.CharField(max_length=300, blank=True)
    company = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=300, blank=True)
    started = models.CharField(max_length=10, blank=True)
    ended = models.CharField(max_length=10, blank=True)
    description = models.TextField(blank=True)
    #: Newest first.
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(OfPerson.Meta):
        triggers = audit("position")
        ordering = ("position", "id")
        constraints = [*OfPerson.Meta.constraints, SameOrganisation("candidate")]

    def __str__(self) -> str:
        return f"{self.title} at {self.company}"


class Education(OfPerson):
    """One school. Dates as in :class:`Experience`."""

    candidate = candidate_key("education")
    school = models.CharField(max_length=300, blank=True)
    degree = models.CharField(max_length=300, blank=True)
    field = models.CharField(max_length=300, blank=True)
    started = models.CharField(max_length=10, blank=True)
    ended = models.CharField(max_length=10, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(OfPerson.Meta):
        triggers = audit("position")
        ordering = ("position", "id")
        constraints = [*OfPerson.Meta.constraints, SameOrganisation("candidate")]

    def __str__(self) -> str:
        return f"{self.degree} at {self.school}"


class SocialProfile(OfPerson):
    """One page of the person elsewhere: ``network`` is a lower-case word such as ``linkedin``."""

    candidate = candidate_key("social_profiles")
    network = models.CharField(max_length=30)
    url = models.CharField(max_length=500)

    class Meta(OfPerson.Meta):
        ordering = ("id",)
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            models.UniqueConstraint(fields=["candidate", "url"], name="sourcing_social_once"),
        ]

    def __str__(self) -> str:
        return self.url
