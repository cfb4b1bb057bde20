"""Which record at a vendor is which of our people, and the generated addresses some of them got."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from foundation.tenancy import SameOrganisation, TenantModel
from integrations.models.connection import Connection
from integrations.states import LinkState
from sourcing.models import Candidate, RecordType


class RemoteLink(TenantModel):
    """One of our people at one connection as one record type; once."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="links")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="remote_links")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    #: Empty until the first create was confirmed.
    remote_id = models.CharField(max_length=200, blank=True)
    remote_url = models.CharField(max_length=500, blank=True)
    #: Ids the vendor gave the same person besides ``remote_id`` ("made a second record"); both are kept.
    other_remote_ids = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    state = models.CharField(max_length=10, choices=LinkState, default=LinkState.CREATING)
    #: When ``creating`` was committed: a search counts only after the vendor's index delay.
    creating_since = models.DateTimeField(null=True, blank=True)
    #: The target named in that create: found again, the person is already on it.
    creating_target = models.CharField(max_length=200, blank=True)
    #: False when the record was there before us: notes are never written on it.
    created_by_us = models.BooleanField(default=False)
    #: Remote field → short hash of what we wrote there last: for fields that cannot be read back, for recognising the
    #: echo of our own write, and for undoing only what is still ours. No values.
    written = models.JSONField(default=dict, blank=True)
    #: Remote field → short hashes of the entries of its list that were taken in: one that somebody removes or edits
    #: here does not come back with the next pull. No values.
    taken = models.JSONField(default=dict, blank=True)
    #: Records of the same person seen before a create that was not to be merged: none of them is ours.
    look_alikes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    #: The last export that ended sent or updated; the mark "exported to …" hangs on it.
    exported_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            SameOrganisation("candidate"),
            models.UniqueConstraint(
                fields=["connection", "candidate", "record_type"], name="integrations_link_once"
            ),
        ]
        indexes = [
            # Marks on people's rows and "already exported".
            models.Index(fields=["candidate", "connection"], name="integrations_link_person"),
            # receiving: whom a record there means.
            models.Index(fields=["connection", "remote_id"], name="integrations_link_remote"),
        ]

    def __str__(self) -> str:
        return f"{self.remote_id or '…'} at {self.connection_id}"


class DummyAddress(TenantModel):
    """The number of a generated address, drawn once per person (docs/behaviour.md §7); no address of ours."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="+")
    #: Signed, 32 bits, never 0: that one is the test record's.
    number = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("candidate"),
            models.UniqueConstraint(fields=["organisation", "number"], name="integrations_dummy_once"),
        ]

    def __str__(self) -> str:
        return f"no-email-{self.number}"
