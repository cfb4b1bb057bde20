"""Sending: which mailboxes may send now, and one worker's turn at one of them.

A turn leases the mailbox, takes what is first (a queued message, or what a feed writes at this moment), hands
it over and gives the lease back. With a gap it sends one message; without one it works for 20 seconds and comes
again. Between two messages there is one commit: settle of the first and begin of the second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from foundation import events
from foundation.problems import Invalid
from outreach import mailbox_health, slots
from outreach.models import Mailbox, Message
from outreach.outbox import capacity, claims, feed, leases, outcomes, transitions, wire
from outreach.outbox.transitions import LeaseLost, Outcome, Settled
from outreach.states import MessageStatus
from outreach.transports.base import Answer, MailboxTrouble, Reply
from outreach.transports.smtp import SmtpSession, pool

log = structlog.get_logger(__name__)

#: A turn ends after this long, so that a restart never waits for more than one message.
TURN = timedelta(seconds=20)
#: Messages claimed at once from a mailbox without a gap; what a turn does not reach goes back to the queue.
BATCH = 50
#: Feeds may find that everybody they looked at is to be passed over; after this many empty rounds the turn ends.
_EMPTY_ROUNDS = 20
#: A settle that the database refuses is tried again: only this worker knows what the server answered.
_SETTLE_WAITS = (0.1, 0.5, 2.0, 5.0, 10.0)

_READY = """
    SELECT b.id FROM outreach_mailbox b
    WHERE b.status = 'connected' AND (b.lease_until IS NULL OR b.lease_until < now())
      AND b.next_send_at <= %(now)s
      AND EXISTS (
          SELECT FROM outreach_message m LEFT JOIN outreach_lane l ON l.id = m.lane_id
          WHERE m.mailbox_id = b.id AND m.status = 'queued' AND m.not_before <= %(now)s
            AND (m.lane_id IS NULL OR l.held = '')
      )
    UNION
    SELECT b.id FROM outreach_message m JOIN outreach_mailbox b ON b.id = m.mailbox_id
    WHERE m.status = 'queued' AND m.origin IN ('reply', 'test') AND m.not_before <= %(now)s
      AND b.status = 'connected' AND b.send_failures = 0
      AND (b.lease_until IS NULL OR b.lease_until < now())
"""

_OPEN = """
    SELECT id FROM outreach_mailbox
    WHERE status = 'connected' AND next_send_at <= %(now)s AND (lease_until IS NULL OR lease_until < now())
"""


def ready_mailboxes(*, now: datetime) -> list[int]:
    """The mailboxes that may send now and have something to send: capacity first, then what is due.

    One query over the queue and one per feed, whatever the number of people who wait: a mailbox without
    capacity is never asked what it has, and held-back messages and people are not in the partial indexes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READY, {"now": now})
        ready = {row[0] for row in cursor.fetchall()}
        cursor.execute(_OPEN, {"now": now})
        rest = [row[0] for row in cursor.fetchall() if row[0] not in ready]
    for each in feed.feeds():
        if rest:
            ready.update(each.due(mailbox_ids=rest, now=now))
    return sorted(ready)


@dataclass
class Turn:
    """What one worker did with one mailbox; ``more`` when it ended by the clock with things left to do."""

    sent: int = 0
    tried: int = 0
    more: bool = False
    #: Seconds spent per part of the work, for the bench's breakdown.
    spent: dict[str, float] = field(default_factory=dict)


def deliver_mailbox(
    mailbox_id: int, *, clock: Callable[[], datetime] = timezone.now, turn: timedelta = TURN
) -> Turn:
    """Take one turn at a mailbox; does nothing if it is leased, or its server holds all the slots it may."""
    done = Turn()
    lease = leases.take(mailbox_id)
    if lease is None:
        return done
    server = lease.mailbox.smtp_server
    try:
        if slots.process.enter(server):
            try:
                with events.one_stream():
                    _Delivery(lease, done, clock, time.monotonic() + turn.total_seconds()).run()
            finally:
                slots.process.leave(server)
        else:
            done.more = True
    finally:
        leases.give_back(lease)
    return done


