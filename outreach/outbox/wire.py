"""A stored message as the bytes that are sent, and made again for the copy in Sent: the same row, the same bytes."""

from __future__ import annotations

from foundation.problems import Invalid
from outreach import mime, rich_text, unsubscribe
from outreach.models import Mailbox, Message, MessageOrigin
from outreach.signatures import as_sent

#: ``step_ref`` of the test mail of ``outreach.deliverability``.
READ_BACK = "deliverability"


def content(message: Message, mailbox: Mailbox) -> bytes:
    """The whole mail with CRLF line ends. Raises ``foundation.problems.Invalid`` if it cannot be made.

    The Date is that of the claim, which the row keeps. Every campaign message offers both ways out.
    """
    assert message.claimed_at is not None
    # A test that is read back is judged by what receivers of a campaign get.
    campaign = message.origin == MessageOrigin.CAMPAIGN or message.step_ref == READ_BACK
    text, markup = as_sent(message.body_text, message.body_html, signature_under(message, mailbox))
    carried = _files(message, markup) if message.has_files else []
    return mime.to_wire(
        mime.build_mime(
            message_id=message.our_message_id,
            sender=mime.Person(mailbox.address, mailbox.display_name),
            to=mime.Person(message.to_address, message.to_name),
            subject=message.subject,
            text=text,
            html=rich_text.with_sources(markup, {pk: f"cid:{file.cid}" for pk, file in carried if file.cid}),
            date=message.claimed_at.replace(microsecond=0),
            ref=unsubscribe.reference_of(message.token),
            step=message.step_ref,
            reply_to=mime.Person(mailbox.reply_to, mailbox.display_name) if mailbox.reply_to else None,
            in_reply_to=message.in_reply_to,
            references=message.references.split(),
            unsubscribe_url=unsubscribe.link_for(message.token) if campaign else "",
            unsubscribe_mailto=unsubscribe.mailto_for(message.token, mailbox.address) if campaign else "",
            files=[file for _, file in carried],
        )
    )


def signature_under(message: Message, mailbox: Mailbox) -> str:
    """The mailbox's signature, if the message carries it: the test mail that is read back does not."""
    return "" if message.step_ref == READ_BACK else mailbox.signature


def _files(message: Message, markup: str) -> list[tuple[int, mime.File]]:
    """The message's files with their ids; those that the HTML shows get a Content-ID.

    Raises ``Invalid`` when one is lost.
    """
    shown, domain = set(rich_text.files_in(markup)), message.our_message_id.rpartition("@")[2]
    carried = []
    for row in message.files.select_related("file"):
        file = row.file
        try:
            with file.file.storage.open(str(file.file.name)) as stored:
                content = stored.read()
        except FileNotFoundError as error:
            raise Invalid("A file of this message is not there any more.") from error
        cid = f"file{file.pk}.{message.token}@{domain}" if file.pk in shown else ""
        carried.append((file.pk, mime.File(file.name, file.content_type, content, cid)))
    return carried
