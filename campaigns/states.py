"""Where a campaign and its recipients stand: two facts per recipient, kept apart (docs/behaviour.md §2).

*Progress* is what happened; *hold* is why nothing happens now. Events still count after an end: a late
bounce or reply moves a recipient that had completed. Nothing writes either field without these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import TextChoices

from foundation.states import IllegalTransition, check_move
from outreach.states import FailureClass, MessageStatus


class CampaignStatus(TextChoices):
    """Archived is a mark beside it, not a status."""

    DRAFT = "draft", "Draft"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"


_C = CampaignStatus

CAMPAIGN_TRANSITIONS: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    _C.DRAFT: frozenset({_C.STARTING}),
    _C.STARTING: frozenset({_C.RUNNING, _C.PAUSED}),
    _C.RUNNING: frozenset({_C.PAUSED, _C.COMPLETED}),
    # Resume returns to where Pause was pressed.
    _C.PAUSED: frozenset({_C.STARTING, _C.RUNNING}),
    # Adding or reopening someone.
    _C.COMPLETED: frozenset({_C.RUNNING}),
}

#: Started and not over: its recipients have planned steps.
UNDER_WAY = frozenset({_C.STARTING, _C.RUNNING, _C.PAUSED})
#: Messages may leave (in ``starting`` none is due before the grace has ended).
ACTIVE = frozenset({_C.STARTING, _C.RUNNING})


def check_campaign(old: str, new: str) -> None:
    """Raise ``IllegalTransition`` unless a campaign in ``old`` may become ``new``."""
    check_move("campaign", CAMPAIGN_TRANSITIONS, old, new)


class Progress(TextChoices):
    """What happened so far to one person in one campaign."""

    NOT_STARTED = "not_started", "Not Started"
    STARTED = "started", "Started"
    COMPLETED = "completed", "Completed"
    REPLIED = "replied", "Replied"
    BOUNCED = "bounced", "Bounced"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    STOPPED = "stopped", "Stopped"


_P = Progress

#: Steps may still leave.
GOING = frozenset({_P.NOT_STARTED, _P.STARTED})
#: An end: no further step leaves. Events still count.
ENDED = frozenset(set(_P) - GOING)
#: A person may take these back: try again, "not a reply", start again.
REOPENABLE = frozenset({_P.BOUNCED, _P.REPLIED, _P.STOPPED})

PROGRESS_TRANSITIONS: Mapping[Progress, frozenset[Progress]] = {
    _P.NOT_STARTED: frozenset(
        {_P.STARTED, _P.COMPLETED, _P.REPLIED, _P.BOUNCED, _P.UNSUBSCRIBED, _P.STOPPED}
    ),
    _P.STARTED: frozenset({_P.COMPLETED, _P.REPLIED, _P.BOUNCED, _P.UNSUBSCRIBED, _P.STOPPED}),
    # A bounce of the last step: next address, or none left.
    _P.COMPLETED: frozenset({_P.STARTED, _P.BOUNCED, _P.REPLIED, _P.UNSUBSCRIBED, _P.STOPPED}),
    _P.REPLIED: frozenset({_P.NOT_STARTED, _P.STARTED, _P.COMPLETED, _P.UNSUBSCRIBED, _P.STOPPED}),
    _P.BOUNCED: frozenset({_P.NOT_STARTED, _P.STARTED, _P.REPLIED, _P.UNSUBSCRIBED, _P.STOPPED}),
    _P.STOPPED: frozenset({_P.NOT_STARTED, _P.STARTED, _P.COMPLETED, _P.REPLIED, _P.UNSUBSCRIBED}),
    # An opt-out concerns the person and is never taken back by an event or a click in a campaign.
    _P.UNSUBSCRIBED: frozenset(),
}


def check_progress(old: str, new: str) -> None:
    """Raise ``IllegalTransition`` unless a recipient's progress may go from ``old`` to ``new``."""
    check_move("recipient", PROGRESS_TRANSITIONS, old, new)


class StepKind(TextChoices):
    """Who does a step: Beckon sends the e-mail, a person does everything else (``campaigns.manual_tasks``)."""

    EMAIL = "email", "E-mail"
    CALL = "call", "Call"
    LINKEDIN = "linkedin", "LinkedIn message"
    SMS = "sms", "SMS"
    OTHER = "other", "Other task"


