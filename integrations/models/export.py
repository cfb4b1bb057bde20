"""One export of people to a connection, and what became of each of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection
from integrations.states import ExportMode, ItemStatus
from sourcing.models import Candidate, Project


class Export(TenantModel):
    """What was asked for: whom, where to, with which boxes ticked. The work is ``run``."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="exports")
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    run = models.ForeignKey("foundation.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    mode = models.CharField(max_length=10, choices=ExportMode)
    target_id = models.CharField(max_length=200)
    target_name = models.CharField(max_length=300)
    include_exported = models.BooleanField(default=False)
    dummy_addresses = models.BooleanField(default=False)
    #: Only says what would change there; nothing is written and nobody counts as exported.
    dry_run = models.BooleanField(default=False)
    #: The dialogue's own key: a second click with the same one is the same export.
    request_key = models.UUIDField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("project"),
            SameOrganisation("created_by"),
            SameOrganisation("run"),
            models.UniqueConstraint(fields=["organisation", "request_key"], name="integrations_export_once"),
        ]
        indexes = [
            # A project's Exports tab and the API's list, newest first.
            models.Index(fields=["organisation", "project", "-id"], name="integrations_export_recent"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportItem(TenantModel):
    """One person of one export; claimed with a lease, ended with a reason, retried alone."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="items")
    #: The export's own, repeated for ``integrations_item_one_in_work``.
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=ItemStatus, default=ItemStatus.QUEUED)
    #: A value of ``states.Reason``; without choices here, so that a new reason is no migration.
    reason_code = models.CharField(max_length=40, blank=True)
    #: The sentence for a person; the vendor's words are in it, without addresses.
    reason = models.CharField(max_length=500, blank=True)
    #: What was written, field by field, as shown to people: [{"field", "outcome", "why"}]. No values.
    fields = models.JSONField(default=list, blank=True)
    #: A person asked to send this one again although they had been exported before.
    again = models.BooleanField(default=False)
    #: The record there, once known.
    remote_id = models.CharField(max_length=200, blank=True)
    #: Whether this item made the record, and what readable fields held before it wrote them: what *undo* goes by.
    #: Cleared once undone, or when it can no longer be (``undoing.KEPT_FOR``).
    made_record = models.BooleanField(default=False)
    before = models.JSONField(default=dict, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    #: What became of taking it back, for people.
    undo_note = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("export"),
            SameOrganisation("connection"),
            SameOrganisation("candidate"),
            models.UniqueConstraint(fields=["export", "candidate"], name="integrations_item_once"),
            # Two exports of one person to one account take turns, whichever workers run them.
            models.UniqueConstraint(
                fields=["connection", "candidate"],
                condition=Q(status=ItemStatus.CLAIMED),
                name="integrations_item_one_in_work",
            ),
        ]
        indexes = [
            # The next item of an export, in order.
            models.Index(
                fields=["export", "id"],
                condition=Q(status__in=["queued", "claimed"]),
                name="integrations_item_open",
            ),
            # A person's timeline and "exported before, for any target".
            models.Index(fields=["candidate", "-settled_at"], name="integrations_item_person"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk} ({self.status})"
