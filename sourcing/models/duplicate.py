"""One person once: keys under which records meet, pairs that may be one person, merges that can be undone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel
from sourcing.models.of_person import OfPerson, candidate_key


class DuplicateRule(TenantModel):
    """What an organisation lets decide that two records are one person; no row: ``matching.DEFAULT``."""

    #: Values of ``matching.Key``.
    keys = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    #: All of them, not any.
    every = models.BooleanField(default=False)
    #: Making a person who is certainly there is refused, not only warned about.
    refuse = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organisation"], name="sourcing_duplicaterule_once"),
        ]

    def __str__(self) -> str:
        return f"{'all' if self.every else 'any'} of {', '.join(self.keys)}"


class MatchKey(OfPerson):
    """One key of ``matching.keys`` of one person, as a 64-bit number: enough to meet under, and no personal data."""

    # Serves both questions: who else has this key, and the scan, which walks an organisation's blocks in key order.
    pk = models.CompositePrimaryKey("organisation_id", "key", "candidate_id")
    candidate = candidate_key("+")
    key = models.BigIntegerField()
    #: First letter of the key, to say what a block that is too large has in common.
    kind = models.CharField(max_length=1)

    class Meta:
        constraints = [SameOrganisation("candidate")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


class PairState(models.TextChoices):
    """What people said about a pair. A merged pair is gone; :class:`PersonMerge` remembers it."""

    OPEN = "open", "To be decided"
    NOT_DUPLICATE = "not_duplicate", "Not a duplicate"


class DuplicatePair(TenantModel):
    """Two people who may be one; ``first`` has the smaller id. *Not a duplicate* stays, also through later merges."""

    first = candidate_key("+")
    second = candidate_key("+")
    score = models.PositiveSmallIntegerField(default=0)
    #: Codes of ``matching.REASONS``.
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    #: The organisation's rule decides it: "merge all certain" takes it.
    certain = models.BooleanField(default=False)
    state = models.CharField(max_length=14, choices=PairState, default=PairState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    #: When it was last found to hold, by the database's clock, as the beginning of a scan.
    found_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("first"),
            SameOrganisation("second"),
            SameOrganisation("decided_by"),
            models.UniqueConstraint(fields=["first", "second"], name="sourcing_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="sourcing_pair_in_order"),
        ]
        indexes = [
            # The review page: what is open, the surest first.
            models.Index(
                fields=["organisation", "-score", "-id"],
                condition=Q(state="open"),
                name="sourcing_pair_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.score}"


class ScanPhase(models.TextChoices):
    """What a scan does next; each is resumable from what is committed."""

    KEYS = "keys", "Reading people"
    PAIRS = "pairs", "Comparing"
    DONE = "done", "Done"


class DuplicateScan(TenantModel):
    """One look at everybody: where it stands, and what it had to leave out."""

    run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    phase = models.CharField(max_length=6, choices=ScanPhase, default=ScanPhase.KEYS)
    #: Last person read, then last key compared: the resume point.
    after_id = models.BigIntegerField(default=0)
    after_key = models.BigIntegerField(null=True)
    people = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)
    #: Keys that more than ``BLOCK`` people share are not compared: how many, and how many per kind.
    skipped = models.PositiveIntegerField(default=0)
    skipped_kinds = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("run")]
        indexes = [
            # The review page: the last scan.
            models.Index(fields=["organisation", "-id"], name="sourcing_scan_recent"),
        ]

    def __str__(self) -> str:
        return f"scan {self.pk}"


class PersonMerge(TenantModel):
    """``other_id`` became part of ``survivor``. The row stays for ever: it leads old addresses to the survivor.

    ``record`` is what undoing needs, private addresses of users included; it is shown to nobody, and emptied after
    90 days (``merging.prune``) or when the person is erased (``merging.scrub``).
    """

    survivor = candidate_key("+")
    other_id = models.BigIntegerField()
    #: For people, while it can be undone: "Jonas Lehner".
    other_name = models.CharField(max_length=601, blank=True)
    score = models.PositiveSmallIntegerField(default=0)
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    record = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("survivor"),
            SameOrganisation("actor"),
            SameOrganisation("undone_by"),
            # Also serves the redirect of an old address.
            models.UniqueConstraint(
                fields=["organisation", "other_id"],
                condition=Q(undone_at__isnull=True),
                name="sourcing_merge_once",
            ),
        ]
        indexes = [
            # merging.prune: records that are too old.
            models.Index(fields=["at"], condition=~Q(record={}), name="sourcing_merge_age"),
        ]

    @property
    def undoable(self) -> bool:
        """Whether it can still be undone."""
        return self.undone_at is None and bool(self.record)

    def __str__(self) -> str:
        return f"{self.other_id} into {self.survivor_id}"
