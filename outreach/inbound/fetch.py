"""Reading a mailbox over IMAP: every folder, from its checkpoint on, the checkpoint moved last.

A pass that reads all folders without an error moves ``read_completely_at`` to its beginning: only then may a
follow-up leave (docs/architecture.md, "Sending" 9). A mail is read before the checkpoint passes it, so a
crash reads it again, and reading it again finds its row.
"""

from __future__ import annotations

import imaplib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import imap_tools
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F

from outreach import mailbox_health, slots
from outreach.inbound import leases
from outreach.inbound.folder import FolderReading, Line, skipped
from outreach.models import Mailbox, MailboxFolder
from outreach.transports import imap
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "mailboxes of every organisation are read by the same workers"
#: Seconds to rest after passes that failed one after the other; the last one repeats.
_RESTS = (5, 30, 120, 300)
#: When the server holds all the slots it may.
_SERVER_BUSY = timedelta(seconds=2)


@dataclass(frozen=True)
class Pass:
    """What one pass over a mailbox did."""

    mails: int = 0
    complete: bool = False


def due(*, now: datetime, limit: int = 200) -> list[int]:
    """Mailboxes whose next reading has come, longest waiting first."""
    return list(
        leases.free()
        .filter(next_read_at__lte=now)
        .order_by("next_read_at")
        .values_list("pk", flat=True)[:limit]
    )


def read_mailbox(mailbox_id: int, *, now: datetime) -> Pass:
    """One pass under a lease; another worker's lease or a mailbox that may not be read answers an empty pass.

    Errors of the mailbox or its server become its state and a later ``next_read_at``; nothing is raised for them.
    """
    token = uuid.uuid4().hex
    if not leases.take(mailbox_id, token):
        return Pass()
    mailbox = Mailbox.objects.across_organisations(_EVERYONE).select_related("owner").get(pk=mailbox_id)
    server = mailbox.imap_server
    if not slots.process.enter(server):
        leases.give_back(mailbox_id, token, next_read_at=now + _SERVER_BUSY)
        return Pass()
    try:
        return _pass(mailbox, server, token, now)
    except MailboxTrouble as trouble:
        _failed(mailbox, token, trouble, now)
    except TimeoutError:
        _failed(mailbox, token, MailboxTrouble("timeout", "The mail server did not answer in time."), now)
    except (imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        _failed(mailbox, token, MailboxTrouble("cut", f"Reading stopped: {type(error).__name__}."), now)
    except DatabaseError:
        # The mails of this batch stay before the checkpoint and are read again; the pass is not complete.
        log.exception("inbound.not_stored", mailbox_id=mailbox.pk)
        _failed(
            mailbox, token, MailboxTrouble("database", "A mail could not be stored; it is read again."), now
        )
    except Exception:  # ours to mend: seen as a failed task, and the mailbox is not asked again at once
        _failed(mailbox, token, MailboxTrouble("error", "Reading stopped."), now)
        raise
    finally:
        slots.process.leave(server)
    return Pass()


def _pass(mailbox: Mailbox, server: str, token: str, now: datetime) -> Pass:
    """Read every folder that can hold mail to us or from us, Sent first: it knows what an own copy is."""
    with opened(mailbox, server) as line:
        sent = line.ask(imap.sent_folder)
        stored = MailboxFolder.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
        known = {folder.name: folder for folder in stored}
        lease = leases.Lease(mailbox.pk, token)
        mails = 0
        listed = [info for info in line.ask(imap.folders) if not skipped(info)]
        for info in sorted(listed, key=lambda info: info.name != sent):
            folder = known.get(info.name) or MailboxFolder(
                organisation_id=mailbox.organisation_id, mailbox=mailbox, name=info.name
            )
            mails += FolderReading(mailbox, line, folder, lease, now, is_sent=info.name == sent).read()
    mailbox_health.read_works(mailbox, now=now)
    leases.give_back(
        mailbox.pk,
        token,
        read_completely_at=now,
        next_read_at=now + settings.INBOX_POLL_INTERVAL,
        read_failures=0,
    )
    return Pass(mails=mails, complete=True)


@contextmanager
def opened(mailbox: Mailbox, server: str) -> Iterator[Line]:
    """A line to the mailbox, logged in; ``server`` is ``host:port``. Raises MailboxTrouble."""
    box = imap.open_for(mailbox)
    try:
        yield Line(box, server)
        with suppress(imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError):
            # All was read; whether the server likes our goodbye changes nothing.
            box.logout()
    finally:
        with suppress(OSError):
            # Closed already by the goodbye: that is what was wanted.
            box.client.shutdown()


def _failed(mailbox: Mailbox, token: str, trouble: MailboxTrouble, now: datetime) -> None:
    """Rest and try again, or ask the owner: a refused login cures itself by nothing."""
    log.warning("inbound.pass_failed", mailbox_id=mailbox.pk, kind=trouble.kind)
    rest = timedelta(seconds=_RESTS[min(mailbox.read_failures, len(_RESTS) - 1)])
    leases.give_back(mailbox.pk, token, read_failures=F("read_failures") + 1, next_read_at=now + rest)
    mailbox_health.read_failed(mailbox, trouble, now=now)
