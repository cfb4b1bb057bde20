"""The gap meter: every mail that lies in a mailbox against what was recorded of it, and fetching what is missing.

A mail counts as recorded if its place (folder, UIDVALIDITY, UID) is known and the mail there has the same Message-ID.
The place tells mails without a Message-ID and several with the same one apart; the Message-ID tells a server that
gave a UID a second time. What is missing goes through the one ingest, so a mail is still exactly one row.

A comparison works in turns of some seconds and remembers per folder how far it came. It takes a lease of its own: the
reading goes on meanwhile, and mail that the reader has not come to yet waits for it and is not missing.
"""

from __future__ import annotations

import imaplib
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import imap_tools
import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from foundation.problems import Conflict
from outreach import mailboxes, slots
from outreach.inbound import fetch, fetched
from outreach.inbound.folder import FolderReading, Line, skipped
from outreach.inbound.headers import hash_of_id, message_id_of
from outreach.inbound.uids import as_set, downwards, since
from outreach.models import FolderGap, GapMeter, InboundLocation, Mailbox, MailboxFolder
from outreach.states import MAY_READ
from outreach.transports import imap
from outreach.transports.base import MailboxTrouble

log = structlog.get_logger(__name__)

_EVERYONE = "mailboxes of every organisation are compared by the same workers"
TURN = timedelta(seconds=20)
LEASE = timedelta(seconds=90)
EVERY = timedelta(days=1)
#: While something could not be fetched it is tried again after this.
_AGAIN = timedelta(hours=6)
#: A mailbox is compared for the first time when the reader has had this long.
_FIRST = timedelta(hours=1)
#: Rests after comparisons that stopped one after the other; the last one repeats.
_RESTS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
#: When the server holds all the slots it may.
_SERVER_BUSY = timedelta(seconds=5)
#: Mails whose ids are asked for at once, and looked up in one query.
CHUNK = 500
#: A reader that came through all folders within this time takes newer mails itself.
_READING_IS_WELL = timedelta(minutes=10)
#: So many mails are named that could not be fetched; the number is always whole.
_MOST_NAMED = 50
_NO_ANSWER = "The mail server lists this mail but does not give it."
_RENUMBERED = "The mail server has numbered this folder anew; it is being read again."
_CLOSED = "The mail server lists this folder but does not open it."


def ask(*, actor: User, mailbox_id: int, now: datetime) -> GapMeter:
    """*Compare now*. A comparison under way goes on.

    Raises as ``mailboxes.editable``, and Conflict while the mailbox is not read.
    """
    mailbox = mailboxes.editable(actor, mailbox_id)
    if mailbox.status not in MAY_READ:
        raise Conflict("This e-mail account has to be connected again before it can be compared.")
    meter, made = GapMeter.objects.for_organisation(mailbox.organisation_id).get_or_create(
        mailbox=mailbox, defaults={"organisation_id": mailbox.organisation_id, "due_at": now}
    )
    if not made:
        rows = GapMeter.objects.for_organisation(mailbox.organisation_id).filter(pk=meter.pk, due_at__gt=now)
        rows.update(due_at=now, failures=0)
    return meter


def due(*, now: datetime, limit: int = 50) -> list[int]:
    """Mailboxes whose comparison is due, longest waiting first; those that have no meter yet get one."""
    _make_meters(now)
    rows = _free().filter(due_at__lte=now, mailbox__status__in=MAY_READ).order_by("due_at")
    return list(rows.values_list("mailbox_id", flat=True)[:limit])


