"""Why a message has not left yet, and when it will: one function for pages and API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from outreach import lanes, lending
from outreach.models import Lane, Mailbox, Message, MessageOrigin
from outreach.outbox import capacity, reading
from outreach.states import FUSES, WAITING, MailboxStatus, MessageStatus, Reason, sentence

_EVERYONE = "the outbox serves everyone"
#: Nobody reads how many there are beyond this.
_MOST_AHEAD = 1_000


@dataclass(frozen=True)
class Explanation:
    """Why a message waits or what became of it; ``until`` is None when only a person or an event ends the wait."""

    reason: Reason | None
    text: str
    until: datetime | None


_OF_MAILBOX = {
    MailboxStatus.PAUSED: Reason.MAILBOX_PAUSED,
    MailboxStatus.NEEDS_RECONNECT: Reason.MAILBOX_RECONNECT,
    MailboxStatus.REMOVED: Reason.MAILBOX_REMOVED,
}


def why_not_yet(*, message: Message, now: datetime) -> Explanation:
    """The first thing in the way of ``message`` at ``now``, with the moment it ends where that is known."""
    return Explainer(now).why(message)


class Explainer:
    """Explains many messages at one moment; what mailboxes and lanes say is asked once each.

    A message with status ``planned`` need not be stored: a room above explains with it what it will write only when
    its turn has come (docs/architecture.md, "Sending" 2).
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._rooms: dict[int, capacity.Room] = {}
        self._used: dict[int, int] = {}

    def look_at(self, asked: Iterable[Lane | None]) -> None:
        """Ask at once what left today by these lanes, for a page of messages of many of them."""
        unknown = {lane for lane in asked if lane is not None and lane.pk not in self._used}
        used = lanes.used_today_of(unknown, now=self.now)
        self._used |= {lane.pk: used.get(lane.pk, 0) for lane in unknown}

    def why(self, message: Message) -> Explanation:
        """As :func:`why_not_yet`."""
        if message.status not in WAITING:
            return _settled(message)
        for found in (
            _mailbox_stopped(message.mailbox),
            _not_lent(message),
            self._lane_closed(message),
            _later(message, self.now),
            self._unread(message),
            self._mailbox_full(message),
        ):
            if found is not None:
                return found
        return _in_line(message, self.now)

    def _lane_closed(self, message: Message) -> Explanation | None:
        lane = message.lane
        if lane is None:
            return None
        self.look_at([lane])
        found = lanes.wait(lane, used=self._used[lane.pk], planned=message.planned_at, now=self.now)
        if found is None or (found.reason != Reason.CAMPAIGN_HELD and message.not_before > self.now):
            # What is planned for another day waits for that day first.
            return None
        return Explanation(found.reason, found.text, found.until)

    def _unread(self, message: Message) -> Explanation | None:
        unread = reading.waits_for(message, now=self.now)
        if unread is None:
            return None
        if unread.pk == message.mailbox_id:
            return _say(Reason.INBOX_NOT_READ)
        text = f"{Reason.INBOX_NOT_READ.label} It is {unread.address}, which has written to this person."
        return _say(Reason.INBOX_NOT_READ, text=text)

    def _mailbox_full(self, message: Message) -> Explanation | None:
        mailbox = message.mailbox
        if message.origin in {MessageOrigin.REPLY, MessageOrigin.TEST}:
            return None  # never held back by our own limits (docs/behaviour.md §1)
        if mailbox.pk not in self._rooms:
            self._rooms[mailbox.pk] = capacity.room(mailbox, now=self.now)
        room = self._rooms[mailbox.pk]
        if not room.free:
            return _say(room.reason, room.free_at, text=room.text)
        if mailbox.next_send_at > self.now:
            if mailbox.send_failures:
                words = f" {mailbox.server_words}" if mailbox.server_words else ""
                return _say(
                    Reason.SERVER_UNREACHABLE,
                    mailbox.next_send_at,
                    text=f"{Reason.SERVER_UNREACHABLE.label}{words}",
                )
            return _say(Reason.MAILBOX_GAP, mailbox.next_send_at)
        return None


def _say(reason: Reason, until: datetime | None = None, *, text: str = "") -> Explanation:
    return Explanation(reason, text or str(reason.label), until)


def _settled(message: Message) -> Explanation:
    text = message.reason_text or (sentence(message.reason_code) if message.reason_code else "")
    reason = Reason(message.reason_code) if message.reason_code in Reason.values else None
    return Explanation(reason, text or str(MessageStatus(message.status).label), None)


def _mailbox_stopped(mailbox: Mailbox) -> Explanation | None:
    reason = _OF_MAILBOX.get(MailboxStatus(mailbox.status))
    if reason is None:
        return None
    if mailbox.status_code in FUSES:
        return _say(Reason(mailbox.status_code))
    words = f" The server said: {mailbox.server_words}" if mailbox.server_words else ""
    return _say(reason, mailbox.paused_until, text=f"{reason.label}{words}")


def _not_lent(message: Message) -> Explanation | None:
    """A campaign's own mailbox is its lane's business; a single mail is its writer's."""
    if message.origin == MessageOrigin.CAMPAIGN:
        return None
    allowed = lending.may_send_from(message.mailbox, message.created_by_id)
    return None if allowed else _say(Reason.MAILBOX_WITHDRAWN)


def _later(message: Message, now: datetime) -> Explanation | None:
    if message.not_before <= now:
        return None
    if message.reason_code in Reason.values:
        return _say(Reason(message.reason_code), message.not_before, text=message.reason_text)
    return _say(Reason.NOT_DUE, message.not_before)


def _in_line(message: Message, now: datetime) -> Explanation:
    if message.status == MessageStatus.PLANNED:
        return Explanation(Reason.IN_LINE, "Its turn has come; the mailbox sends one after the other.", None)
    due = Message.objects.across_organisations(_EVERYONE).filter(
        mailbox_id=message.mailbox_id, status=MessageStatus.QUEUED, not_before__lte=now
    )
    ahead = (
        due.filter(rank__lt=message.rank)[:_MOST_AHEAD].count()
        + due.filter(rank=message.rank, planned_at__lt=message.planned_at)[:_MOST_AHEAD].count()
    )
    if not ahead:
        return Explanation(Reason.IN_LINE, "It is next and leaves within seconds.", now)
    many = f"More than {_MOST_AHEAD:,}" if ahead >= _MOST_AHEAD else f"{ahead:,}"
    return Explanation(Reason.IN_LINE, f"{many} other messages of this mailbox go first.", None)
