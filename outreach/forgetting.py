"""What becomes of mail when its person is erased, and what of it answers a data request.

Rows of messages stay, blanked: the mailbox's rolling count, the campaign's day and the recognition of a late bounce
hang on them. What was written, to whom, and what came back goes.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from outreach import files
from outreach.models import InboundMessage, Mailbox, Message, MessageOrigin, Open, SendTry
from outreach.outbox import queue
from outreach.selectors import PRIVATE_ADDRESS
from outreach.states import STOPPABLE, MessageStatus, Reason
from sourcing.copies import naming
from sourcing.erasing import InHand
from sourcing.models import Candidate
from sourcing.person_data import row_of
from sourcing.trails import Trail

_BLANK_MESSAGE: dict[str, Any] = {
    "candidate": None,
    "to_address": "",
    "to_name": "",
    "to_normalised": "",
    "subject": "",
    "body_text": "",
    "body_html": "",
    "has_files": False,
    "in_reply_to": "",
    "references": "",
    "reason_text": "",
    "provider_message_ids": [],
    # A copy for the Sent folder would be made from what is gone.
    "copy_due_at": None,
}
_BLANK_INBOUND: dict[str, Any] = {
    "candidate": None,
    # As a mail that matched nobody: date, hash and verdict stay, so that it is not read a second time.
    "certainty": "",
    "explanation": "",
    "from_address": "",
    "from_name": "",
    "subject": "",
    "body_text": "",
    "rfc_message_id": "",
    "references": "",
    "quoted_text": "",
    "interest": "",
    "interest_phrase": "",
    "corrected_interest": "",
}
_TOLD_OF_MESSAGE = ("subject", "body_text", "planned_at", "sent_at", "status", "origin")
_TOLD_OF_OPEN = ("opener", "times", "first_at", "last_at")
_TOLD_OF_INBOUND = (
    "received_at",
    "verdict",
    "from_address",
    "from_name",
    "subject",
    "body_text",
    "quoted_text",
    "interest",
)


def erase(trail: Trail) -> dict[str, int]:
    """Cancel what waits, blank what was written and read. Raises ``InHand`` while a message is being handed over."""
    messages = _messages(trail)
    # Locked before it is asked, so that no worker begins one meanwhile.
    states = list(messages.select_for_update(no_key=True).order_by("pk").values_list("pk", "status"))
    if any(status == MessageStatus.SENDING for _, status in states):
        raise InHand
    waiting = [pk for pk, status in states if status in STOPPABLE]
    queue.cancel(message_ids=waiting, reason=Reason.ERASED, now=timezone.now())
    ids = [pk for pk, _ in states]
    inbound = InboundMessage.objects.for_organisation(trail.organisation_id).filter(
        Q(candidate_id=trail.candidate_id) | Q(message_id__in=ids)
    )
    tries = SendTry.objects.for_organisation(trail.organisation_id).filter(message_id__in=ids)
    opens = Open.objects.for_organisation(trail.organisation_id).filter(message_id__in=ids)
    return {
        **files.forget_of_messages(ids, organisation_id=trail.organisation_id),
        "outreach.Open": opens.delete()[0],
        "outreach.InboundMessage": inbound.update(**_BLANK_INBOUND),
        "outreach.SendTry": tries.exclude(text="").update(text=""),
        "outreach.Message": Message.objects.for_organisation(trail.organisation_id)
        .filter(pk__in=ids)
        .update(**_BLANK_MESSAGE),
    }


def scrub(trail: Trail) -> dict[str, int]:
    """Mail that names the person's address although it hangs on nobody, such as a test or a mail matched by hand."""
    loose = InboundMessage.objects.for_organisation(trail.organisation_id).filter(candidate__isnull=True)
    read = loose.exclude(certainty="", from_address="")
    found = [
        row.pk
        for row in naming(read, trail, "from_address", "references", "rfc_message_id")
        if trail.is_in([row.from_address, row.references, row.rfc_message_id])
    ]
    return {
        "outreach.InboundMessage": loose.filter(pk__in=found).update(**_BLANK_INBOUND),
        "outreach.Message": _scrub_tests(trail),
    }


def _scrub_tests(trail: Trail) -> int:
    """*Send me a test* went to a member with the person's words in it."""
    tests = Message.objects.for_organisation(trail.organisation_id).filter(
        origin=MessageOrigin.TEST, candidate__isnull=True
    )
    found = [
        row.pk
        for row in naming(tests.exclude(body_text=""), trail, "subject", "body_text")
        if trail.is_in([row.subject, row.body_text])
    ]
    return tests.filter(pk__in=found).update(subject="", body_text="", body_html="", copy_due_at=None)


def collect(candidate: Candidate, viewer: User) -> dict[str, list[dict[str, Any]]]:
    """Every message to and from the person; an address that is another user's own stays hidden."""
    messages = Message.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    inbound = InboundMessage.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    opens = Open.objects.for_organisation(candidate.organisation_id).filter(message__candidate=candidate)
    return {
        "Opens of these messages": [row_of(row, only=_TOLD_OF_OPEN) for row in opens.order_by("first_at")],
        "Messages to the person": [_told(row, viewer) for row in messages.order_by("pk")],
        "Messages from the person": [
            row_of(row, only=_TOLD_OF_INBOUND) for row in inbound.order_by("received_at")
        ],
    }


def elsewhere(candidate: Candidate) -> list[str]:
    """Mail that lies in the mailboxes it was sent from and read in."""
    rows = Message.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    addresses = set(rows.order_by().values_list("mailbox__address", flat=True).distinct())
    return [f"Mail to and from the person in the mailbox {address}." for address in sorted(addresses)]


def _messages(trail: Trail) -> QuerySet[Message]:
    """Messages of the person, and those without one that went to their address (tests, mails written by hand)."""
    rows = Message.objects.for_organisation(trail.organisation_id)
    mailboxes = Mailbox.objects.for_organisation(trail.organisation_id).values_list("pk", flat=True)
    loose = rows.filter(mailbox_id__in=list(mailboxes), to_normalised__in=trail.keys, candidate__isnull=True)
    return rows.filter(
        pk__in=[
            *rows.filter(candidate_id=trail.candidate_id).values_list("pk", flat=True),
            *loose.values_list("pk", flat=True),
        ]
    )


def _told(row: Message, viewer: User) -> dict[str, Any]:
    hidden = row.private_to_id is not None and row.private_to_id != viewer.pk
    return {"to": PRIVATE_ADDRESS if hidden else row.to_address} | row_of(row, only=_TOLD_OF_MESSAGE)