def compare(mailbox_id: int, *, now: datetime, turn: timedelta = TURN) -> bool:
    """One turn of a mailbox's comparison, begun if it is due; True if there is more to do at once.

    Trouble of the mailbox or its server stands in the meter, which is then due again later, where it stopped.
    """
    token = uuid.uuid4().hex
    if not _take(mailbox_id, token, now):
        return False
    meter = _mine(mailbox_id, token).select_related("mailbox").get()
    lease, server = _Lease(mailbox_id, token), _server(meter.mailbox)
    if not slots.process.enter(server):
        _give_back(mailbox_id, token, due_at=now + _SERVER_BUSY)
        return False
    try:
        return _Comparison(meter, lease, now, time.monotonic() + turn.total_seconds()).go(server)
    except MailboxTrouble as trouble:
        _stopped(meter, token, str(trouble), now)
    except TimeoutError:
        _stopped(meter, token, "The mail server did not answer in time.", now)
    except (imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        _stopped(meter, token, f"The line was lost while comparing ({type(error).__name__}).", now)
    except Exception:  # ours to mend: seen as a failed task, and the mailbox is not asked again at once
        _stopped(meter, token, "The comparison stopped.", now)
        raise
    finally:
        slots.process.leave(server)
    return False


def window(mailbox: Mailbox, *, now: datetime) -> datetime:
    """From when on mail is compared: the link, or ``GAP_WINDOW_DAYS`` ago if that is later."""
    if not settings.GAP_WINDOW_DAYS:
        return mailbox.created_at
    return max(mailbox.created_at, now - timedelta(days=settings.GAP_WINDOW_DAYS))


# ── the lease ───────────────────────────────────────────────────────────────


def _make_meters(now: datetime) -> None:
    without = Mailbox.objects.across_organisations(_EVERYONE).filter(
        gap_meter=None, status__in=MAY_READ, created_at__lte=now - _FIRST
    )
    made = [
        GapMeter(organisation_id=mailbox.organisation_id, mailbox=mailbox, due_at=now)
        for mailbox in without.only("pk", "organisation_id")[:500]
    ]
    GapMeter.objects.bulk_create(made, ignore_conflicts=True)


def _free() -> QuerySet[GapMeter]:
    return GapMeter.objects.across_organisations(_EVERYONE).filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    )


def _mine(mailbox_id: int, token: str) -> QuerySet[GapMeter]:
    rows = GapMeter.objects.across_organisations(_EVERYONE)
    return rows.filter(mailbox_id=mailbox_id, leased_by=token)


def _take(mailbox_id: int, token: str, now: datetime) -> bool:
    rows = _free().filter(mailbox_id=mailbox_id, due_at__lte=now, mailbox__status__in=MAY_READ)
    return bool(rows.update(leased_by=token, lease_until=Now() + LEASE))


def _give_back(mailbox_id: int, token: str, **values: object) -> None:
    _mine(mailbox_id, token).update(leased_by="", lease_until=None, **values)


@dataclass(frozen=True)
class _Lease:
    mailbox_id: int
    token: str

    def renew(self) -> None:
        if not _mine(self.mailbox_id, self.token).update(lease_until=Now() + LEASE):
            raise MailboxTrouble("lease", "Another worker compares this mailbox.")


def _stopped(meter: GapMeter, token: str, why: str, now: datetime) -> None:
    log.warning("gaps.stopped", mailbox_id=meter.mailbox_id)
    rest = _RESTS[min(meter.failures, len(_RESTS) - 1)]
    _give_back(meter.mailbox_id, token, trouble=why[:500], failures=F("failures") + 1, due_at=now + rest)


def _server(mailbox: Mailbox) -> str:
    return f"{mailbox.imap_host.lower()}:{mailbox.imap_port}"


# ── the comparison ──────────────────────────────────────────────────────────


