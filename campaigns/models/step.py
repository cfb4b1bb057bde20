"""The steps of a campaign: their texts, at each version and by variant, and their files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from campaigns.models.campaign import Campaign
from campaigns.states import StepKind
from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models import ContentFile, Mailbox


class Step(TenantModel):
    """One message or manual task of a campaign, ``days`` after the step before it.

    The id is what keys use; it never changes. A step that anybody has had is never deleted: taken out of a campaign
    it keeps its row with ``removed_at``. Ask ``campaigns.sequence`` for the steps that stand.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    #: A manual task's ``subject`` is its title and ``body`` what is to be done.
    kind = models.CharField(max_length=8, choices=StepKind, default=StepKind.EMAIL)
    #: Days after the step before; 0 only for the first and for manual tasks.
    days = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    #: The rich form; where there is one it is what is sent, and ``body`` its words (``outreach.contents``).
    body_html = models.TextField(blank=True, default="", db_default="")
    #: Whether ``StepFile`` rows exist: a batch asks for them only then.
    has_files = models.BooleanField(default=False, db_default=False)
    #: Whether ``StepVariant`` rows exist: a batch asks for them only then.
    has_variants = models.BooleanField(default=False, db_default=False)
    #: A follow-up continues the thread of the step before unless this is set.
    new_thread = models.BooleanField(default=False)
    #: From which mailbox it is sent; None: the campaign's (``campaigns.senders``).
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    #: Raised by every edit of the text; a message says which one it was written from.
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("position",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("campaign"),
            SameOrganisation("mailbox"),
            models.UniqueConstraint(
                fields=["campaign", "position", "removed_at"],
                nulls_distinct=False,
                deferrable=models.Deferrable.DEFERRED,
                name="campaigns_step_position",
            ),
            models.CheckConstraint(
                condition=Q(position=1) | Q(days__gte=1) | ~Q(kind="email"),
                name="campaigns_step_later_has_days",
            ),
        ]
        indexes = [
            # The feed: steps that a mailbox sends although it is not their campaign's.
            models.Index(
                fields=["mailbox"], condition=Q(mailbox__isnull=False), name="campaigns_step_sender"
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.position}"


class StepVariant(TenantModel):
    """Another text of a step, sent to its share of the people (``campaigns.variants``).

    The step's own text is variant A and has what the others leave of 100 per cent; a share of 0 is switched off.
    """

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="variants")
    #: B … E; never given to another text once somebody has had it.
    letter = models.CharField(max_length=1)
    share = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    has_files = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        ordering = ("letter",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("step"),
            models.UniqueConstraint(fields=["step", "letter"], name="campaigns_stepvariant_once"),
            models.CheckConstraint(condition=Q(share__lte=100), name="campaigns_stepvariant_share"),
            models.CheckConstraint(
                condition=Q(letter__in=["B", "C", "D", "E"]), name="campaigns_stepvariant_letter"
            ),
        ]

    def __str__(self) -> str:
        return f"variant {self.letter} of step {self.step_id}"


class StepVersion(TenantModel):
    """The text of a step at one version, kept so that a sent message can be explained later.

    ``variant``: which of its texts that version changed.
    """

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    variant = models.CharField(max_length=1, default="A", db_default="A")
    subject = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    body_html = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("step"),
            SameOrganisation("created_by"),
            models.UniqueConstraint(fields=["step", "version"], name="campaigns_stepversion_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} v{self.version}"


class StepFile(TenantModel):
    """A file that goes with a step: a picture its text shows, or an attachment. ``variant`` None: with its own text."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="files")
    variant = models.ForeignKey(
        StepVariant, on_delete=models.CASCADE, null=True, blank=True, related_name="files"
    )
    file = models.ForeignKey(ContentFile, on_delete=models.PROTECT, related_name="+")

    class Meta(TenantModel.Meta):
        ordering = ("id",)
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("step"),
            SameOrganisation("file"),
            SameOrganisation("variant"),
            models.UniqueConstraint(
                fields=["step", "variant", "file"], nulls_distinct=False, name="campaigns_stepfile_once"
            ),
        ]

    def __str__(self) -> str:
        return f"file {self.file_id} of step {self.step_id}"
