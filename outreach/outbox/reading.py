"""Read before write: the inboxes in which an answer could lie are read before a follow-up leaves.

A step after the first leaves only if its own mailbox, and every other one from which this person was written to in this
campaign, were read completely within the last 3 minutes (docs/behaviour.md §5). Whose account was removed is read by
nobody any more and is not waited for; whoever chooses another sender is told that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from outreach.models import Mailbox, Message

#: How old a complete read may be (docs/architecture.md, "Sending" 9).
READ_WITHIN = timedelta(minutes=3)


def is_read(mailbox: Mailbox, *, now: datetime) -> bool:
    """Whether all folders of the mailbox were read lately enough for a follow-up to leave."""
    return mailbox.read_completely_at is not None and mailbox.read_completely_at >= now - READ_WITHIN


def unread_elsewhere(*, candidate: str, lane: str, mailbox: str, since: str) -> str:
    """SQL condition: another mailbox than ``mailbox`` wrote to the person in this lane and was not read ``since``.

    The arguments are SQL of the caller's query, never data. A row costs one look at the person's own messages.
    """
    others = _others(candidate=candidate, lane=lane, mailbox=mailbox, since=since)
    # OFFSET 0 keeps the planner from reading the messages of a whole lane into a hash for the sake of one person.
    return f"EXISTS ({others} OFFSET 0)"


def _others(columns: str = "", *, candidate: str, lane: str, mailbox: str, since: str) -> str:
    return f"""
        SELECT {columns}
          FROM outreach_message written JOIN outreach_mailbox elsewhere ON elsewhere.id = written.mailbox_id
         WHERE written.candidate_id = {candidate} AND written.lane_id = {lane} AND written.mailbox_id <> {mailbox}
           AND written.status IN ('sending', 'sent', 'uncertain', 'bounced') AND elsewhere.status <> 'removed'
           AND (elsewhere.read_completely_at IS NULL OR elsewhere.read_completely_at < {since})
    """  # noqa: S608 - every part is a constant of the caller's


_OTHERS = _others(
    "elsewhere.*", candidate="%(candidate)s", lane="%(lane)s", mailbox="%(mailbox)s", since="%(since)s"
)


def waits_for(message: Message, *, now: datetime) -> Mailbox | None:
    """The mailbox that has to be read before this message may leave; None when nothing stands against it."""
    if not message.read_before_write:
        return None
    if not is_read(message.mailbox, now=now):
        return message.mailbox
    if message.lane_id is None or message.candidate_id is None:
        return None
    values = {
        "candidate": message.candidate_id,
        "lane": message.lane_id,
        "mailbox": message.mailbox_id,
        "since": now - READ_WITHIN,
    }
    rows = Mailbox.objects.across_organisations("the outbox serves everyone").raw(
        f"{_OTHERS} ORDER BY elsewhere.id LIMIT 1", values
    )
    return next(iter(rows), None)
