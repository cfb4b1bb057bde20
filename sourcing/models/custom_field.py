"""Fields of a person that an organisation defines for itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from foundation.tenancy import SameOrganisation, TenantModel


class FieldKind(models.TextChoices):
    """What the values of a field are."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    CHOICE = "choice", "Choice"
    CHOICES = "choices", "Several choices"
    YES_NO = "yes_no", "Yes or no"
    LINK = "link", "Link"


class CustomField(TenantModel):
    """One field. Its values stand in ``Candidate.custom`` under ``key``, which never changes; a label may.

    An archived field is not shown, asked or searched; its values stay and come back with it.
    """

    key = models.CharField(max_length=60)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=FieldKind)
    #: What a choice may be, in order; empty for the other kinds.
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # asked only when a user is deleted
    )

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("position", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["organisation", "key"], name="sourcing_customfield_key_once"),
            models.UniqueConstraint(
                "organisation",
                models.functions.Lower("label"),
                condition=Q(archived_at__isnull=True),
                name="sourcing_customfield_label_once",
            ),
        ]

    @property
    def name(self) -> str:
        """How provenance and conflicting values call it: ``custom.<key>``."""
        return f"custom.{self.key}"

    def __str__(self) -> str:
        return self.label
