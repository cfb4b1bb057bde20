"""Answering a mail of the Inbox from the mailbox it came to, through the ordinary outbox.

An answer is a message like any other (origin *reply*): it leaves by the same worker, lies in Sent, is in the person's
history, and carries In-Reply-To and References so that it stands in the thread at the receiver. Our own limits never
hold it back; the do-not-contact list does.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from foundation.problems import Conflict, Invalid, NotAllowed
from outreach import lane_access, rendering, selectors
from outreach.inbound import answering
from outreach.inbound import selectors as inbox
from outreach.models import InboundMessage, Message, MessageOrigin
from outreach.outbox import queue
from outreach.states import MAY_SEND, Turn, Verdict
from sourcing import suppression
from sourcing.models import ContactKind, ContactPoint
from sourcing.normalising import InvalidAddress, normalise_email

LONGEST_TEXT = 50_000
#: Of the mail that is answered, this much is quoted below.
LONGEST_QUOTE = 10_000
#: Printable ASCII without blanks and angle brackets; what else mails carry as ids cannot stand in a header of ours.
_ID = re.compile(r"[!-;=?A-~]{1,200}@[!-;=?A-~]{1,200}")
_MOST_REFERENCES = 30


def problem_with(row: InboundMessage, *, actor: User) -> str:
    """Why the viewer cannot answer this mail here, as a sentence; empty if they can."""
    if row.verdict not in {Verdict.REPLY, Verdict.AUTO_REPLY, Verdict.UNSUBSCRIBE} or not row.from_address:
        return "Nobody wrote this mail, so there is nobody to answer."
    if not selectors.usable_mailboxes(actor).filter(pk=row.mailbox_id).exists():
        return f"Only who may send from {row.mailbox.address} can answer here."
    if row.mailbox.status not in MAY_SEND:
        return f"{row.mailbox.address} cannot send now: see Outreach Settings."
    if inbox.mail_views(actor, [row], with_marks=False)[0].address != row.from_address:
        return "This is a colleague's private address; only they can write to it."
    return ""


@transaction.atomic
def reply(*, row: InboundMessage, body: str, actor: User, now: datetime) -> Message:
    """Queue the answer and set the conversation aside as dealt with.

    Raises NotAllowed (right, project, mailbox, private address), Invalid for an empty or endless text or an address
    that cannot be written to, Conflict for somebody on the do-not-contact list.
    """
    require(actor, Right.CAMPAIGN_START)
    lane_access.require_change(actor, row.message.lane_id if row.message else None)
    if found := problem_with(row, actor=actor):
        raise NotAllowed(found)
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n")
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise Invalid(fields={"body": f"Write an answer of at most {LONGEST_TEXT:,} characters."})
    try:
        address = normalise_email(row.from_address)
    except InvalidAddress as error:
        raise Invalid(fields={"body": "The address this mail came from cannot be written to."}) from error
    if suppression.is_suppressed(row.organisation_id, row.candidate_id, address):
        raise Conflict("This person is on the do-not-contact list.")
    thread = _thread(row)
    (message,) = queue.write(
        [
            queue.Draft(
                mailbox_id=row.mailbox_id,
                candidate_id=row.candidate_id,
                origin=MessageOrigin.REPLY,
                to_address=row.from_address,
                to_normalised=address,
                to_name=row.from_name[:300],
                private_to_id=_owner_of(row, address),
                subject=rendering.reply_subject(_subject(row))[: rendering.LONGEST_SUBJECT],
                body_text=f"{text}\n\n{_quote(row)}",
                rank=Turn.REPLY_OR_SINGLE,
                planned_at=now,
                in_reply_to=thread[-1] if thread else "",
                references=" ".join(thread),
                created_by_id=actor.pk,
            )
        ],
        organisation_id=row.organisation_id,
        now=now,
    )
    answering.set_done(row=row, done=True, actor=actor, now=now)
    return message


def _subject(row: InboundMessage) -> str:
    return row.subject or (row.message.subject if row.message else "") or "your e-mail"


def _thread(row: InboundMessage) -> list[str]:
    """References of the answer (RFC 5322 §3.6.4): those of the mail and its own id, as far as they are ids at all."""
    named = [*row.references.split(), row.rfc_message_id]
    ids = [name for name in named if _ID.fullmatch(name)]
    return list(dict.fromkeys(ids))[-_MOST_REFERENCES:]


def _quote(row: InboundMessage) -> str:
    """The mail below the answer, as mail programs write it."""
    at = row.received_at.astimezone(ZoneInfo(row.mailbox.owner.time_zone))
    lines = row.body_text[:LONGEST_QUOTE].splitlines() or [""]
    quoted = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"On {at.day} {at:%B %Y at %H:%M}, {row.from_name or row.from_address} wrote:\n{quoted}"


def _owner_of(row: InboundMessage, address: str) -> int | None:
    """Whose private address it is: an answer to it stays as private as the address."""
    points = ContactPoint.objects.for_organisation(row.organisation_id).filter(
        candidate_id=row.candidate_id or 0, kind=ContactKind.EMAIL, normalised=address
    )
    found = list(points.values_list("shared", "added_by_id"))
    if any(shared for shared, _ in found):
        return None
    return next((added_by for _, added_by in found), None)
