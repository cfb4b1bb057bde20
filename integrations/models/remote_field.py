"""The *Fields* table of a connection: what the vendor's record holds, and what an administrator decided about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.audit import audit
from foundation.tenancy import SameOrganisation, TenantModel
from integrations.base.records import FieldKind, UpdateRule
from integrations.models.connection import Connection
from sourcing.models import RecordType


class FieldRow(TenantModel):
    """One remote field of one record type: the first half as the vendor defines it, the second as we use it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="fields")
    record_type = models.CharField(max_length=12, choices=RecordType, default=RecordType.CANDIDATE)
    #: ``RemoteField.key``.
    key = models.CharField(max_length=200)
    label = models.CharField(max_length=300)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in FieldKind])
    #: [{"id", "label"}] of a choice.
    options = models.JSONField(default=list, blank=True)
    custom = models.BooleanField(default=False)
    creatable = models.BooleanField(default=True)
    updatable = models.BooleanField(default=True)
    readable = models.BooleanField(default=True)
    #: The vendor makes no record without it.
    required = models.BooleanField(default=False)
    longest = models.PositiveIntegerField(null=True, blank=True)
    #: What stood there before anybody decided; *reset to default* goes back to it.
    default_variable = models.CharField(max_length=100, blank=True)
    default_rule = models.CharField(max_length=10, default=UpdateRule.ALWAYS)
    #: The vendor's own order, standard fields first.
    position = models.PositiveIntegerField(default=0)
    #: Since when the vendor no longer has it; the decisions are kept in case it comes back.
    gone_since = models.DateTimeField(null=True, blank=True)

    #: Whether people may fill it here.
    displayed = models.BooleanField(default=False)
    #: Nobody goes without it; implies ``displayed``.
    mandatory = models.BooleanField(default=False)
    #: Whether it is a filter of our people list.
    filterable = models.BooleanField(default=False)
    rule = models.CharField(
        max_length=10,
        choices=[
            (UpdateRule.ALWAYS.value, "Always update"),
            (UpdateRule.IF_BLANK.value, "Only update if blank"),
            (UpdateRule.PROTECTED.value, "Protected"),
        ],
        default=UpdateRule.ALWAYS,
    )
    #: Name of ``base.variables``, or empty.
    variable = models.CharField(max_length=100, blank=True)

    class Meta(TenantModel.Meta):
        # What the vendor says changes by itself; the trail keeps what people decide.
        triggers = audit("position", "gone_since", "options", "label")
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("connection"),
            models.UniqueConstraint(
                fields=["connection", "record_type", "key"], name="integrations_field_once"
            ),
            models.CheckConstraint(
                condition=Q(mandatory=False) | Q(displayed=True), name="integrations_field_mandatory_shown"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.connection_id})"
