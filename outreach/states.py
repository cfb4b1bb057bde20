"""Where one message, one mailbox and one inbound mail can stand, and the moves between.

Nothing writes a status without asking :func:`check` (or :func:`check_mailbox`) first. The tables are
docs/architecture.md "Sending" as data; the sentences people read about a status are in ``Reason``.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import IntegerChoices, TextChoices

from foundation.states import check_move


class MessageStatus(TextChoices):
    """One e-mail to one address. The row exists before the e-mail does."""

    PLANNED = "planned", "Planned"
    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Being prepared"
    SENDING = "sending", "Being handed to the mail server"
    SENT = "sent", "Sent"
    BOUNCED = "bounced", "Bounced"
    REFUSED = "refused", "Refused"
    UNCERTAIN = "uncertain", "Uncertain"
    CANCELLED = "cancelled", "Cancelled"
    SUPPRESSED = "suppressed", "Suppressed"
    FAILED = "failed", "Failed"


_S = MessageStatus
_GIVEN_UP = {_S.CANCELLED, _S.SUPPRESSED, _S.FAILED}

TRANSITIONS: Mapping[MessageStatus, frozenset[MessageStatus]] = {
    _S.PLANNED: frozenset({_S.QUEUED} | _GIVEN_UP),
    _S.QUEUED: frozenset({_S.CLAIMED} | _GIVEN_UP),
    # Back to the queue: a stale lease, a 4xx, or a line lost before DATA. Refused: a 5xx at RCPT.
    _S.CLAIMED: frozenset({_S.QUEUED, _S.SENDING, _S.REFUSED} | _GIVEN_UP),
    # Back to the queue only on a 4xx to DATA: the server said that it did not take the message.
    _S.SENDING: frozenset({_S.SENT, _S.REFUSED, _S.UNCERTAIN, _S.QUEUED}),
    _S.SENT: frozenset({_S.BOUNCED}),
    # Sent by proof, by a person, or by a late settle with the same token, which may also bring a refusal.
    # Queued only by a person: no timer ever re-sends, and the table cannot tell who asks.
    _S.UNCERTAIN: frozenset({_S.SENT, _S.REFUSED, _S.QUEUED}),
    _S.BOUNCED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.SUPPRESSED: frozenset(),
    _S.FAILED: frozenset(),
}

#: Waits for its moment; no worker holds it.
WAITING = frozenset({_S.PLANNED, _S.QUEUED})
#: A worker holds it under a lease.
HELD = frozenset({_S.CLAIMED, _S.SENDING})
#: May still be cancelled, edited away or suppressed: nothing has been handed to a mail server.
STOPPABLE = frozenset({_S.PLANNED, _S.QUEUED, _S.CLAIMED})
#: Not settled: its attempt is open and only the message's own outcome moves the recipient.
LIVE = frozenset({_S.PLANNED, _S.QUEUED, _S.CLAIMED, _S.SENDING, _S.UNCERTAIN})
#: Nothing follows. ``sent`` is not here: a bounce may still arrive.
TERMINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)
#: The mail server accepted it, or may have.
LEFT_US = frozenset({_S.SENT, _S.BOUNCED, _S.UNCERTAIN})
#: Rows of the mailbox's rolling 24 h count (docs/architecture.md "Sending" 10). A bounced message was
#: sent and the provider counted it: were it left out, every bounce would hand back room that is not there.
COUNTS_FOR_LIMIT = frozenset({_S.SENDING, _S.SENT, _S.UNCERTAIN, _S.BOUNCED})


def check(old: str, new: str) -> None:
    """Raise ``IllegalTransition`` unless a message in ``old`` may become ``new``."""
    check_move("message", TRANSITIONS, old, new)


class MailboxStatus(TextChoices):
    """A connected e-mail account."""

    CONNECTED = "connected", "Connected"
    NEEDS_RECONNECT = "needs_reconnect", "Needs reconnect"
    PAUSED = "paused", "Paused"
    REMOVED = "removed", "Removed"


_M = MailboxStatus

MAILBOX_TRANSITIONS: Mapping[MailboxStatus, frozenset[MailboxStatus]] = {
    _M.CONNECTED: frozenset({_M.NEEDS_RECONNECT, _M.PAUSED, _M.REMOVED}),
    _M.NEEDS_RECONNECT: frozenset({_M.CONNECTED, _M.REMOVED}),
    # A paused mailbox whose password is refused meanwhile needs a person, so that wins over the pause.
    _M.PAUSED: frozenset({_M.CONNECTED, _M.NEEDS_RECONNECT, _M.REMOVED}),
    # Linking the same account again revives the row, with its limits and its history.
    _M.REMOVED: frozenset({_M.CONNECTED}),
}

#: Mail may leave. Reading goes on while paused: replies must still stop campaigns.
MAY_SEND = frozenset({_M.CONNECTED})
MAY_READ = frozenset({_M.CONNECTED, _M.PAUSED})


def check_mailbox(old: str, new: str) -> None:
    """Raise ``IllegalTransition`` unless a mailbox in ``old`` may become ``new``."""
    check_move("mailbox", MAILBOX_TRANSITIONS, old, new)


class Verdict(TextChoices):
    """What one inbound mail is. Every mail read gets exactly one."""

    BOUNCE = "bounce", "Bounce"
    DELAYED = "delayed", "Delayed"
    DELIVERED = "delivered", "Delivery receipt"
    REPLY = "reply", "Reply"
    AUTO_REPLY = "auto_reply", "Automatic answer"
    UNSUBSCRIBE = "unsubscribe", "Unsubscribe request"
    COMPLAINT = "complaint", "Spam complaint"
    OWN_COPY = "own_copy", "Our own copy"
    OTHER = "other", "Other"


#: May end a recipient's campaign once matched; everything else is noted at most.
STOPS = frozenset({Verdict.BOUNCE, Verdict.REPLY, Verdict.UNSUBSCRIBE, Verdict.COMPLAINT})


class Interest(TextChoices):
    """What an answer says about the person's interest: read from its words, corrected or said by a person."""

    INTERESTED = "interested", "Interested"
    MEETING = "meeting", "Meeting"
    NOT_NOW = "not_now", "Not now"
    NOT_INTERESTED = "not_interested", "Not interested"
    WRONG_PERSON = "wrong_person", "Wrong person"
    REFERRAL = "referral", "Referral"


