"""Who is in a campaign and where they stand, and what people said or wrote for one of them before it is sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from campaigns.models.campaign import Campaign
from campaigns.models.step import Step
from campaigns.states import Hold, Progress
from foundation.tenancy import BusyTenantModel, SameOrganisation, TenantModel
from outreach.models import Message
from outreach.states import Interest, Turn
from sourcing.models import Candidate, ContactPoint


class Recipient(BusyTenantModel):
    """One candidate in one campaign: ``progress`` and ``hold`` are two facts kept apart (docs/behaviour.md §2).

    While ``open_attempt`` is set, only ``folding`` moves the recipient. ``next_step`` and ``planned_at`` are the
    plan; ``start_at``, ``seed`` and ``branch`` make it reproducible.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    added_at = models.DateTimeField(auto_now_add=True)

    progress = models.CharField(max_length=12, choices=Progress, default=Progress.NOT_STARTED)
    hold = models.CharField(max_length=16, choices=Hold, default=Hold.NONE)
    hold_code = models.CharField(max_length=40, blank=True)
    hold_text = models.CharField(max_length=300, blank=True)
    hold_until = models.DateTimeField(null=True, blank=True)
    #: Why it ended, when a person or a merge ended it.
    ended_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    #: The recipient that goes on instead: a merge put one person twice into the campaign (docs/behaviour.md §2).
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    #: The moment the timing table counts from; None until started.
    start_at = models.DateTimeField(null=True, blank=True)
    #: What jitter is drawn from (``timing``), so that a preview shows exactly what will happen.
    seed = models.CharField(max_length=32)
    branch = models.CharField(max_length=20, blank=True)
    #: Planned local clock time of the first message, before any limit moved it.
    first_clock = models.TimeField(null=True, blank=True)
    next_step = models.ForeignKey(Step, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    planned_at = models.DateTimeField(null=True, blank=True)
    #: outreach.states.Turn of ``next_step``: later steps leave before first ones.
    turn = models.PositiveSmallIntegerField(choices=Turn, default=Turn.FIRST_STEP)
    #: Why this minute, for people.
    plan_text = models.CharField(max_length=300, blank=True)
    #: How many times the current step was begun anew (next address, try again).
    next_try = models.PositiveSmallIntegerField(default=1)
    open_attempt = models.OneToOneField(
        "campaigns.Attempt", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    #: Normalised address decided when step 1 was claimed, kept until it bounces or an override is set; and
    #: where it came from (None: it is the override, or its row is gone).
    address = models.CharField(max_length=320, blank=True)
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: Normalised address set in the recipient dialogue: for this campaign only, never the profile (seed 002).
    override_address = models.CharField(max_length=320, blank=True)
    #: The address pinned when the recipient was added; a later pin does not count.
    pinned = models.ForeignKey(
        ContactPoint, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    thread_message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: Variable → text said in the recipient dialogue, for this campaign only (``campaigns.overriding``).
    overrides = models.JSONField(default=dict, blank=True, db_default=models.Value({}, models.JSONField()))

    #: Interested, Meeting, Not interested …, as a person marked it or the reader of answers found it (then
    #: ``interest_by`` is None); ``interest_reason`` is said by the person who marked it.
    interest = models.CharField(max_length=16, choices=Interest, blank=True, default="", db_default="")
    interest_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    interest_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    interest_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("campaign"),
            SameOrganisation("candidate"),
            SameOrganisation("added_by"),
            SameOrganisation("next_step"),
            SameOrganisation("open_attempt"),
            SameOrganisation("contact_point"),
            SameOrganisation("pinned"),
            SameOrganisation("thread_message"),
            SameOrganisation("merged_into"),
            SameOrganisation("interest_by"),
            # A recipient that a merge stopped stays beside the one that goes on.
            models.UniqueConstraint(
                fields=["campaign", "candidate"],
                condition=Q(merged_into__isnull=True),
                name="campaigns_recipient_once",
            ),
        ]
        indexes = [
            # The feed: first due recipient before a step. Held-back people are not in it.
            models.Index(
                fields=["next_step", "turn", "planned_at", "id"],
                condition=Q(
                    open_attempt__isnull=True,
                    hold="none",
                    planned_at__isnull=False,
                    progress__in=["not_started", "started"],
                ),
                name="campaigns_recipient_due",
            ),
            # The Outbox: an organisation's planned steps by time, held-back people included; with what says whether
            # one is listed, so that those of hidden campaigns are passed over without being read.
            models.Index(
                fields=["organisation", "planned_at", "id"],
                include=["campaign", "turn", "next_step"],
                condition=Q(
                    open_attempt__isnull=True,
                    planned_at__isnull=False,
                    progress__in=["not_started", "started"],
                ),
                name="campaigns_recipient_planned",
            ),
            # The outreach report: whose reply was read when.
            models.Index(
                fields=["organisation", "ended_at"],
                condition=Q(progress="replied"),
                name="campaigns_recipient_replied",
            ),
            # The tick: absences that end.
            models.Index(
                fields=["hold_until"],
                condition=Q(hold="out_of_office"),
                name="campaigns_recipient_absent",
            ),
            # The Tasks page: what people of an organisation have to do, by when.
            models.Index(
                fields=["organisation", "planned_at"],
                condition=Q(turn=Turn.MANUAL_TASK, progress__in=["not_started", "started"]),
                name="campaigns_recipient_tasks",
            ),
            # A person's campaigns: replies, opt-outs, the profile.
            models.Index(fields=["candidate", "progress"], name="campaigns_recipient_person"),
            # Deleting a recipient: who was merged into it. Hardly anybody was, so it is small.
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="campaigns_recipient_merged",
            ),
        ]

    def __str__(self) -> str:
        return f"recipient {self.pk}"


class PlaceholderText(TenantModel):
    """What somebody wrote for one recipient in place of ``[[label]]``, in every step that asks for it.

    ``key`` is ``outreach.templating.placeholder_key`` of the label. Not under audit: an erasure must leave no copy of
    words about a person, and this row hangs on them by its recipient only.
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="placeholder_texts")
    key = models.CharField(max_length=80)
    text = models.TextField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("written_by"),
            models.UniqueConstraint(fields=["recipient", "key"], name="campaigns_placeholdertext_once"),
        ]

    def __str__(self) -> str:
        return f"[[{self.key}]] of recipient {self.recipient_id}"


class StepChange(TenantModel):
    """What a person said about one step of one recipient before it was written; read when it is.

    ``subject`` and ``body`` are templates like the step's own, None while nobody edited this one message.
    ``skipped_at``: cancelled by hand before anything was written.
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="step_changes")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=500, null=True, blank=True)
    body = models.TextField(null=True, blank=True)
    send_now_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("step"),
            SameOrganisation("changed_by"),
            models.UniqueConstraint(fields=["recipient", "step"], name="campaigns_stepchange_once"),
        ]

    @property
    def edited(self) -> bool:
        """Whether this one message has a text of its own."""
        return self.body is not None

    def __str__(self) -> str:
        return f"change of {self.step_id} for {self.recipient_id}"