class TaskOutcome(TextChoices):
    """What a person made of a manual task. An open one has at most a note."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"


class RecipientEvent(TextChoices):
    """News about one recipient that can move its progress."""

    SENT = "sent", "A step was sent"
    TASK_DONE = "task_done", "A manual task was done or skipped"
    ALL_STEPS_DONE = "all_steps_done", "The last step is done"
    BOUNCED_NEXT_ADDRESS = "bounced_next_address", "An address bounced, another one is left"
    BOUNCED_NO_ADDRESS = "bounced_no_address", "An address bounced, none is left"
    REPLIED = "replied", "The person replied"
    OPTED_OUT = "opted_out", "The person opted out"
    STOPPED = "stopped", "Stopped by hand or by a merge"


_E = RecipientEvent

#: Event → the progress it leads to, per progress it applies to; an absent pair changes nothing.
AFTER: Mapping[RecipientEvent, Mapping[Progress, Progress]] = {
    _E.SENT: {_P.NOT_STARTED: _P.STARTED},
    _E.TASK_DONE: {_P.NOT_STARTED: _P.STARTED},
    _E.ALL_STEPS_DONE: {_P.NOT_STARTED: _P.COMPLETED, _P.STARTED: _P.COMPLETED},
    # A message refused at RCPT as the very first leaves the recipient where nothing was sent.
    _E.BOUNCED_NEXT_ADDRESS: {_P.COMPLETED: _P.STARTED},
    _E.BOUNCED_NO_ADDRESS: {
        _P.NOT_STARTED: _P.BOUNCED,
        _P.STARTED: _P.BOUNCED,
        _P.COMPLETED: _P.BOUNCED,
    },
    _E.REPLIED: {old: _P.REPLIED for old in _P if old not in {_P.REPLIED, _P.UNSUBSCRIBED}},
    _E.OPTED_OUT: {old: _P.UNSUBSCRIBED for old in _P if old is not _P.UNSUBSCRIBED},
    _E.STOPPED: {old: _P.STOPPED for old in _P if old not in {_P.STOPPED, _P.UNSUBSCRIBED}},
}


def progress_after(progress: str, event: RecipientEvent) -> Progress:
    """The progress once ``event`` is known; the same one if the event changes nothing.

    Events may arrive late, twice and in any order (docs/behaviour.md §2 "Events still count after an end").
    """
    now = Progress(progress)
    return AFTER[event].get(now, now)


def reopened(progress: str, *, anything_sent: bool, steps_left: bool) -> Progress:
    """Where a recipient stands after a person took its end back; raises ``IllegalTransition`` if none may."""
    old = Progress(progress)
    if old not in REOPENABLE:
        raise IllegalTransition("recipient", old, Progress.STARTED)
    if not anything_sent:
        return Progress.NOT_STARTED
    # A bounced recipient repeats the step that bounced, so one step is always left.
    if steps_left or old is Progress.BOUNCED:
        return Progress.STARTED
    return Progress.COMPLETED


#: Ends that somebody wanted; they count more than any number of steps.
_WANTED: Mapping[Progress, int] = {_P.UNSUBSCRIBED: 3, _P.REPLIED: 2, _P.STOPPED: 1}


def further_on(progress: str, *, steps_out: int) -> tuple[int, int, bool]:
    """How far a recipient is, to be compared when a merge puts one person twice into a campaign: the greater stays.

    An end that somebody wanted (an opt-out, a reply, a stop) goes before the steps that are out, and of two equally
    far on the one that is still going stays (docs/behaviour.md §2).
    """
    now = Progress(progress)
    return _WANTED.get(now, 0), steps_out, now in GOING


class Hold(TextChoices):
    """Why nothing happens to a recipient at the moment; releasing it returns to where it was."""

    NONE = "none", ""
    PAUSED = "paused", "Paused"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    POSSIBLE_REPLY = "possible_reply", "Possible reply"
    OUT_OF_OFFICE = "out_of_office", "Out of office"
    UNCERTAIN_SEND = "uncertain_send", "Uncertain send"


#: A recipient has one hold. A person's Pause is never replaced by a machine's hold, and no hold by a weaker
#: one. What a stronger hold hides is found again when it is released: an uncertain message keeps the attempt
#: open, a missing address is missing at the next try, a possible reply stays a question in the inbox.
HOLD_STRENGTH: Mapping[Hold, int] = {
    Hold.NONE: 0,
    Hold.OUT_OF_OFFICE: 1,
    Hold.POSSIBLE_REPLY: 2,
    Hold.NEEDS_ATTENTION: 3,
    Hold.UNCERTAIN_SEND: 4,
    Hold.PAUSED: 5,
}


def hold_after(current: str, new: Hold) -> Hold:
    """The hold that stands when ``new`` is asked for while ``current`` stands: the stronger one."""
    now = Hold(current)
    return new if HOLD_STRENGTH[new] >= HOLD_STRENGTH[now] else now


class HoldReason(TextChoices):
    """Stored beside a hold; the label is the sentence shown."""

    NONE = "", ""
    PAUSED_BY_HAND = "paused_by_hand", "Paused by hand."
    REPLIED_ELSEWHERE = "replied_elsewhere", "The person replied in another campaign."
    COMPANY_REPLIED = "company_replied", "Somebody else at the same company has replied."
    WROTE_BY_HAND = "wrote_by_hand", "You wrote by hand."
    NO_ADDRESS = "no_address", "No address."
    NO_PERSONAL_ADDRESS = "no_personal_address", "No personal address, other types are switched off."
    NO_WORK_ADDRESS = "no_work_address", "No work address, other types are switched off."
    ADDRESS_TAKEN = "address_taken", "Somebody else in this campaign has the same address."
    POSSIBLE_DUPLICATE = "possible_duplicate", "May be the same person as somebody else in this campaign."
    VARIABLE_MISSING = "variable_missing", "A variable of the text has no value and no fallback."
    PLACEHOLDER_EMPTY = "placeholder_empty", "A placeholder of the text has not been filled in."
    TEXT_BROKEN = "text_broken", "The text of the step cannot be rendered."
    FIX_THE_STEP = "fix_the_step", "The receiver did not accept this message; fix the step."
    POLICY_REFUSED = "policy_refused", "The receiver refuses mail from this sender."
    DOUBTFUL_MATCH = "doubtful_match", "A mail may be this person's reply."
    OUT_OF_OFFICE = "out_of_office", "The person is out of office."
    UNCERTAIN_SEND = "uncertain_send", "Nobody knows whether the last message left."


#: The text is what is wrong: whoever mends it, or fills in what it asks for, lets the recipient go on.
OF_THE_TEXT = frozenset({HoldReason.VARIABLE_MISSING, HoldReason.PLACEHOLDER_EMPTY, HoldReason.TEXT_BROKEN})


class StepStatus(TextChoices):
    """The words of a step per recipient and attempt, exactly as docs/behaviour.md §2."""

    PENDING = "pending", "Pending"
    SENT = "sent", "Sent"
    REPLIED = "replied", "Replied"
    BOUNCED = "bounced", "Bounced: (Ended)"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    UNCERTAIN = "uncertain", "Uncertain"
    DONE = "done", "Done"


class AttemptOutcome(TextChoices):
    """How one attempt (recipient, step, address) ended, as ``folding`` needs to tell it apart."""

    OPEN = "open", "Open"
    SENT = "sent", "Sent"
    HARD = "hard", "Bounced hard"
    SOFT = "soft", "Failed for now"
    CONTENT = "content", "Not accepted"
    POLICY = "policy", "Refused by policy"
    SKIPPED = "skipped", "Skipped"
    BROKEN = "broken", "Could not be made"
    UNCERTAIN = "uncertain", "Uncertain"


_O = AttemptOutcome
_BY_CLASS: Mapping[str, AttemptOutcome] = {
    FailureClass.HARD: _O.HARD,
    FailureClass.SOFT: _O.SOFT,
    FailureClass.CONTENT: _O.CONTENT,
    FailureClass.POLICY: _O.POLICY,
    # The mailbox's trouble never ends a message; one stored as such is treated like a temporary failure.
    FailureClass.MAILBOX: _O.SOFT,
}
_BY_STATUS: Mapping[MessageStatus, AttemptOutcome] = {
    MessageStatus.SENT: _O.SENT,
    MessageStatus.CANCELLED: _O.SKIPPED,
    MessageStatus.SUPPRESSED: _O.SKIPPED,
    MessageStatus.UNCERTAIN: _O.UNCERTAIN,
}
_STEP_STATUS: Mapping[AttemptOutcome, StepStatus] = {
    _O.OPEN: StepStatus.PENDING,
    _O.SENT: StepStatus.SENT,
    _O.HARD: StepStatus.BOUNCED,
    _O.SOFT: StepStatus.FAILED,
    _O.CONTENT: StepStatus.FAILED,
    _O.POLICY: StepStatus.FAILED,
    _O.BROKEN: StepStatus.FAILED,
    _O.SKIPPED: StepStatus.SKIPPED,
    _O.UNCERTAIN: StepStatus.UNCERTAIN,
}


def outcome_of(message_status: str, failure_class: str = "") -> AttemptOutcome:
    """The outcome a message's status and failure class mean for its attempt.

    A refusal or bounce without a class is doubtful, and doubtful is soft (docs/behaviour.md §4). A message
    that failed without a class never reached a server: its text could not be made.
    """
    status = MessageStatus(message_status)
    if status in {MessageStatus.BOUNCED, MessageStatus.REFUSED}:
        return _BY_CLASS.get(failure_class, _O.SOFT)
    if status is MessageStatus.FAILED:
        return _BY_CLASS.get(failure_class, _O.BROKEN)
    return _BY_STATUS.get(status, _O.OPEN)


def step_status(outcome: str | None, *, answered: bool = False) -> StepStatus:
    """The word shown for a step: ``outcome`` is None while no attempt exists; ``answered`` = by a reply."""
    if outcome is None:
        return StepStatus.PENDING
    word = _STEP_STATUS[AttemptOutcome(outcome)]
    if answered and word in {StepStatus.SENT, StepStatus.UNCERTAIN}:
        return StepStatus.REPLIED
    return word


def badge(progress: str, hold: str, *, until: date | None = None) -> str:
    """The word on a recipient's badge: the hold if there is one, otherwise the progress.

    ``until`` is the local date of an out-of-office. Whoever ends a recipient releases its hold
    (docs/behaviour.md §2).
    """
    held = Hold(hold)
    if held is Hold.NONE:
        return str(Progress(progress).label)
    if held is Hold.OUT_OF_OFFICE and until is not None:
        return f"Out of office until {until.day} {until:%b %Y}"
    return str(held.label)
