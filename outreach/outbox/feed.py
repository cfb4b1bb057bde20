"""The door for rooms above that write their messages only when the mailbox may send them.

A campaign's message is rendered at the last moment (docs/architecture.md, "Sending" 2), so the outbox asks
its feeds what is due instead of finding it in the queue. Feeds register in their app's ``ready()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from outreach.models import Mailbox, Message
from outreach.states import Reason


@dataclass(frozen=True, order=True)
class Due:
    """The first due thing of a mailbox; compares in the mailbox's order (``states.Turn``, then planned time)."""

    rank: int
    planned_at: datetime


class Feed(Protocol):
    """A room above. Every method is called by workers; none may use the network.

    ``due`` may name only what ``write`` would write now: lanes that are held, closed today or used up
    (``outreach.lanes.closed``) and people on hold are left out, or the mailbox is woken for nothing.
    """

    name: str

    def due(self, *, mailbox_ids: Sequence[int], now: datetime) -> Mapping[int, Due]:
        """The first due thing of each mailbox, in one set-based query; a mailbox with nothing is absent."""

    def write(self, *, mailbox_id: int, now: datetime, limit: int) -> Sequence[int]:
        """Write up to ``limit`` queued messages in one transaction; their ids in the order they should leave.

        People who cannot be written to get their hold and are passed over.
        """

    def refresh(self, *, message: Message, now: datetime) -> bool:
        """Called in the claim's transaction for a queued campaign message that an earlier pass wrote.

        Renders it again if its text changed. False: it must not leave now. Another feed's message: True.
        """

    def may_begin(self, *, message: Message, now: datetime) -> Reason | None:
        """Called inside ``begin`` after lane and mailbox are locked: locks the recipient and asks again.

        Why the message may not leave; None: it may, or it is not this feed's.
        """

    def planned(
        self, *, mailbox: Mailbox, now: datetime, until: datetime, zone: ZoneInfo
    ) -> Mapping[date, int]:
        """How many messages it plans until then, by calendar day in ``zone``, whatever the mailbox has room for; what
        is written as a message already, or on hold, is not counted."""


_feeds: dict[str, Feed] = {}


def register(feed: Feed) -> None:
    """Add a feed; registering a name again replaces the first."""
    _feeds[feed.name] = feed


def unregister(name: str) -> None:
    """Take a feed away again (tests and benches bring their own)."""
    _feeds.pop(name, None)


def feeds() -> tuple[Feed, ...]:
    """All feeds, in the order of registration."""
    return tuple(_feeds.values())
