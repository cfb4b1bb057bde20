"""What else is said about a person: values that stood back behind a better one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import MD5, Cast

from foundation.tenancy import SameOrganisation
from sourcing.models.contact_point import Origin
from sourcing.models.of_person import OfPerson, candidate_key


class OtherValue(OfPerson):
    """One value of one field that is not the one shown; ``people.use_value`` puts it in its place.

    ``field`` is a column of Candidate or ``custom.<key>``. Each value once per field; seen again, ``seen_at`` moves.
    """

    candidate = candidate_key("other_values")
    field = models.CharField(max_length=80)
    value = models.JSONField()
    source = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=10, choices=Origin)
    seen_at = models.DateTimeField()

    class Meta(OfPerson.Meta):
        ordering = ("field", "-seen_at", "id")
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("candidate"),
            # By hash: a summary is longer than a line of an index may be.
            models.UniqueConstraint(
                "candidate",
                "field",
                MD5(Cast("value", models.TextField())),
                name="sourcing_othervalue_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.candidate_id}"
