"""Reading a mailbox over IMAP: every folder, from its checkpoint on, the checkpoint moved last.

A pass that reads all folders without an error moves ``read_completely_at`` to its beginning: only then may a
follow-up leave (docs/architecture.md, "Sending" 9). A mail is read before the checkpoint passes it, so a
crash reads it again, and reading it again finds its row.
"""

from __future__ import annotations

import imaplib
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import imap_tools
import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from foundation import secrets
from outreach import mailbox_health, slots
from outreach.inbound import ingest
from outreach.models import Mailbox, MailboxFolder
from outreach.states import MAY_READ
from outreach.transports import imap
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "mailboxes of every organisation are read by the same workers"
LEASE = timedelta(seconds=90)
#: Mails asked for at once; the lease is renewed and the checkpoint moved after each batch.
BATCH = 50
#: Of a larger mail only the beginning is fetched: reports and answers come before attachments.
LARGEST = 2_000_000
#: Seconds to rest after passes that failed one after the other; the last one repeats.
_RESTS = (5, 30, 120, 300)
#: Folders that hold nothing anybody sent us.
_SKIPPED_FLAGS = frozenset({"\\noselect", "\\nonexistent", "\\drafts", "\\trash", "\\all"})
_SKIPPED_NAMES = frozenset(
    {"drafts", "trash", "deleted items", "deleted messages", "papierkorb", "entwürfe", "outbox"}
)
_UID = re.compile(rb"UID (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')


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
    try:
        mails = sum(_folders(mailbox, token, now))
    except MailboxTrouble as trouble:
        _failed(mailbox, token, trouble, now)
        return Pass()
    except (imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        _failed(mailbox, token, MailboxTrouble("cut", f"Reading stopped: {type(error).__name__}"), now)
        return Pass()
    _mine(mailbox_id, token).update(
        read_completely_at=now,
        next_read_at=now + settings.INBOX_POLL_INTERVAL,
        read_failures=0,
        read_leased_by="",
        read_lease_until=None,
    )
    return Pass(mails=mails, complete=True)


def _folders(mailbox: Mailbox, token: str, now: datetime) -> Iterator[int]:
    """Read every folder that can hold mail to us or from us; yields how many mails each had."""
    secret = secrets.unseal(
        mailbox.secret, table="outreach_mailbox", row=mailbox.pk, organisation=mailbox.organisation_id
    )
    server = f"{mailbox.imap_host}:{mailbox.imap_port}"
    with slots.waiting(server):
        box = imap.open_mailbox(
            mailbox.imap_host,
            mailbox.imap_port,
            security=mailbox.imap_security,
            username=mailbox.imap_username,
            password=secret["imap_password"],
            timeout=settings.IMAP_TIMEOUT.total_seconds(),
        )
    with box:
        sent = imap.sent_folder(box)
        folders = MailboxFolder.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox)
        known = {folder.name: folder for folder in folders}
        for info in box.folder.list():
            if _skipped(info):
                continue
            folder = known.get(info.name) or _new_folder(mailbox, info.name)
            folder.is_sent = info.name == sent
            yield _Folder(mailbox, box, folder, token, now).read()


def _skipped(info: imap_tools.FolderInfo) -> bool:
    if {flag.lower() for flag in info.flags} & _SKIPPED_FLAGS:
        return True
    return info.name.rpartition(info.delim)[2].casefold() in _SKIPPED_NAMES if info.delim else False


def _new_folder(mailbox: Mailbox, name: str) -> MailboxFolder:
    return MailboxFolder.objects.create(organisation_id=mailbox.organisation_id, mailbox=mailbox, name=name)


class _Folder:
    """One folder of one pass."""

    def __init__(
        self,
        mailbox: Mailbox,
        box: imap_tools.BaseMailBox,
        folder: MailboxFolder,
        token: str,
        now: datetime,
    ) -> None:
        self.mailbox, self.box, self.folder, self.token, self.now = mailbox, box, folder, token, now

    def read(self) -> int:
        """Ingest what lies beyond the checkpoint; how many mails that were."""
        status = self.box.folder.status(self.folder.name, ["UIDVALIDITY", "UIDNEXT"])
        valid, following = status["UIDVALIDITY"], status["UIDNEXT"]
        self.box.folder.set(self.folder.name, readonly=True)
        uids = self._wanted(valid, following)
        if self.folder.uidvalidity != valid:
            self.folder.uidvalidity = valid
            self.folder.last_uid = uids[0] - 1 if uids else max(following - 1, 0)
        read = 0
        for start in range(0, len(uids), BATCH):
            batch = uids[start : start + BATCH]
            read += self._ingest(batch)
            self.folder.last_uid = max(batch)
            self._store_checkpoint()
        self.folder.last_uid = max(self.folder.last_uid, following - 1)
        self._store_checkpoint()
        return read

    def _wanted(self, valid: int, following: int) -> list[int]:
        """UIDs to read, in order.

        A mailbox is read from the day it was linked: what is older is its owner's own. A folder that is new,
        or whose UIDs were renumbered, is read from that day on again; known mails find their rows.
        """
        if self.folder.uidvalidity == valid:
            if following <= self.folder.last_uid + 1:
                return []
            criteria = f"UID {self.folder.last_uid + 1}:*"
        else:
            criteria = f'SINCE "{(self.mailbox.created_at - timedelta(days=1)).strftime("%d-%b-%Y")}"'
        found = sorted(int(uid) for uid in self.box.uids(criteria))
        # ``n:*`` answers with the last mail even when it lies before n (RFC 3501 §6.4.8).
        floor = self.folder.last_uid if self.folder.uidvalidity == valid else 0
        return [uid for uid in found if uid > floor]

    def _ingest(self, uids: Sequence[int]) -> int:
        if not _mine(self.mailbox.pk, self.token).update(read_lease_until=Now() + LEASE):
            raise MailboxTrouble("lease", "Another worker reads this mailbox.")
        for uid, received_at, raw in self._fetched(uids):
            place = ingest.Place(self.folder.name, self.folder.uidvalidity, uid, is_sent=self.folder.is_sent)
            try:
                ingest.ingest(
                    mailbox=self.mailbox, raw=raw, place=place, received_at=received_at, now=self.now
                )
            except DatabaseError:
                # The mail stays before the checkpoint and is read again; the pass is not complete.
                log.exception("inbound.not_stored", mailbox_id=self.mailbox.pk, uid=uid)
                raise MailboxTrouble("database", "A mail could not be stored; it is read again.") from None
        return len(uids)

    def _fetched(self, uids: Sequence[int]) -> Iterator[tuple[int, datetime, bytes]]:
        listed = ",".join(str(uid) for uid in uids)
        answer: tuple[str, list[Any]] = self.box.client.uid(
            "FETCH", listed, f"(UID INTERNALDATE BODY.PEEK[]<0.{LARGEST}>)"
        )
        for part in answer[1]:
            if not isinstance(part, tuple):
                continue
            head, raw = part[0], part[1]
            uid, date = _UID.search(head), _DATE.search(head)
            if uid is not None:
                yield int(uid[1]), _internal_date(date[1] if date else b"", self.now), raw

    def _store_checkpoint(self) -> None:
        self.folder.read_at = self.now
        self.folder.save(update_fields=["uidvalidity", "last_uid", "is_sent", "read_at"])


def _internal_date(raw: bytes, fallback: datetime) -> datetime:
    try:
        return datetime.strptime(raw.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return fallback


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


def _failed(mailbox: Mailbox, token: str, trouble: MailboxTrouble, now: datetime) -> None:
    """Rest and try again, or ask the owner: a refused login cures itself by nothing."""
    log.warning("inbound.pass_failed", mailbox_id=mailbox.pk, kind=trouble.kind)
    rest = timedelta(seconds=_RESTS[min(mailbox.read_failures, len(_RESTS) - 1)])
    _mine(mailbox.pk, token).update(
        read_failures=F("read_failures") + 1,
        next_read_at=now + rest,
        read_leased_by="",
        read_lease_until=None,
    )
    if trouble.kind in {"auth", "private"}:
        mailbox_health.needs_reconnect(mailbox, code=trouble.kind, words=str(trouble))