#: The person wants to go on: "interested" everywhere else (search, filters, other systems).
KEEN = frozenset({Interest.INTERESTED, Interest.MEETING})


class FailureClass(TextChoices):
    """Whose fault a refusal or a bounce is; decides what happens next (docs/behaviour.md §4)."""

    HARD = "hard", "The address is dead"
    SOFT = "soft", "Temporary"
    CONTENT = "content", "The message was not accepted"
    POLICY = "policy", "The receiver refuses the sender"
    MAILBOX = "mailbox", "The sending mailbox cannot send"


class Reason(TextChoices):
    """Why a message waits, was not sent or ended: the code is stored, the label is the sentence shown.

    Sentences carry no address and no name: they appear in logs and in the API too.
    """

    # Waiting: why not yet
    NOT_DUE = "not_due", "Planned for later."
    GRACE = "grace", "The campaign was started a moment ago; the first messages wait for the grace to end."
    NOT_BEFORE = "not_before", "Somebody asked not to send this before a later moment."
    PREVIOUS_STEP = "previous_step", "The step before it is not done yet."
    OPEN_TASK = "open_task", "An open task holds the next step."
    IN_LINE = "in_line", "Other messages of this mailbox go first."
    MAILBOX_GAP = "mailbox_gap", "The mailbox keeps a gap between two messages."
    MAILBOX_DAY = "mailbox_day", "The mailbox has reached its limit for 24 hours."
    MAILBOX_RAMP = "mailbox_ramp", "The mailbox is new; its limit rises week by week."
    PROVIDER_LIMIT = "provider_limit", "The mailbox stays below half of its provider's own limit."
    CAMPAIGN_DAY = "campaign_day", "The campaign has reached its limit for today."
    DAY_NOT_ALLOWED = "day_not_allowed", "Nothing is sent on this day of the week."
    HOLIDAY = "holiday", "Nothing is sent on this holiday."
    OUTSIDE_HOURS = "outside_hours", "Outside sending hours."
    CAMPAIGN_HELD = "campaign_held", "The campaign is paused."
    RECIPIENT_HELD = "recipient_held", "This person is on hold."
    MAILBOX_PAUSED = "mailbox_paused", "The mailbox is paused."
    FUSE_BOUNCES = "fuse_bounces", "The mailbox stopped itself: too many of its messages came back."
    FUSE_COMPLAINTS = (
        "fuse_complaints",
        "The mailbox stopped itself: too many of its messages were called spam.",
    )
    MAILBOX_RECONNECT = "mailbox_reconnect", "The mailbox has to be connected again."
    MAILBOX_REMOVED = "mailbox_removed", "The mailbox was removed."
    MAILBOX_WITHDRAWN = (
        "mailbox_withdrawn",
        "The owner of the mailbox does not lend it to the sender (any more).",
    )
    INBOX_NOT_READ = "inbox_not_read", "Waiting for the inbox to be read."
    SERVER_LATER = "server_later", "The mail server asked to try again later."
    SERVER_UNREACHABLE = "server_unreachable", "The mail server could not be reached."
    SERVER_QUOTA = "server_quota", "The mailbox's own provider has stopped it for a while."
    # Ends without being sent
    CANCELLED_BY_HAND = "cancelled_by_hand", "Cancelled by hand."
    STEP_REMOVED = "step_removed", "The step was removed."
    REPLIED = "replied", "The person has replied."
    UNSUBSCRIBED = "unsubscribed", "The person does not want to be written to."
    STOPPED = "stopped", "The campaign was stopped for this person."
    MERGED = "merged", "Merged with another person in the same campaign."
    SUPPRESSED_PERSON = "suppressed_person", "This person is on the do-not-contact list."
    SUPPRESSED_ADDRESS = "suppressed_address", "This address is on the do-not-contact list."
    SUPPRESSED_DOMAIN = "suppressed_domain", "This domain is on the do-not-contact list."
    SUPPRESSED_COMPANY = "suppressed_company", "This company is on the do-not-contact list."
    ERASED = "erased", "The person was erased."
    NO_ADDRESS = "no_address", "There is no address left to write to."
    VARIABLE_MISSING = "variable_missing", "A variable of the text has no value and no fallback."
    TEXT_BROKEN = "text_broken", "The text of the step cannot be rendered."
    # Ends at a mail server
    ADDRESS_DEAD = "address_dead", "The address does not exist or takes no mail."
    TEMPORARY = "temporary", "The mail server kept saying that it cannot take the message now."
    CONTENT_REFUSED = "content_refused", "The receiver did not accept this message; fix the step."
    POLICY_REFUSED = "policy_refused", "The receiver refuses mail from this sender."
    # Nobody knows
    LINE_LOST = "line_lost", "The line was lost while the message was being handed over."
    WORKER_LOST = "worker_lost", "The worker stopped while the message was being handed over."


