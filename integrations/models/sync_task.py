"""One thing to do at a vendor because something happened here, and the notes that go with people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import Campaign
from foundation.tenancy import SameOrganisation, TenantModel
from integrations.base.records import NoteKind
from integrations.models.connection import Connection
from integrations.states import NoteState, SyncKind, SyncStatus
from sourcing.models import Candidate, RecordType


class RemoteNote(TenantModel):
    """Our own copy of one note: the same activity is told once, whatever happens on the way."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="notes")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    #: The activity it tells of: "message:12:sent".
    subject = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in NoteKind])
    #: When it happened.
    at = models.DateTimeField()
    text = models.TextField()
    job_id = models.CharField(max_length=200, blank=True)
    #: As of :class:`SyncTask`: whose settings count when it is written at last, and who writes it there.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=NoteState, default=NoteState.KEPT)
    #: When ``writing`` was committed: only after the vendor's index delay can it be looked for.
    writing_since = models.DateTimeField(null=True, blank=True)
    #: Its id there, once written.
    remote_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("candidate"),
            SameOrganisation("user"),
            SameOrganisation("campaign"),
            models.UniqueConstraint(
                fields=["connection", "candidate", "record_type", "subject"], name="integrations_note_once"
            ),
        ]
        indexes = [
            # notes.release: what is kept for a person until there is a record.
            models.Index(
                fields=["connection", "candidate"], condition=Q(state="kept"), name="integrations_note_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} ({self.state})"


class SyncTask(TenantModel):
    """Claimed like a message: ``not_before``, attempts, the reason and the vendor's words; in order per person."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sync_tasks")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    kind = models.CharField(max_length=8, choices=SyncKind)
    note = models.ForeignKey(
        RemoteNote, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks"
    )
    #: Who caused it: whose settings count, and as far as whom the person is seen. None: a program.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    #: The campaign in which it happened: its settings, job and entered values count.
    campaign = models.ForeignKey(Campaign, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    #: Why, for people: "replied", "edited by hand".
    cause = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=SyncStatus, default=SyncStatus.QUEUED)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    #: As ``ExportItem.fields``.
    fields = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    #: Who had it tried again or gave it up, the last of them.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("candidate"),
            SameOrganisation("note"),
            SameOrganisation("user"),
            SameOrganisation("campaign"),
            SameOrganisation("decided_by"),
            # An edit during a run makes a new row; a second one before it is taken up is the same row. Each campaign
            # has a job of its own; edits have none.
            models.UniqueConstraint(
                fields=["connection", "candidate", "record_type", "campaign"],
                condition=Q(status=SyncStatus.QUEUED, kind=SyncKind.PUSH),
                nulls_distinct=False,
                name="integrations_task_one_push_queued",
            ),
            # Whichever workers run them, the tasks of one person at one system take turns.
            models.UniqueConstraint(
                fields=["connection", "candidate"],
                condition=Q(status=SyncStatus.CLAIMED),
                name="integrations_task_one_in_work",
            ),
        ]
        indexes = [
            # syncing.claim: the next task of a connection, in order.
            models.Index(
                fields=["connection", "id"],
                condition=Q(status__in=["queued", "claimed"]),
                name="integrations_task_open",
            ),
            # The page of what waits and what needs somebody, newest first.
            models.Index(fields=["organisation", "status", "-id"], name="integrations_task_page"),
            # A person's panel and timeline.
            models.Index(fields=["candidate", "-id"], name="integrations_task_person"),
        ]

    def __str__(self) -> str:
        return f"sync {self.pk} ({self.status})"