@dataclass
class _Comparison:
    """One turn of a mailbox's comparison, under its lease."""

    meter: GapMeter
    lease: _Lease
    now: datetime
    deadline: float

    @property
    def mailbox(self) -> Mailbox:
        return self.meter.mailbox

    def go(self, server: str) -> bool:
        if not self.meter.under_way:
            self._begin()
        with fetch.opened(self.mailbox, server) as line:
            sent = line.ask(imap.sent_folder)
            names = [info.name for info in line.ask(imap.folders) if not skipped(info)]
            for name in names:
                if not self._folder(line, name, is_sent=name == sent):
                    _give_back(self.mailbox.pk, self.lease.token, trouble="")
                    return True
        self._end(names)
        return False

    def _begin(self) -> None:
        # After the end of the one before, whatever the clocks of two workers say: folders are told by it.
        last = self.meter.ended_at
        self.meter.begun_at = max(self.now, last + timedelta(microseconds=1)) if last else self.now
        self.meter.since = window(self.mailbox, now=self.now)
        self.meter.save(update_fields=["begun_at", "since"])

    def _folder(self, line: Line, name: str, *, is_sent: bool) -> bool:
        """False: the turn is over and the folder is not."""
        gap = self._row(name)
        if gap.ended_at is not None:
            return True
        read = MailboxFolder.objects.for_organisation(self.mailbox.organisation_id)
        known = read.filter(mailbox=self.mailbox, name=name).first()
        folder = known or MailboxFolder(mailbox=self.mailbox, name=name)
        reading = FolderReading(self.mailbox, line, folder, self.lease, self.now, is_sent=is_sent)
        return _Folder(self, gap, reading, line).go()

    def _row(self, name: str) -> FolderGap:
        """The folder's figures: those of this comparison, or new ones."""
        assert self.meter.begun_at is not None
        rows = FolderGap.objects.for_organisation(self.mailbox.organisation_id)
        gap = rows.filter(mailbox=self.mailbox, name=name).first()
        if gap is None or gap.begun_at != self.meter.begun_at:
            gap = _emptied(gap or FolderGap(mailbox=self.mailbox, name=name), self.meter.begun_at)
            gap.organisation_id = self.mailbox.organisation_id
            gap.save()
        return gap

    @transaction.atomic
    def _end(self, names: Sequence[str]) -> None:
        rows = FolderGap.objects.for_organisation(self.mailbox.organisation_id).filter(mailbox=self.mailbox)
        rows.exclude(name__in=names).delete()
        open_end = rows.filter(Q(left__gt=0) | ~Q(trouble="")).exists()
        _give_back(
            self.mailbox.pk,
            self.lease.token,
            ended_at=max(self.now, self.meter.begun_at or self.now),
            due_at=self.now + (_AGAIN if open_end else EVERY),
            failures=0,
            trouble="",
        )


def _emptied(gap: FolderGap, begun_at: datetime, uidvalidity: int = 0) -> FolderGap:
    gap.begun_at, gap.uidvalidity, gap.ended_at, gap.lowest_uid = begun_at, uidvalidity, None, None
    gap.present = gap.recorded = gap.fetched = gap.left = gap.waiting = 0
    gap.unfetched, gap.trouble = [], ""
    return gap