def sentence(reason: str) -> str:
    """What a person reads for a stored reason code; the code itself if a newer version wrote it."""
    try:
        return str(Reason(reason).label)
    except ValueError:
        return reason


#: Reasons that stop a mailbox or a message for good until a person acts; no "until when" is shown for them.
NEEDS_A_PERSON = frozenset(
    {
        Reason.CAMPAIGN_HELD,
        Reason.RECIPIENT_HELD,
        Reason.MAILBOX_PAUSED,
        Reason.FUSE_BOUNCES,
        Reason.FUSE_COMPLAINTS,
        Reason.MAILBOX_RECONNECT,
        Reason.MAILBOX_REMOVED,
        Reason.MAILBOX_WITHDRAWN,
        Reason.OPEN_TASK,
    }
)

#: A mailbox that stopped itself; only a person lets it go on, with a reason (``outreach.fuses``).
FUSES = frozenset({Reason.FUSE_BOUNCES, Reason.FUSE_COMPLAINTS})

#: The class of a refusal as the reason stored with the message.
REASON_OF_CLASS: Mapping[FailureClass, Reason] = {
    FailureClass.HARD: Reason.ADDRESS_DEAD,
    FailureClass.SOFT: Reason.TEMPORARY,
    FailureClass.CONTENT: Reason.CONTENT_REFUSED,
    FailureClass.POLICY: Reason.POLICY_REFUSED,
    FailureClass.MAILBOX: Reason.SERVER_QUOTA,
}


class Turn(IntegerChoices):
    """Where in a mailbox's order a message stands; smaller goes first (docs/architecture.md "Sending" 2)."""

    MOVED_BY_HAND = 0, "Moved by hand"
    REPLY_OR_SINGLE = 1, "Reply or single mail"
    LATER_STEP = 2, "Later step"
    FIRST_STEP = 3, "First step"
    #: Done by a person: never in a mailbox's queue.
    MANUAL_TASK = 4, "Manual task"
