"""A stored message as the bytes that are sent, and made again for the copy in Sent: the same row, the same bytes."""

from __future__ import annotations

from outreach import mime, unsubscribe
from outreach.models import Mailbox, Message, MessageOrigin
from outreach.rendering import to_html


def content(message: Message, mailbox: Mailbox) -> bytes:
    """The whole mail with CRLF line ends. Raises ``foundation.problems.Invalid`` if it cannot be made.

    The Date is that of the claim, which the row keeps. Every campaign message offers both ways out.
    """
    assert message.claimed_at is not None
    campaign = message.origin == MessageOrigin.CAMPAIGN
    return mime.to_wire(
        mime.build_mime(
            message_id=message.our_message_id,
            sender=mime.Person(mailbox.address, mailbox.display_name),
            to=mime.Person(message.to_address, message.to_name),
            subject=message.subject,
            text=message.body_text,
            html=message.body_html or to_html(message.body_text),
            date=message.claimed_at.replace(microsecond=0),
            ref=unsubscribe.reference_of(message.token),
            step=message.step_ref,
            in_reply_to=message.in_reply_to,
            references=message.references.split(),
            unsubscribe_url=unsubscribe.link_for(message.token) if campaign else "",
            unsubscribe_mailto=unsubscribe.mailto_for(message.token, mailbox.address) if campaign else "",
        )
    )
