"""One folder of one pass over a mailbox: what lies beyond its checkpoint is ingested, then the checkpoint moves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import imap_tools
import structlog

from outreach import slots
from outreach.inbound import fetched, slices
from outreach.inbound.ingest import Place
from outreach.inbound.uids import RANGE, as_set, downwards, since
from outreach.models import Mailbox, MailboxFolder
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

#: Asked for at once, at most so many mails and so many bytes; the checkpoint is moved after each batch.
BATCH = 50
_BATCH_BYTES = 8_000_000
#: A draft was sent to nobody. All other folders are read: an answer may be filtered, archived or deleted at once.
_SKIPPED_FLAGS = frozenset({"\\noselect", "\\nonexistent", "\\drafts"})
_SKIPPED_NAMES = frozenset({"drafts", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "outbox"})
_LONGEST_NAME = 255
T = TypeVar("T")


class Lease(Protocol):
    """The right to read, kept alive between two questions (``inbound.leases``)."""

    def renew(self) -> None:
        """Raises MailboxTrouble when another worker has it."""


@dataclass(frozen=True)
class Line:
    """An open mailbox; every question is counted while it waits for its answer."""

    box: imap_tools.BaseMailBox
    server: str

    def ask(self, question: Callable[[imap_tools.BaseMailBox], T]) -> T:
        """The answer of ``question`` to the open mailbox."""
        with slots.waiting(self.server):
            return question(self.box)


def skipped(info: imap_tools.FolderInfo) -> bool:
    """Whether a listed folder holds no mail that came or went: drafts, an outbox, a mere node of the tree."""
    if {flag.lower() for flag in info.flags} & _SKIPPED_FLAGS:
        return True
    if len(info.name) > _LONGEST_NAME:
        log.warning("inbound.folder_name_too_long", length=len(info.name))
        return True
    last = info.name.rpartition(info.delim)[2] if info.delim else info.name
    return last.casefold() in _SKIPPED_NAMES


@dataclass
class FolderReading:
    """One folder of one pass."""

    mailbox: Mailbox
    line: Line
    folder: MailboxFolder
    lease: Lease
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
            total = self.open()
        except (imap_tools.MailboxFolderStatusError, imap_tools.MailboxFolderSelectError):
            if self.folder.read_at is None and self.folder.name.upper() != "INBOX":
                # Never readable for us: somebody's shared folder that is only listed here.
                log.info("inbound.folder_refused", mailbox_id=self.mailbox.pk)
                return 0
            raise
        floor = 0 if renumbered else self.folder.last_uid
        uids = self._beyond(floor, following, total)
        for batch in self.batches(uids):
            self.lease.renew()
            self._take_all(batch, valid)
            self._store(valid, batch[-1])
        self._store(valid, max(floor, following - 1, *uids[-1:]))
        return len(uids)

    def open(self) -> int:
        """Open the folder without changing it; how many mails it holds."""
        answer = self.line.ask(lambda box: box.folder.set(self.folder.name, readonly=True))
        return int(answer[1][0])

    def _beyond(self, floor: int, following: int, total: int) -> list[int]:
        """UIDs to read, in order.

        A mailbox is read from the day it was linked: what is older is its owner's own. A folder that is new,
        or whose UIDs were renumbered, is read from that day on again; known mails find their rows.
        """
        if floor and following - floor <= RANGE:
            found = self.line.ask(lambda box: box.uids(f"UID {floor + 1}:*"))
            # ``n:*`` answers with the last mail even when it lies before n (RFC 3501 §6.4.8).
            return sorted(uid for each in found if (uid := int(each)) > floor)
        criteria = f"UID {floor + 1}:*" if floor else since(self.mailbox.created_at)
        found_below = downwards(self.line.ask, total=total, criteria=criteria)
        return sorted(uid for uids in found_below for uid in uids if uid > floor)

    def batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
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

    def take(self, uids: Sequence[int], valid: int) -> set[int]:
        """Ingest these mails of the open folder; the UIDs that the server did not give."""
        missing = set(uids)
        for mails in slices.cut(self._arrived(uids, valid)):
            slices.ingest_all(mailbox=self.mailbox, mails=mails, now=self.now)
            missing.difference_update(mail.place.uid for mail in mails)
        return missing

    def _arrived(self, uids: Sequence[int], valid: int) -> Iterator[slices.Arrived]:
        """What the server gives of these mails, each once."""
        wanted = set(uids)
        for mail in fetched.mails(self._fetch(uids, fetched.QUESTION)):
            if mail.uid in wanted:
                wanted.discard(mail.uid)
                place = Place(self.folder.name, valid, mail.uid, is_sent=self.is_sent)
                yield slices.Arrived(mail.raw, place, mail.received_at or self.now)

    def still_there(self, uids: Collection[int]) -> set[int]:
        """Those of ``uids`` that the open folder still lists."""
        listed = as_set(list(uids))
        return {int(uid) for uid in self.line.ask(lambda box: box.uids(f"UID {listed}"))} if listed else set()

    def _take_all(self, uids: Sequence[int], valid: int) -> None:
        if self.still_there(self.take(uids, valid)):
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
