"""Mail read from a mailbox: exactly one row per mail, whatever becomes of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.tenancy import SameOrganisation, TenantModel
from outreach.models.mailbox import Mailbox
from outreach.models.message import Message
from outreach.states import Interest, Verdict
from sourcing.models import Candidate

#: ``corrected_interest`` of a mail whose reading somebody took away.
NO_INTEREST = "none"


class InboundMessage(TenantModel):
    """One mail, once per mailbox, recognised by the hash of its bytes without trace headers.

    A mail that matches nobody keeps only its date, Message-ID hash and verdict: a lender's private mail is not
    stored (docs/behaviour.md §5).
    """

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="inbound")
    raw_hash = models.CharField(max_length=64)
    message_id_hash = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField()
    verdict = models.CharField(max_length=16, choices=Verdict)
    #: How much the match proves (``inbound.match.Certainty``); empty for a mail that was not matched.
    certainty = models.CharField(max_length=10, blank=True)
    #: Why this verdict and this match, for people.
    explanation = models.CharField(max_length=500, blank=True)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="inbound")
    candidate = models.ForeignKey(Candidate, on_delete=models.SET_NULL, null=True, related_name="+")
    from_address = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    body_text = models.TextField(blank=True)
    #: What the mail quotes below (or around) what was written now; shown folded.
    quoted_text = models.TextField(blank=True)
    #: The mail's own Message-ID, without angle brackets.
    rfc_message_id = models.CharField(max_length=998, blank=True)
    references = models.TextField(blank=True)
    failure_class = models.CharField(max_length=10, blank=True)
    status_code = models.CharField(max_length=20, blank=True)
    returns_at = models.DateTimeField(null=True, blank=True)

    #: What the words say about the person's interest (``inbound.interest``): empty when in doubt; the phrase that
    #: decided, and how sure it is in percent.
    interest = models.CharField(max_length=16, choices=Interest, blank=True, default="")
    interest_phrase = models.CharField(max_length=200, blank=True)
    interest_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: What a person said it is instead; "none" when they took the reading away. Kept beside what was read.
    corrected_interest = models.CharField(max_length=16, blank=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    corrected_at = models.DateTimeField(null=True, blank=True)
    #: Nobody has to answer it any more: answered from here, or set aside by a person.
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("mailbox"),
            SameOrganisation("message"),
            SameOrganisation("candidate"),
            SameOrganisation("corrected_by"),
            SameOrganisation("done_by"),
            models.UniqueConstraint(fields=["mailbox", "raw_hash"], name="outreach_inbound_once"),
        ]
        indexes = [
            # The inbox page: newest first. Private mail, which is most of a mailbox, is not in it.
            models.Index(
                fields=["organisation", "-received_at", "-id"],
                condition=~Q(certainty=""),
                name="outreach_inbound_recent",
            ),
            # The inbox, Needs answer: most answers are dealt with.
            models.Index(
                fields=["organisation", "-received_at", "-id"],
                condition=Q(verdict="reply", done_at__isnull=True) & ~Q(certainty=""),
                name="outreach_inbound_unanswered",
            ),
            # The inbox: the newest mail of each conversation.
            models.Index(
                fields=["mailbox", "candidate", "-received_at", "-id"],
                condition=~Q(certainty=""),
                name="outreach_inbound_thread",
            ),
            # What a member has not read: answers nobody has dealt with, newest first.
            models.Index(
                fields=["organisation", "-received_at", "-id"],
                condition=Q(verdict="reply", done_at__isnull=True) & ~Q(certainty=""),
                name="outreach_inbound_open",
            ),
            # The fuse: complaints of some days.
            models.Index(
                fields=["organisation", "read_at"],
                condition=Q(verdict="complaint"),
                name="outreach_inbound_complaints",
            ),
            # A person's conversation.
            models.Index(fields=["candidate", "-received_at"], name="outreach_inbound_person"),
        ]

    @property
    def meaning(self) -> str:
        """The interest that counts: what a person said, else what was read; empty if neither."""
        said = self.corrected_interest or self.interest
        return "" if said == NO_INTEREST else said

    def __str__(self) -> str:
        return f"inbound {self.pk} ({self.verdict})"


class InboundLocation(TenantModel):
    """Where a mail lies: the same mail may be in several folders, and move."""

    inbound = models.ForeignKey(InboundMessage, on_delete=models.CASCADE, related_name="locations")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    folder = models.CharField(max_length=255)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("inbound"),
            SameOrganisation("mailbox"),
            models.UniqueConstraint(
                fields=["mailbox", "folder", "uidvalidity", "uid"], name="outreach_location_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.folder}/{self.uid}"
