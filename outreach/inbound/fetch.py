"""Reading a mailbox over IMAP: every folder, from its checkpoint on, the checkpoint moved last.

A pass that reads all folders without an error moves ``read_completely_at`` to its beginning: only then may a
follow-up leave (docs/architecture.md, "Sending" 9). A mail is read before the checkpoint passes it, so a
crash reads it again, and reading it again finds its row.
"""

from __future__ import annotations

import imaplib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import imap_tools
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from foundation import secrets
from outreach import mailbox_health, slots
from outreach.inbound import fetched, ingest
from outreach.models import Mailbox, MailboxFolder
from outreach.states import MAY_READ
from outreach.transports import imap
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "mailboxes of every organisation are read by the same workers"
LEASE = timedelta(seconds=90)
#: The lease is renewed when this much of it is gone, between two questions to the server.
_RENEW_AFTER = 20.0
#: Asked for at once, at most so many mails and so many bytes; the checkpoint is moved after each batch.
BATCH = 50
_BATCH_BYTES = 8_000_000
#: Seconds to rest after passes that failed one after the other; the last one repeats.
_RESTS = (5, 30, 120, 300)
#: When the server holds all the slots it may.
_SERVER_BUSY = timedelta(seconds=2)
#: A draft was sent to nobody. All other folders are read: an answer may be filtered, archived or deleted at once.
_SKIPPED_FLAGS = frozenset({"\\noselect", "\\nonexistent", "\\drafts"})
_SKIPPED_NAMES = frozenset({"drafts", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "outbox"})
_LONGEST_NAME = 255
T = TypeVar("T")


@dataclass(frozen=True)
class Pass:
    """What one pass over a mailbox did."""

    mails: int = 0
    complete: bool = False


def due(*, now: datetime, limit: int = 200) -> list[int]:
    """Mailboxes whose next reading has come, longest waiting first."""
    return list(
        _readable()
        .filter(next_read_at__lte=now)
        .filter(Q(read_lease_until__isnull=True) | Q(read_lease_until__lt=Now()))
        .order_by("next_read_at")
        .values_list("pk", flat=True)[:limit]
    )


def read_mailbox(mailbox_id: int, *, now: datetime) -> Pass:
    """One pass under a lease; another worker's lease or a mailbox that may not be read answers an empty pass.

    Errors of the mailbox or its server become its state and a later ``next_read_at``; nothing is raised for them.
    """
    token = uuid.uuid4().hex
    if not _take_lease(mailbox_id, token):
        return Pass()
    mailbox = Mailbox.objects.across_organisations(_EVERYONE).select_related("owner").get(pk=mailbox_id)
    server = f"{mailbox.imap_host.lower()}:{mailbox.imap_port}"
    if not slots.process.enter(server):
        _give_back(mailbox_id, token, next_read_at=now + _SERVER_BUSY)
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
    except Exception:
        # Ours to mend: seen as a failed task, and the mailbox is not asked again at once.
        _failed(mailbox, token, MailboxTrouble("error", "Reading stopped."), now)
        raise
    finally:
        slots.process.leave(server)
    return Pass()


def _pass(mailbox: Mailbox, server: str, token: str, now: datetime) -> Pass:
    """Read every folder that can hold mail to us or from us, Sent first: it knows what an own copy is."""
    with _opened(mailbox, server) as line:
        sent = line.ask(imap.sent_folder)
        stored = MailboxFolder.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
        known = {folder.name: folder for folder in stored}
        lease = _Lease(mailbox.pk, token)
        mails = 0
        listed = [info for info in line.ask(imap.folders) if not _skipped(info)]
        for info in sorted(listed, key=lambda info: info.name != sent):
            folder = known.get(info.name) or MailboxFolder(
                organisation_id=mailbox.organisation_id, mailbox=mailbox, name=info.name
            )
            mails += _Folder(mailbox, line, folder, lease, now, is_sent=info.name == sent).read()
    _give_back(
        mailbox.pk,
        token,
        read_completely_at=now,
        next_read_at=now + settings.INBOX_POLL_INTERVAL,
        read_failures=0,
    )
    return Pass(mails=mails, complete=True)