@dataclass
class _Delivery:
    """One turn under one lease."""

    lease: leases.Lease
    done: Turn
    clock: Callable[[], datetime]
    deadline: float
    session: SmtpSession | None = None
    settled: Settled | None = None
    #: The provider has stopped the mailbox: the turn ends.
    stopped: bool = False

    @property
    def mailbox(self) -> Mailbox:
        return self.lease.mailbox

    def run(self) -> None:
        """Send until nothing is due, the mailbox has to rest, or the time is up."""
        try:
            while time.monotonic() < self.deadline:
                with self._timing("claim"):
                    batch = self._next_batch()
                if not batch or not self._send(batch):
                    return
            self.done.more = True
        except LeaseLost:
            log.info("outbox.lease_lost", mailbox_id=self.mailbox.pk)
        except MailboxTrouble as trouble:
            mailbox_health.send_failed(self.mailbox, trouble, now=self.clock())
        finally:
            if self.session is not None:
                pool.give_back(self.mailbox, self.session)

    # ── what is next ────────────────────────────────────────────────────────

    def _next_batch(self) -> list[Message]:
        """What this mailbox sends next, claimed; empty when it has nothing or may not."""
        for _ in range(_EMPTY_ROUNDS):
            now = self.clock()
            room = capacity.room(self.mailbox, now=now)
            if room.free_at is not None and not room.free:
                capacity.rest(self.mailbox, until=room.free_at)
            free = room.free if self.mailbox.next_send_at <= now else 0
            limit = min(BATCH if capacity.gapless(self.mailbox) else 1, max(free, 1))
            dues = self._dues(now) if free else {}
            first = min(dues, key=lambda each: dues[each]) if dues else None
            queued = claims.claim_next(
                self.lease, now=now, limit=limit, room=free > 0, before=dues[first] if first else None
            )
            if queued or first is None:
                return queued
            with self._timing("feed"):
                written = first.write(mailbox_id=self.mailbox.pk, now=now, limit=limit)
            if written:
                return claims.claim_these(self.lease, written, now=now)
        log.warning("outbox.feed_without_result", mailbox_id=self.mailbox.pk)
        return []

    def _dues(self, now: datetime) -> dict[feed.Feed, feed.Due]:
        found = {}
        for each in feed.feeds():
            due = each.due(mailbox_ids=[self.mailbox.pk], now=now).get(self.mailbox.pk)
            if due is not None:
                found[each] = due
        return found

    # ── handing over ────────────────────────────────────────────────────────

    def _send(self, batch: Sequence[Message]) -> bool:
        """Hand the claimed messages over one by one; True when the mailbox may go on at once."""
        waiting = list(batch)
        try:
            while waiting and time.monotonic() < self.deadline:
                self._hand_over(waiting.pop(0))
                if self.stopped or not capacity.gapless(self.mailbox):
                    return False
            return True
        finally:
            self._settle()
            transitions.put_back(waiting, now=self.clock())

    def _hand_over(self, message: Message) -> None:
        """One message: envelope while claimed, begin, DATA, and its outcome kept for the next commit."""
        session = self._open(message)
        try:
            with self._timing("mime"):
                content = wire.content(message, self.mailbox)
        except Invalid as problem:
            self._write_down(message, outcomes.unwritable(problem))
            return
        self.done.tried += 1
        with self._timing("smtp"):
            reply = session.envelope(
                self.mailbox.address, message.to_address, size=len(content), meanwhile=self._settle
            )
        if reply.answer is not Answer.ACCEPTED:
            self._conclude(message, reply)
            return
        if not self._begin(message, session):
            return
        with self._timing("smtp"):
            reply = session.data(content)
        self._conclude(message, reply)

    def _open(self, message: Message) -> SmtpSession:
        """The session to send over; a mailbox in trouble gives the claimed message back untouched."""
        if self.session is None or not self.session.alive:
            self._settle()
            if self.session is not None:
                self.session.close()
                self.session = None
            try:
                with self._timing("connect"):
                    self.session = pool.take(self.mailbox)
            except MailboxTrouble:
                transitions.put_back([message], now=self.clock())
                raise
            mailbox_health.send_works(self.mailbox, now=self.clock())
        return self.session

    def _begin(self, message: Message, session: SmtpSession) -> bool:
        """Begin, and write down the message before in the same commit; False: it stays behind."""
        settled, self.settled = self.settled, None
        try:
            with self._timing("begin"):
                reason = transitions.begin(self.lease, message, now=self.clock(), settled=settled)
        except (LeaseLost, DatabaseError):
            self.settled = settled
            session.reset()
            transitions.put_back([message], now=self.clock())
            raise
        if reason is not None:
            session.reset()
            return False
        return True

    def _conclude(self, message: Message, reply: Reply) -> None:
        """Turn the server's answer into an outcome; it is written with the next begin, or at once if bad."""
        now = self.clock()
        past = outcomes.Past(message.tries, message.first_failed_at)
        outcome = outcomes.of_reply(reply, past, now=now, delays=settings.SEND_RETRY_DELAYS)
        if outcome.status is MessageStatus.SENT:
            self.done.sent += 1
            self.settled = Settled(message, outcome)
            return
        self._write_down(message, outcome)
        until = outcomes.stops_mailbox(reply, now=now)
        if until is not None:
            self.stopped = True
            mailbox_health.stopped_by_provider(self.mailbox, f"{reply.code} {reply.text}", until=until)

    def _write_down(self, message: Message, outcome: Outcome) -> None:
        """Settle the message before and this one now."""
        self._settle()
        self.settled = Settled(message, outcome)
        self._settle()

    def _settle(self) -> None:
        """Write down the last outcome alone; the answer of the server is not lost to a moment's trouble."""
        if self.settled is None:
            return
        settled, self.settled = self.settled, None
        with self._timing("settle"):
            settle_surely(settled, clock=self.clock)

    @contextmanager
    def _timing(self, part: str) -> Iterator[None]:
        """Adds to the turn's breakdown; a part inside another one counts in both."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.done.spent[part] = self.done.spent.get(part, 0.0) + time.perf_counter() - started


def settle_surely(settled: Settled, *, clock: Callable[[], datetime]) -> None:
    """Settle, through lock timeouts and a database that is away for some seconds.

    If it stays away the message remains ``sending`` and becomes ``uncertain``: nothing is sent twice.
    """
    for wait in (*_SETTLE_WAITS, None):
        try:
            transitions.settle(settled.message, settled.outcome, now=clock())
        except (DatabaseError, InterfaceError):
            if wait is None:
                log.exception("outbox.settle_failed", message_id=settled.message.pk)
                raise
            log.warning("outbox.settle_again", message_id=settled.message.pk)
            time.sleep(wait)
            close_old_connections()
        else:
            return
