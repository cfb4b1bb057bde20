"""Every status word a page shows, and the dot that goes with it: the only such table.

Words are those of docs/behaviour.md §2, the seeds and the mailbox, connection, import, export and run states.
A dot never stands alone: the word beside it carries the meaning (WCAG 1.4.1).

Hollow = waiting; teal = under way; green = good end; amber = needs a person; red = bad end;
grey = over; blue = a fact that changes nothing.
"""

from __future__ import annotations

WAITING = "dot-grey dot-hollow"
SOON = "dot-teal dot-hollow"
UNDER_WAY = "dot-teal"
GOOD = "dot-green"
NEEDS_YOU = "dot-amber"
BAD = "dot-red"
OVER = "dot-grey"
NOTED = "dot-blue"

DOTS: dict[str, str] = {
    # campaign
    "Draft": WAITING,
    "Starting": SOON,
    "Running": UNDER_WAY,
    "Paused": WAITING,
    "Completed": OVER,
    "Archived": OVER,
    # progress of a recipient
    "Not Started": WAITING,
    "Started": UNDER_WAY,
    "Replied": GOOD,
    "Interested": GOOD,
    "Meeting": GOOD,
    "Wrong person": OVER,
    "Referral": NOTED,
    "Not now": OVER,
    "Not interested": OVER,
    "Bounced": BAD,
    "Unsubscribed": OVER,
    "Stopped": OVER,
    # hold of a recipient
    "Needs attention": NEEDS_YOU,
    "Possible reply": NEEDS_YOU,
    "Out of office": NOTED,
    "Uncertain send": NEEDS_YOU,
    # step of a recipient
    "Pending": WAITING,
    "Sent": UNDER_WAY,
    "Bounced: (Ended)": BAD,
    "Failed": BAD,
    "Skipped": WAITING,
    "Uncertain": NEEDS_YOU,
    # message in the outbox
    "Planned": WAITING,
    "Queued": WAITING,
    "Being prepared": SOON,
    "Being handed to the mail server": UNDER_WAY,
    "Refused": BAD,
    "Cancelled": OVER,
    "Suppressed": OVER,
    # one person of a request for contact data
    "Waiting": WAITING,
    "Found": GOOD,
    "Nothing found": OVER,
    "Already there": NOTED,
    # provider of contact data
    "On": GOOD,
    "Off": WAITING,
    # contact point
    "Verified": GOOD,
    "Unknown": WAITING,
    "Invalid": BAD,
    "Used first": GOOD,
    # mailbox and connection
    "Connected": GOOD,
    "Connecting": SOON,
    "Not connected": WAITING,
    "Needs reconnect": NEEDS_YOU,
    "Needs re-linking": NEEDS_YOU,
    "Cannot be reached": NEEDS_YOU,
    "Paused by limit": WAITING,
    "Refused by policy": BAD,
    "Disconnected": OVER,
    "Switched off": OVER,
    "Removed": OVER,
    # gap meter
    "Nothing missing": GOOD,
    "Comparing": UNDER_WAY,
    "Not compared yet": WAITING,
    "Mail missing": NEEDS_YOU,
    "Not all compared": NEEDS_YOU,
    "Comparison stopped": NEEDS_YOU,
    # run, import, export
    "Uploaded": WAITING,
    "Done": GOOD,
    "Exported": GOOD,
    "Export Complete": GOOD,
    "Updated": GOOD,
    "Exporting": UNDER_WAY,
    # invitation and token
    "Invited": WAITING,
    "Joined": GOOD,
    "Active": GOOD,
    "Expired": OVER,
    "Revoked": OVER,
}


def dot(word: str) -> str:
    """CSS classes of the dot for a status word; "Out of office until 12 May" counts as "Out of office".

    A word outside the table gets the quiet dot of waiting: a page never fails over a colour. The tests ask
    the table for every status the rooms define, so that it does not come to that.
    """
    if word in DOTS:
        return DOTS[word]
    return DOTS.get(word.partition(" until ")[0], WAITING)
