"""News on its way (Event, Delivery) and long pieces of work (Run)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.tenancy import BusyTenantModel, SameOrganisation, TenantModel


class Event(BusyTenantModel):
    """Something happened. Ids only, no personal data; who cares about it is in :class:`Delivery`."""

    kind = models.CharField(max_length=60)
    #: What it is about, e.g. "recipient:12"; one consumer gets the events of one subject in their order.
    subject = models.CharField(max_length=80)
    ids = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        indexes = [
            # events.prune: events older than the retention.
            models.Index(fields=["created_at"], name="foundation_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Delivery(BusyTenantModel):
    """One event still owed to one consumer; the row is deleted in the transaction that does the work."""

    # No index of its own: the unique (event, consumer) serves it.
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    consumer = models.CharField(max_length=60)
    #: The event's, repeated for the order query.
    subject = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    #: Class of the last failure (its text may hold personal data and goes nowhere).
    failure = models.CharField(max_length=200, blank=True)
    #: Given up after the last attempt: it holds its subject until a person retries or drops it.
    dead = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        verbose_name_plural = "deliveries"
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("event"),
            models.UniqueConstraint(fields=["event", "consumer"], name="foundation_delivery_once"),
        ]
        indexes = [
            # events.deliver: is an earlier delivery of this subject to this consumer still open?
            models.Index(fields=["consumer", "subject", "id"], name="foundation_delivery_order"),
            # events.deliver: what is due, oldest first.
            models.Index(fields=["not_before"], condition=Q(dead=False), name="foundation_delivery_due"),
            # readyz and the admin: what was given up.
            models.Index(fields=["id"], condition=Q(dead=True), name="foundation_delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.consumer}"


class RunStatus(models.TextChoices):
    """Where a run stands; ``runs.TRANSITIONS`` says what may follow."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


#: Statuses after which nothing happens to a run any more.
RUN_ENDS = frozenset({RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED})


class Run(TenantModel):
    """One long piece of work of ours: import, export, finding, planning. It survives reload and crash."""

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )
    #: What it is about, e.g. "project:7"; pages look their runs up by it.
    subject = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=20, choices=RunStatus, default=RunStatus.QUEUED)
    #: Items in all; 0 while unknown.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    #: What it does right now, for the person watching.
    note = models.CharField(max_length=200, blank=True)
    cancel_requested = models.BooleanField(default=False)
    #: Who asked it to stop first.
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )
    params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    problem_code = models.CharField(max_length=60, blank=True)
    problem_text = models.CharField(max_length=500, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("actor"),
            SameOrganisation("cancelled_by"),
        ]
        indexes = [
            # runs.sweep: live runs nobody holds.
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=["queued", "running"]),
                name="foundation_run_live",
            ),
            # The tray: a person's recent runs.
            models.Index(fields=["organisation", "actor", "-id"], name="foundation_run_tray"),
            # The page of a subject: its runs, newest first.
            models.Index(fields=["organisation", "subject", "-id"], name="foundation_run_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in RUN_ENDS

    @property
    def percent(self) -> int | None:
        """0–100, or None while the total is unknown."""
        if not self.total:
            return None
        return min(100, (self.done + self.failed) * 100 // self.total)

    def as_dict(self) -> dict[str, Any]:
        """What the API and the tray show."""
        return {
            "id": self.pk,
            "kind": self.kind,
            "title": self.title,
            "status": self.status,
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "note": self.note,
            "problem": {"code": self.problem_code, "text": self.problem_text} if self.problem_code else None,
            "result": self.result,
        }


class IdempotentAnswer(TenantModel):
    """The answer to a request that named itself by an ``Idempotency-Key``, to give again for 24 hours.

    ``scope`` is whose key it is (``token:5``, ``user:7``); ``request_hash`` is of method, address and body.
    """

    scope = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    request_hash = models.CharField(max_length=64)
    #: 0 until the work has been done; seen so only of work that calls other systems, else the row commits with it.
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    #: The body instead, of an answer that no cache may keep: it tells a secret once.
    sealed = models.TextField(blank=True, db_default="")
    content_type = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organisation", "scope", "key"], name="foundation_answer_once"),
        ]
        indexes = [
            # idempotency.prune: answers older than a day.
            models.Index(fields=["created_at"], name="foundation_answer_age"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk} ({self.status})"