@dataclass(frozen=True)
class _Line:
    """An open mailbox; every question is counted while it waits for its answer."""

    box: imap_tools.BaseMailBox
    server: str

    def ask(self, question: Callable[[imap_tools.BaseMailBox], T]) -> T:
        with slots.waiting(self.server):
            return question(self.box)


@contextmanager
def _opened(mailbox: Mailbox, server: str) -> Iterator[_Line]:
    try:
        secret = secrets.unseal(
            mailbox.secret, table="outreach_mailbox", row=mailbox.pk, organisation=mailbox.organisation_id
        )
    except secrets.SecretUnreadable as problem:
        raise MailboxTrouble("auth", str(problem)) from problem
    with slots.waiting(server):
        box = imap.open_mailbox(
            mailbox.imap_host,
            mailbox.imap_port,
            security=mailbox.imap_security,
            username=mailbox.imap_username,
            password=secret["imap_password"],
            timeout=settings.IMAP_TIMEOUT.total_seconds(),
        )
    try:
        yield _Line(box, server)
        with suppress(imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError):
            # All was read; whether the server likes our goodbye changes nothing.
            box.logout()
    finally:
        with suppress(OSError):
            # Closed already by the goodbye: that is what was wanted.
            box.client.shutdown()


@dataclass
class _Lease:
    """The right to read this mailbox; raises when another worker has it."""

    mailbox_id: int
    token: str
    renewed: float = field(default_factory=time.monotonic)

    def renew(self) -> None:
        if time.monotonic() - self.renewed < _RENEW_AFTER:
            return
        if not _mine(self.mailbox_id, self.token).update(read_lease_until=Now() + LEASE):
            raise MailboxTrouble("lease", "Another worker reads this mailbox.")
        self.renewed = time.monotonic()


def _skipped(info: imap_tools.FolderInfo) -> bool:
    if {flag.lower() for flag in info.flags} & _SKIPPED_FLAGS:
        return True
    if len(info.name) > _LONGEST_NAME:
        log.warning("inbound.folder_name_too_long", length=len(info.name))
        return True
    last = info.name.rpartition(info.delim)[2] if info.delim else info.name
    return last.casefold() in _SKIPPED_NAMES