@dataclass
class _Folder:
    """One folder of a turn."""

    comparison: _Comparison
    gap: FolderGap
    reading: FolderReading
    line: Line

    def go(self) -> bool:
        """Compare from where the folder was left, newest first; False when the turn is over before."""
        try:
            valid = self.line.ask(lambda box: box.folder.status(self.gap.name, ["UIDVALIDITY"]))[
                "UIDVALIDITY"
            ]
            total = self.reading.open()
        except (imap_tools.MailboxFolderStatusError, imap_tools.MailboxFolderSelectError):
            return self._left_out(_CLOSED)
        if self.gap.uidvalidity != valid:
            # The first turn, or renumbered between two: what was counted was other numbers.
            _emptied(self.gap, self.gap.begun_at, valid)
        if self._reader_is_well() and self.reading.folder.pk and self.reading.folder.uidvalidity != valid:
            return self._left_out(_RENUMBERED)
        for chunk in self._chunks(total):
            self.comparison.lease.renew()
            self._compare(chunk)
            self.gap.lowest_uid = chunk[-1]
            self.gap.save()
            if time.monotonic() >= self.comparison.deadline:
                return False
        self.gap.ended_at = self.comparison.now
        self.gap.save()
        return True

    def _left_out(self, why: str) -> bool:
        self.gap.trouble, self.gap.ended_at = why, self.comparison.now
        self.gap.save()
        return True

    def _reader_is_well(self) -> bool:
        read_at = self.comparison.mailbox.read_completely_at
        return read_at is not None and read_at >= self.comparison.now - _READING_IS_WELL

    def _chunks(self, total: int) -> Iterator[list[int]]:
        assert self.comparison.meter.since is not None
        criteria = since(self.comparison.meter.since)
        for uids in downwards(self.line.ask, total=total, criteria=criteria, below=self.gap.lowest_uid):
            for start in range(0, len(uids), CHUNK):
                yield uids[start : start + CHUNK]

    def _compare(self, uids: list[int]) -> None:
        folder = self.reading.folder
        if folder.pk and self._reader_is_well():
            newer = [uid for uid in uids if uid > folder.last_uid]
            self.gap.waiting += len(newer)
            uids = uids[len(newer) :]
        if not uids:
            return
        listed = as_set(uids)
        answer = self.line.ask(lambda box: box.client.uid("FETCH", listed, fetched.ID_QUESTION))
        if answer[0] != "OK":
            raise MailboxTrouble("refused", "The mail server refused to give the Message-IDs.")
        heads = fetched.id_headers(answer[1])
        known = self._known(uids)
        # Listed and not answered for: deleted meanwhile, or not given; only asking for the mail itself tells.
        missing = [
            uid
            for uid in uids
            if uid not in known or uid not in heads or known[uid][1] != hash_of_id(message_id_of(heads[uid]))
        ]
        self.gap.present += len(uids)
        self.gap.recorded += len(uids) - len(missing)
        if missing:
            self._heal(sorted(missing), known)

    def _known(self, uids: Sequence[int]) -> dict[int, tuple[int, str]]:
        """UID → row and hash of the Message-ID that are recorded at this place."""
        places = self._places(uids).values_list("uid", "inbound_id", "inbound__message_id_hash")
        return {uid: (inbound_id, digest) for uid, inbound_id, digest in places}

    def _places(self, uids: Sequence[int]) -> QuerySet[InboundLocation]:
        return InboundLocation.objects.for_organisation(self.comparison.mailbox.organisation_id).filter(
            mailbox=self.comparison.mailbox,
            folder=self.gap.name,
            uidvalidity=self.gap.uidvalidity,
            uid__in=uids,
        )

    def _heal(self, missing: list[int], known: dict[int, tuple[int, str]]) -> None:
        """Fetch what is missing through the one ingest, and count what became of it."""
        # Another mail than the one recorded at this place: the place is not that mail's any more.
        self._places([uid for uid in missing if uid in known]).delete()
        left: dict[int, str] = {}
        for batch in self.reading.batches(missing):
            self.comparison.lease.renew()
            left |= self._take(batch)
        now_known = self._known(missing)
        gone = set(left) - self.reading.still_there(left)
        as_before = sum(uid in known and now_known.get(uid, (0, ""))[0] == known[uid][0] for uid in missing)
        self.gap.present -= len(gone)
        self.gap.recorded += as_before
        self.gap.fetched += len(missing) - len(left) - as_before
        self.gap.left += len(left) - len(gone)
        named = [{"uid": uid, "why": why} for uid, why in left.items() if uid not in gone]
        self.gap.unfetched = [*self.gap.unfetched, *named][:_MOST_NAMED]

    def _take(self, uids: list[int]) -> dict[int, str]:
        """UID → why, for those that could not be fetched. One bad mail does not keep the others out."""
        try:
            return dict.fromkeys(self.reading.take(uids, self.gap.uidvalidity), _NO_ANSWER)
        except (MailboxTrouble, DatabaseError) as error:
            if len(uids) == 1:
                return {uids[0]: _why(error)}
        left: dict[int, str] = {}
        for uid in uids:
            left |= self._take([uid])
        return left


def _why(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        log.error("gaps.not_stored", error=type(error).__name__)
        return "The mail could not be stored."
    return str(error)[:200]
