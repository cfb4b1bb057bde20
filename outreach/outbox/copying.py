"""Our copy in the mailbox's Sent folder: after ``settle``, on its own, and never twice.

Many providers put what they accepted into Sent themselves; so Sent is searched for our Message-ID first. The
bytes are made again from the row and are the bytes that were sent. A crash between APPEND and our note of it
is healed by the same search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import imap_tools
import structlog
from django.db import transaction
from django.db.models import QuerySet

from foundation import egress
from outreach.models import Mailbox, MailboxFolder, Message
from outreach.outbox import wire
from outreach.states import MAY_READ
from outreach.transports import imap
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "workers serve everyone"
#: A copy that could not be made is tried again after these; then it is given up, the mail itself was sent.
_WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21600))
#: A worker that takes copies has this long before others may take them.
_LEASE = timedelta(minutes=2)
_BATCH = 100


def copy_due(*, now: datetime, limit: int = _BATCH) -> int:
    """Copy what was sent and is not in Sent yet, one line per mailbox; returns how many are known to be there."""
    by_mailbox: defaultdict[int, list[Message]] = defaultdict(list)
    for message in _taken(now, limit):
        by_mailbox[message.mailbox_id].append(message)
    done = 0
    for messages in by_mailbox.values():
        mailbox = messages[0].mailbox
        try:
            done += _copy(mailbox, messages)
        except (MailboxTrouble, egress.Unreachable, imap_tools.ImapToolsError, OSError) as error:
            log.warning("outbox.copy_failed", mailbox_id=mailbox.pk, error=type(error).__name__)
    return done


@transaction.atomic
def _taken(now: datetime, limit: int) -> list[Message]:
    """Due copies, moved to their next try before the first one is made: that is the claim."""
    due = (
        Message.objects.across_organisations(_EVERYONE)
        .filter(copy_due_at__lte=now, copied_at=None, mailbox__status__in=MAY_READ)
        .order_by("copy_due_at")
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("mailbox")
    )
    messages = list(due[:limit])
    for message in messages:
        given_up = message.copy_tries >= len(_WAITS)
        wait = max(
            _WAITS[min(message.copy_tries, len(_WAITS) - 1)], _LEASE if message.copy_tries else _WAITS[0]
        )
        _rows(message).update(copy_due_at=None if given_up else now + wait, copy_tries=message.copy_tries + 1)
    return messages


def _copy(mailbox: Mailbox, messages: Sequence[Message]) -> int:
    with imap.open_for(mailbox) as box:
        folder = _sent_folder(mailbox, box)
        box.folder.set(folder)
        for message in messages:
            if not _is_there(box, message):
                content = wire.content(message, mailbox)
                box.append(content, folder, dt=message.sent_at, flag_set=[imap_tools.MailMessageFlags.SEEN])
            _rows(message).update(copied_at=message.sent_at, copy_due_at=None)
    return len(messages)


def _is_there(box: imap_tools.BaseMailBox, message: Message) -> bool:
    return bool(box.uids(imap_tools.AND(header=imap_tools.H("Message-ID", message.our_message_id))))


def _sent_folder(mailbox: Mailbox, box: imap_tools.BaseMailBox) -> str:
    """The folder known from linking; found again, or made, if the server has none of that name."""
    known = MailboxFolder.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox, is_sent=True
    )
    name = known.values_list("name", flat=True).first()
    if name and box.folder.exists(name):
        return name
    found = imap.sent_folder(box) or imap.make_sent_folder(box)
    MailboxFolder.objects.for_organisation(mailbox.organisation_id).update_or_create(
        mailbox=mailbox, name=found, defaults={"organisation_id": mailbox.organisation_id, "is_sent": True}
    )
    return found


def _rows(message: Message) -> QuerySet[Message]:
    return Message.objects.across_organisations(_EVERYONE).filter(pk=message.pk)
