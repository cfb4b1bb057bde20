"""Who gets which step when: campaigns, their steps, their recipients, and each attempt at a step."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.audit import AUDIT
from campaigns.addressing import Prefer
from campaigns.states import AttemptOutcome, CampaignStatus, Hold, Progress, StepKind, TaskOutcome
from campaigns.timing import Preference
from foundation.tenancy import BusyTenantModel, SameOrganisation, TenantModel
from outreach.models import ContentFile, Lane, Mailbox, Message
from outreach.states import Interest, Turn
from sourcing.models import Candidate, ContactPoint, Project


class Campaign(TenantModel):
    """Steps, a sender and settings inside a project (docs/behaviour.md, "Words"). Ours; never a remote campaign."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lane = models.OneToOneField(Lane, on_delete=models.PROTECT, related_name="campaign")
    status = models.CharField(max_length=12, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    preference = models.CharField(max_length=16, choices=Preference, default=Preference.WHEN_STARTED)
    #: Only with Preference.SPECIFIC_TIME: 00:00–23:45 in 15-minute steps.
    specific_time = models.TimeField(null=True, blank=True)
    #: IANA name; starts as the zone of the user who starts the campaign.
    zone = models.CharField(max_length=64, default="UTC")
    #: 0 = Monday … 6; empty: every day.
    allowed_days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    prefer = models.CharField(max_length=14, choices=Prefer, default=Prefer.NO_PREFERENCE)
    #: *If preferred email address type isn't available, don't send to other address types* (seed 002).
    strict_type = models.BooleanField(default=False)
    #: Nothing is sent on the days of the organisation's holiday list (``outreach.closing``).
    obeys_holidays = models.BooleanField(default=False)
    #: The words before the unsubscribe link; empty: the usual ones.
    unsubscribe_text = models.CharField(max_length=200, blank=True)
    #: Stop rule: when somebody replies, the others at the same company wait for a word (row C14).
    hold_company = models.BooleanField(default=False)
    #: Who was written to within this many days is left out unless ticked (row C17); 0: nobody is.
    recent_days = models.PositiveSmallIntegerField(default=30)

    #: Off unless somebody asks for it; the lane has it too.
    track_opens = models.BooleanField(default=False, db_default=False)

    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: End of the grace counted from the press; no first message before it.
    grace_until = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    #: Resume by itself at this moment (row A46); None: somebody presses Resume.
    resume_at = models.DateTimeField(null=True, blank=True)
    #: Where Resume returns to.
    paused_from = models.CharField(max_length=12, choices=CampaignStatus, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("project"),
            SameOrganisation("owner"),
            SameOrganisation("mailbox"),
            SameOrganisation("lane"),
            SameOrganisation("started_by"),
            SameOrganisation("paused_by"),
        ]
        indexes = [
            # The feed: running campaigns of a mailbox.
            models.Index(
                fields=["mailbox"],
                condition=Q(status__in=["starting", "running"]),
                name="campaigns_campaign_running",
            ),
            # The tick: pauses that end by themselves.
            models.Index(
                fields=["resume_at"],
                condition=Q(status="paused", resume_at__isnull=False),
                name="campaigns_campaign_resumes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def in_grace(self, now: datetime) -> bool:
        """Started a moment ago: nothing may leave yet. The stored status follows with the next tick."""
        return (
            self.status == CampaignStatus.STARTING and self.grace_until is not None and now < self.grace_until
        )

    @staticmethod
    def grace_over(now: datetime) -> Q:
        """The same line from its other side: ``starting`` and no longer in its grace."""
        return Q(status=CampaignStatus.STARTING, grace_until__lte=now)


class ProjectOutreach(TenantModel):
    """What new campaigns of a project begin with: the defaults of its *Outreach Settings* tab. No row: none."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="+")
    prefer = models.CharField(max_length=14, choices=Prefer, default=Prefer.NO_PREFERENCE)
    strict_type = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("project")]

    def __str__(self) -> str:
        return f"outreach of project {self.project_id}"


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


class Attempt(BusyTenantModel):
    """One step to one address for one recipient; the only owner of the next move while it is open.

    ``live`` is False once it can be repeated to the same address (a soft failure that is tried again).
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="attempts")
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    step_version = models.PositiveIntegerField(default=1)
    #: The letter of the text it was written from; empty: the step had one text, or this one was written by hand.
    variant = models.CharField(max_length=1, blank=True, default="", db_default="")
    #: Whether that was drawn among several texts: only those are compared.
    drawn = models.BooleanField(default=False, db_default=False)
    try_number = models.PositiveSmallIntegerField(default=1)
    address = models.CharField(max_length=320)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="attempt")
    outcome = models.CharField(max_length=12, choices=AttemptOutcome, default=AttemptOutcome.OPEN)
    #: Which rule chose this address, for people (docs/behaviour.md §3).
    address_rule = models.CharField(max_length=200, blank=True)
    live = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    folded_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("campaign"),
            SameOrganisation("step"),
            SameOrganisation("contact_point"),
            SameOrganisation("message"),
            models.UniqueConstraint(
                fields=["recipient", "step", "address"], condition=Q(live=True), name="campaigns_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["campaign", "step", "address"],
                condition=Q(live=True),
                name="campaigns_attempt_address",
            ),
        ]
        indexes = [
            # The sweep: attempts whose message is settled but not yet folded, or may be proved to be sent.
            models.Index(
                fields=["id"],
                condition=Q(outcome__in=["open", "uncertain"]),
                name="campaigns_attempt_unfolded",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class ManualTask(TenantModel):
    """What a person made of a manual task of one recipient. No row: nobody has touched it yet.

    When it is due is the recipient's plan (``planned_at`` while ``next_step`` is the task); see
    ``campaigns.manual_tasks``.
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="tasks")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=TaskOutcome, default=TaskOutcome.OPEN)
    note = models.TextField(blank=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("recipient"),
            SameOrganisation("step"),
            SameOrganisation("done_by"),
            models.UniqueConstraint(fields=["recipient", "step"], name="campaigns_manualtask_once"),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}: {self.outcome}"
