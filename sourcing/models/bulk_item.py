"""Whom a bulk action is about, and what it needs to be taken back."""

from __future__ import annotations

from django.db import models

from foundation.models import Run
from foundation.tenancy import SameOrganisation
from sourcing.models.of_person import OfPerson, candidate_key


class BulkState(models.TextChoices):
    """What became of one person in a bulk action."""

    PENDING = "pending"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    UNDONE = "undone"


class BulkItem(OfPerson):
    """One person of one bulk run. Kept for 30 days, as long as the run can be undone (``bulk.prune``)."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    candidate = candidate_key("+")
    state = models.CharField(max_length=10, choices=BulkState, default=BulkState.PENDING)
    #: Why the person was skipped, as a code of ``bulk.WHY``.
    reason = models.CharField(max_length=20, blank=True)
    #: What stood there before, as far as undoing needs it.
    before = models.JSONField(default=dict)

    class Meta(OfPerson.Meta):
        constraints = [
            *OfPerson.Meta.constraints,
            SameOrganisation("run"),
            SameOrganisation("candidate"),
            models.UniqueConstraint(fields=["run", "candidate"], name="sourcing_bulk_item_once"),
        ]
        indexes = [
            # bulk: the next people of a run, and how many stand where.
            models.Index(fields=["run", "state", "id"], name="sourcing_bulk_item_next"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} of run {self.run_id}"
