"""The outbox: one row per e-mail to one address, written before the e-mail exists anywhere else."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from foundation.tenancy import BusyTenantModel, SameOrganisation
from outreach.models.lane import Lane
from outreach.models.mailbox import Mailbox
from outreach.states import MessageStatus
from sourcing.models import Candidate


class MessageOrigin(models.TextChoices):
    """Why it was written; replies and tests are never held back by our own limits (docs/behaviour.md §1)."""

    CAMPAIGN = "campaign", "Campaign"
    SINGLE = "single", "Single e-mail"
    REPLY = "reply", "Reply"
    TEST = "test", "Test"


class Message(BusyTenantModel):
    """One e-mail, sent or to be sent. ``outbox.transitions`` is the only writer of ``status``.

    All sends of it together are at most one: ``claim_token`` is the token of the mailbox lease under which it
    was claimed, and every change compares it. ``rank`` orders a mailbox's queue (``states.Turn``), then
    ``planned_at``.
    """

    # Every state change writes every index of the row, so foreign keys that another index serves, or whose
    # targets are all but never deleted, have none of their own.
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="messages", db_index=False)
    lane = models.ForeignKey(
        Lane, on_delete=models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    candidate = models.ForeignKey(Candidate, on_delete=models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=10, choices=MessageOrigin)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    #: Opaque to outreach: the writer's key ("step:12:v3"), copied into the X-Beckon-Step header.
    step_ref = models.CharField(max_length=60, blank=True)
    #: True for a step after the first: leaves only after a recent complete read of the mailbox.
    read_before_write = models.BooleanField(default=False)

    to_address = models.CharField(max_length=320)
    to_name = models.CharField(max_length=300, blank=True)
    to_normalised = models.CharField(max_length=320)
    #: The address is another user's private one: nobody but this user is shown it (docs/behaviour.md §3).
    private_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=998, blank=True)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    #: Whether ``MessageFile`` rows exist: most messages have none, and asking costs a query for each.
    has_files = models.BooleanField(default=False, db_default=False)
    #: Somebody edited this one message: an edit of its step no longer changes it.
    text_by_hand = models.BooleanField(default=False, db_default=False)

    #: Stored before anything is sent, without angle brackets; what the provider made of it is learnt from the
    #: Sent copy.
    our_message_id = models.CharField(max_length=255)
    provider_message_ids = ArrayField(models.CharField(max_length=998), default=list, blank=True)
    #: Random part of the signed reference in X-Beckon-Ref, References and the unsubscribe link.
    token = models.CharField(max_length=32)
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = models.TextField(blank=True)

    status = models.CharField(max_length=12, choices=MessageStatus, default=MessageStatus.QUEUED)
    rank = models.PositiveSmallIntegerField(default=3)
    planned_at = models.DateTimeField()
    #: Not before this moment (retry after a temporary failure); starts as ``planned_at``.
    not_before = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    claim_token = models.UUIDField(null=True, blank=True)
    #: Database time of the claim; also the mail's Date, so that its bytes can be made again.
    claimed_at = models.DateTimeField(null=True, blank=True)
    #: Counts for the mailbox's rolling 24 hours from here.
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    #: When the first temporary failure happened; a day later it counts as a soft bounce.
    first_failed_at = models.DateTimeField(null=True, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    reason_text = models.CharField(max_length=500, blank=True)
    failure_class = models.CharField(max_length=10, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    #: Our copy in the mailbox's Sent folder: a separate retried task after settle.
    copy_due_at = models.DateTimeField(null=True, blank=True)
    copied_at = models.DateTimeField(null=True, blank=True)
    copy_tries = models.PositiveSmallIntegerField(default=0)

    class Meta(BusyTenantModel.Meta):
        constraints = [
            *BusyTenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("lane"),
            SameOrganisation("candidate"),
            SameOrganisation("created_by"),
            SameOrganisation("private_to"),
            # Constraints and not unique=True: no second index for LIKE.
            models.UniqueConstraint(fields=["our_message_id"], name="outreach_message_our_id_once"),
            models.UniqueConstraint(fields=["token"], name="outreach_message_token_once"),
        ]
        indexes = [
            # The claim: first queued message of a mailbox, in the mailbox's order.
            models.Index(
                fields=["mailbox", "rank", "planned_at", "id"],
                condition=Q(status="queued"),
                name="outreach_message_claim",
            ),
            # The tick: replies and tests, which our own limits never hold back.
            models.Index(
                fields=["not_before"],
                condition=Q(status="queued", origin__in=["reply", "test"]),
                name="outreach_message_unheld",
            ),
            # The sweep: claims and sends whose worker died.
            models.Index(
                fields=["mailbox", "claimed_at"],
                condition=Q(status__in=["claimed", "sending"]),
                name="outreach_message_in_hand",
            ),
            # The rolling 24 hours of a mailbox, and its Sent copies to match.
            models.Index(
                fields=["mailbox", "sending_at"],
                condition=Q(status__in=["sending", "sent", "bounced", "uncertain"]),
                name="outreach_message_limit",
            ),
            # Copies to Sent that are still to be made.
            models.Index(
                fields=["copy_due_at"],
                condition=Q(copy_due_at__isnull=False, copied_at__isnull=True),
                name="outreach_message_copy",
            ),
            # Inbound mail by address only: who was written to from this mailbox.
            models.Index(fields=["mailbox", "to_normalised", "-sent_at"], name="outreach_message_address"),
            # Pause and edits: what of a lane is waiting.
            models.Index(
                fields=["lane"],
                condition=Q(status__in=["planned", "queued", "claimed", "sending"]),
                name="outreach_message_lane",
            ),
            # The Outbox: an organisation's waiting messages by time. With the lane, by which some are hidden.
            models.Index(
                fields=["organisation", "planned_at", "id"],
                include=["lane"],
                condition=Q(status__in=["planned", "queued", "claimed", "sending"]),
                name="outreach_message_waiting",
            ),
            # The Outbox: what became of the rest, newest first.
            models.Index(
                fields=["organisation", "-settled_at", "-id"],
                condition=Q(settled_at__isnull=False),
                name="outreach_message_settled",
            ),
            # The Outbox: what nobody knows to have been sent, newest first.
            models.Index(
                fields=["organisation", "-settled_at", "-id"],
                condition=Q(status="uncertain"),
                name="outreach_message_uncertain",
            ),
            # The Inbox, Needs answer: whether the person was answered since.
            models.Index(
                fields=["candidate", "sent_at"],
                condition=Q(origin="reply", sent_at__isnull=False),
                name="outreach_message_answers",
            ),
            # The outreach report: everything it counts of what mail servers took, so that it reads no row.
            models.Index(
                fields=["organisation", "sent_at"],
                include=["created_by", "candidate", "status", "origin"],
                condition=Q(sent_at__isnull=False, origin__in=["campaign", "single"]),
                name="outreach_message_report",
            ),
            # The outreach report: what mail servers refused, or was given up.
            models.Index(
                fields=["organisation", "settled_at"],
                condition=Q(status__in=["refused", "failed"]),
                name="outreach_message_given_up",
            ),
            # Mailbox health: receivers that refuse a mailbox, within 24 hours.
            models.Index(
                fields=["mailbox", "settled_at"],
                condition=Q(failure_class="policy"),
                name="outreach_message_policy",
            ),
            # The fuse: addresses of a mailbox's mail that do not exist, within some days.
            models.Index(
                fields=["mailbox", "settled_at"],
                condition=Q(failure_class="hard"),
                name="outreach_message_hard",
            ),
            # Inbound mail that names the id a provider gave; ask with `.exclude(provider_message_ids=[])`.
            GinIndex(
                fields=["provider_message_ids"],
                condition=~Q(provider_message_ids=[]),
                name="outreach_message_provider_ids",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} ({self.status})"


#: What people read for a try's outcome.
TRY_WORDS = {
    "accepted": "Accepted",
    "refused": "Refused",
    "later": "Try again later",
    "line_lost": "Line lost",
    "mailbox_stopped": "Mailbox stopped",
    "given_up": "Given up",
    "unwritable": "Could not be written",
    "stopped": "Stopped",
    "worker_lost": "Worker lost",
    "seen_in_sent": "Found in Sent",
    "replied": "Answered",
    "bounced": "Came back",
    "person_says_sent": "Noted as sent",
    "person_says_again": "Queued again by hand",
    "sent_now": "Send now",
    "not_before": "Don't send before",
    "edited": "Edited by hand",
    "cancelled": "Cancelled by hand",
}


class SendTry(BusyTenantModel):
    """One attempt to hand a message to its server, and the server's words: the explanation people see."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="send_tries")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    code = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=500, blank=True)

    class Meta(BusyTenantModel.Meta):
        ordering = ("id",)
        constraints = [*BusyTenantModel.Meta.constraints, SameOrganisation("message")]

    @property
    def word(self) -> str:
        """What people read for the outcome."""
        return TRY_WORDS.get(self.outcome, self.outcome)

    def __str__(self) -> str:
        return f"{self.outcome} {self.code}"
