"""Mails as they come into a mailbox, written by hand: nothing of the product makes them."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from outreach import unsubscribe
from outreach.inbound.ingest import Place, ingest
from outreach.models import InboundMessage, Mailbox, Message
from outreach.outbox import wire
from outreach.states import MessageStatus
from tests.outreach import making
from tests.outreach.making import NOW, fresh

_numbers = itertools.count(1)
#: An answer comes this long after the message.
LATER = NOW + timedelta(hours=2)


def sent(
    box: Mailbox, address: str = "eva@home.example", status: str = MessageStatus.SENT, **values: Any
) -> Message:
    """A campaign message to ``address`` that was handed over at NOW."""
    (message,) = making.write(box, address, origin="campaign", **values)
    rows = Message.objects.for_organisation(box.organisation_id).filter(pk=message.pk)
    rows.update(
        status=status,
        claimed_at=NOW,
        sending_at=NOW,
        sent_at=NOW if status in {"sent", "bounced"} else None,
        settled_at=NOW,
    )
    return fresh(message)


def ours(message: Message) -> bytes:
    """The bytes that were sent."""
    return wire.content(message, message.mailbox)


def mail(
    box: Mailbox,
    *,
    sender: str = "Eva Lund <eva@home.example>",
    subject: str = "Re: Hello",
    text: str = "Yes, call me.",
    message_id: str = "",
    to: str = "",
    **fields: str,
) -> bytes:
    """Somebody's mail; header fields by keyword, ``in_reply_to="<…>"``."""
    lines = [
        f"From: {sender}",
        f"To: {to or box.address}",
        f"Subject: {subject}",
        f"Date: {LATER:%a, %d %b %Y %H:%M:%S} +0000",
        f"Message-ID: <{message_id or f'mail{next(_numbers)}@home.example'}>",
        *(f"{name.replace('_', '-').title()}: {value}" for name, value in fields.items()),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()


def report(
    message: Message,
    *,
    recipient: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 User unknown",
    returned: str | None = None,
) -> bytes:
    """A delivery report (RFC 3464) about one of our messages; ``returned`` replaces the header fields it returns."""
    head = ours(message).partition(b"\r\n\r\n")[0].decode() if returned is None else returned
    recipient = message.to_address if recipient == "" else recipient
    return (
        "\r\n".join(
            [
                "Return-Path: <>",
                "From: Mail Delivery System <MAILER-DAEMON@mx.corp.example>",
                f"To: {message.mailbox.address}",
                "Subject: Undelivered Mail Returned to Sender",
                f"Date: {LATER:%a, %d %b %Y %H:%M:%S} +0000",
                f"Message-ID: <dsn{next(_numbers)}@mx.corp.example>",
                "MIME-Version: 1.0",
                'Content-Type: multipart/report; report-type=delivery-status; boundary="XX"',
                "",
                "--XX",
                "Content-Type: text/plain",
                "",
                "Your message could not be delivered.",
                "--XX",
                "Content-Type: message/delivery-status",
                "",
                "Reporting-MTA: dns; mx.corp.example",
                "",
                f"Final-Recipient: rfc822; {recipient}",
                f"Action: {action}",
                f"Status: {status}",
                f"Diagnostic-Code: smtp; {words}",
                "",
                "--XX",
                "Content-Type: text/rfc822-headers",
                "",
                head,
                "",
                "--XX--",
                "",
            ]
        )
    ).encode()


def link(message: Message) -> str:
    """The unsubscribe link in the text of a message."""
    return unsubscribe.link_for(message.token)


def read(
    box: Mailbox,
    raw: bytes,
    *,
    folder: str = "INBOX",
    uid: int | None = None,
    in_sent: bool = False,
    at: datetime = LATER,
) -> InboundMessage:
    """Ingest as the reader does."""
    place = Place(folder, 1, uid or next(_numbers), is_sent=in_sent)
    return ingest(mailbox=box, raw=raw, place=place, received_at=at, now=LATER)