@dataclass
class _Folder:
    """One folder of one pass."""

    mailbox: Mailbox
    line: _Line
    folder: MailboxFolder
    lease: _Lease
    now: datetime
    is_sent: bool

    def read(self) -> int:
        """Ingest what lies beyond the checkpoint; how many mails that were."""
        try:
            status = self.line.ask(
                lambda box: box.folder.status(self.folder.name, ["UIDVALIDITY", "UIDNEXT"])
            )
            valid, following = status["UIDVALIDITY"], status["UIDNEXT"]
            renumbered = self.folder.uidvalidity != valid
            if not renumbered and following <= self.folder.last_uid + 1:
                self._store(valid, self.folder.last_uid)
                return 0
            self.line.ask(lambda box: box.folder.set(self.folder.name, readonly=True))
        except (imap_tools.MailboxFolderStatusError, imap_tools.MailboxFolderSelectError):
            if self.folder.read_at is None and self.folder.name.upper() != "INBOX":
                # Never readable for us: somebody's shared folder that is only listed here.
                log.info("inbound.folder_refused", mailbox_id=self.mailbox.pk)
                return 0
            raise
        floor = 0 if renumbered else self.folder.last_uid
        uids = self._beyond(floor)
        for batch in self._batches(uids):
            self.lease.renew()
            self._ingest(batch, valid)
            self._store(valid, batch[-1])
        self._store(valid, max(floor, following - 1, *uids[-1:]))
        return len(uids)

    def _beyond(self, floor: int) -> list[int]:
        """UIDs to read, in order.

        A mailbox is read from the day it was linked: what is older is its owner's own. A folder that is new,
        or whose UIDs were renumbered, is read from that day on again; known mails find their rows.
        """
        criteria = f"UID {floor + 1}:*"
        if not floor:
            criteria = f"SINCE {(self.mailbox.created_at - timedelta(days=1)).strftime('%d-%b-%Y')}"
        found = self.line.ask(lambda box: box.uids(criteria))
        # ``n:*`` answers with the last mail even when it lies before n (RFC 3501 §6.4.8).
        return sorted(uid for each in found if (uid := int(each)) > floor)

    def _batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
        """In order, each small enough to be held in memory."""
        for start in range(0, len(uids), BATCH):
            chunk = list(uids[start : start + BATCH])
            known = fetched.sizes(self._fetch(chunk, "(UID RFC822.SIZE)"))
            batch: list[int] = []
            size = 0
            for uid in chunk:
                weight = min(known.get(uid, 0), fetched.LARGEST_TEXT)
                if batch and size + weight > _BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
                batch.append(uid)
                size += weight
            yield batch

    def _ingest(self, uids: Sequence[int], valid: int) -> None:
        missing = set(uids)
        for mail in fetched.mails(self._fetch(uids, fetched.QUESTION)):
            if mail.uid not in missing:
                continue
            place = ingest.Place(self.folder.name, valid, mail.uid, is_sent=self.is_sent)
            ingest.ingest(
                mailbox=self.mailbox,
                raw=mail.raw,
                place=place,
                received_at=mail.received_at or self.now,
                now=self.now,
            )
            missing.discard(mail.uid)
        if missing:
            listed = ",".join(map(str, sorted(missing)))
            if self.line.ask(lambda box: box.uids(f"UID {listed}")):
                # Still there and not given to us: the checkpoint must not pass them.
                raise MailboxTrouble("cut", "The mail server did not give every mail it was asked for.")

    def _fetch(self, uids: Sequence[int], question: str) -> list[fetched.Part]:
        listed = ",".join(map(str, uids))
        answer: tuple[str, list[Any]] = self.line.ask(lambda box: box.client.uid("FETCH", listed, question))
        if answer[0] != "OK":
            raise MailboxTrouble("refused", "The mail server refused to give the mails.")
        return answer[1]

    def _store(self, valid: int, last_uid: int) -> None:
        """Move the checkpoint; nothing is written for a folder that is as it was."""
        folder = self.folder
        if (folder.uidvalidity, folder.last_uid, folder.is_sent) == (
            valid,
            last_uid,
            self.is_sent,
        ) and folder.pk:
            return
        folder.uidvalidity, folder.last_uid, folder.is_sent = valid, last_uid, self.is_sent
        folder.read_at = self.now
        folder.save()


def _readable() -> QuerySet[Mailbox]:
    return Mailbox.objects.across_organisations(_EVERYONE).filter(status__in=MAY_READ)


def _take_lease(mailbox_id: int, token: str) -> bool:
    free = (
        _readable()
        .filter(pk=mailbox_id)
        .filter(Q(read_lease_until__isnull=True) | Q(read_lease_until__lt=Now()))
    )
    return bool(free.update(read_leased_by=token, read_lease_until=Now() + LEASE))


def _mine(mailbox_id: int, token: str) -> QuerySet[Mailbox]:
    return Mailbox.objects.across_organisations(_EVERYONE).filter(pk=mailbox_id, read_leased_by=token)


def _give_back(mailbox_id: int, token: str, **values: Any) -> None:
    """End the lease and store ``values``; nothing if the lease was lost meanwhile."""
    _mine(mailbox_id, token).update(read_leased_by="", read_lease_until=None, **values)


def _failed(mailbox: Mailbox, token: str, trouble: MailboxTrouble, now: datetime) -> None:
    """Rest and try again, or ask the owner: a refused login cures itself by nothing."""
    log.warning("inbound.pass_failed", mailbox_id=mailbox.pk, kind=trouble.kind)
    rest = timedelta(seconds=_RESTS[min(mailbox.read_failures, len(_RESTS) - 1)])
    _give_back(mailbox.pk, token, read_failures=F("read_failures") + 1, next_read_at=now + rest)
    if trouble.kind in {"auth", "private"}:
        mailbox_health.needs_reconnect(mailbox, code=trouble.kind, words=str(trouble))
