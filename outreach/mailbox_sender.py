"""What receivers see of a mailbox besides its address: the name, the signature, and where answers go."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from foundation.problems import Invalid
from outreach import mailboxes
from outreach.models import Mailbox
from outreach.signatures import LONGEST
from sourcing.normalising import InvalidAddress, normalise_email


@transaction.atomic
def change(*, actor: User, mailbox_id: int, **values: str) -> Mailbox:
    """Store ``display_name``, ``signature`` and ``reply_to``, as many as are given; each message that leaves from now
    on has them. The mailbox's own address as ``reply_to`` is none.

    Raises as ``mailboxes.editable``, and Invalid with ``fields``.
    """
    mailbox = mailboxes.editable(actor, mailbox_id)
    if "display_name" in values:
        mailbox.display_name = " ".join(values["display_name"].replace("\0", "").split())[:200]
    if "signature" in values:
        mailbox.signature = _signature(values["signature"])
    if "reply_to" in values:
        mailbox.reply_to = _reply_to(values["reply_to"], mailbox)
    mailbox.save(update_fields=list(values))
    return mailbox


def _signature(typed: str) -> str:
    text = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if len(text) > LONGEST:
        raise Invalid(fields={"signature": f"At most {LONGEST:,} characters."})
    return text


def _reply_to(typed: str, mailbox: Mailbox) -> str:
    alias = typed.strip().lower()
    if alias:
        try:
            normalise_email(alias)
        except InvalidAddress as problem:
            raise Invalid(fields={"reply_to": str(problem)}) from problem
    return "" if alias == mailbox.address else alias
