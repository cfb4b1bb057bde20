"""What receivers see of a mailbox besides its address: the signature, and where answers go."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from foundation.problems import Invalid
from outreach import mailboxes
from outreach.models import Mailbox
from outreach.signatures import LONGEST
from sourcing.normalising import InvalidAddress, normalise_email


@transaction.atomic
def change(*, actor: User, mailbox_id: int, signature: str, reply_to: str) -> Mailbox:
    """Store both; each message that leaves from now on has them. The mailbox's own address as ``reply_to`` is none.

    Raises as ``mailboxes.editable``, and Invalid with ``fields``.
    """
    mailbox = mailboxes.editable(actor, mailbox_id)
    text = signature.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if len(text) > LONGEST:
        raise Invalid(fields={"signature": f"At most {LONGEST:,} characters."})
    alias = reply_to.strip().lower()
    if alias:
        try:
            normalise_email(alias)
        except InvalidAddress as problem:
            raise Invalid(fields={"reply_to": str(problem)}) from problem
    mailbox.signature, mailbox.reply_to = text, "" if alias == mailbox.address else alias
    mailbox.save(update_fields=["signature", "reply_to"])
    return mailbox
