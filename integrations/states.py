"""Where a connection, a link and an export item stand, and what may follow; the only way to write a status.

Pure: tables and the decisions made from them. See docs/architecture.md, "Integrations", and docs/behaviour.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

from foundation.states import check_move


class ConnectionStatus(TextChoices):
    """Where a connection stands; the labels are the words on its badge."""

    DRAFT = "draft", "Not connected"
    VERIFYING = "verifying", "Connecting"
    CONNECTED = "connected", "Connected"
    NEEDS_RECONNECT = "needs_reconnect", "Needs reconnect"
    REMOVED = "removed", "Removed"


_C = ConnectionStatus

CONNECTION_TRANSITIONS: Mapping[ConnectionStatus, frozenset[ConnectionStatus]] = {
    _C.DRAFT: frozenset({_C.VERIFYING, _C.REMOVED}),
    # Back to where it came from when the verification says no: a new one to draft, an old one to reconnect.
    _C.VERIFYING: frozenset({_C.VERIFYING, _C.CONNECTED, _C.DRAFT, _C.NEEDS_RECONNECT, _C.REMOVED}),
    _C.CONNECTED: frozenset({_C.VERIFYING, _C.NEEDS_RECONNECT, _C.REMOVED}),
    _C.NEEDS_RECONNECT: frozenset({_C.VERIFYING, _C.REMOVED}),
    # The same account connected again keeps its links.
    _C.REMOVED: frozenset({_C.DRAFT}),
}

#: Shown as "Your connections"; a draft is an unfinished wizard, a removed one is history.
ESTABLISHED = frozenset({_C.CONNECTED, _C.NEEDS_RECONNECT})


def check_connection(old: str, new: str) -> None:
    """Raise IllegalTransition unless a connection in ``old`` may become ``new``."""
    check_move("connection", CONNECTION_TRANSITIONS, old, new)


class LinkState(TextChoices):
    """``creating`` is committed before the vendor is asked to create (docs/architecture.md, "Integrations")."""

    CREATING = "creating", "Being created"
    LINKED = "linked", "Linked"
    GONE = "gone", "No longer there"


class ExportMode(TextChoices):
    """As what people go over (seed 000)."""

    PROSPECTS = "prospects", "Prospects"
    CANDIDATES = "candidates", "Candidates"


class ItemStatus(TextChoices):
    """Every item ends as sent, updated, skipped or failed (docs/behaviour.md §7)."""

    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Exporting"
    SENT = "sent", "Sent"
    UPDATED = "updated", "Updated"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"


_I = ItemStatus

ITEM_TRANSITIONS: Mapping[ItemStatus, frozenset[ItemStatus]] = {
    # Skipped from the queue: the run was cancelled.
    _I.QUEUED: frozenset({_I.CLAIMED, _I.SKIPPED}),
    _I.CLAIMED: frozenset({_I.QUEUED, _I.SENT, _I.UPDATED, _I.SKIPPED, _I.FAILED}),
    _I.SENT: frozenset(),
    _I.UPDATED: frozenset(),
    # A person retries it alone.
    _I.SKIPPED: frozenset({_I.QUEUED}),
    _I.FAILED: frozenset({_I.QUEUED}),
}

#: Work is left.
OPEN = frozenset({_I.QUEUED, _I.CLAIMED})
#: Counts as exported (docs/behaviour.md §7).
EXPORTED = frozenset({_I.SENT, _I.UPDATED})
#: A person may send it again alone.
RETRYABLE = frozenset({_I.SKIPPED, _I.FAILED})


def check_item(old: str, new: str) -> None:
    """Raise IllegalTransition unless an item in ``old`` may become ``new``."""
    check_move("item", ITEM_TRANSITIONS, old, new)


class SyncKind(TextChoices):
    """What a sync task does."""

    PUSH = "push", "Write the person"
    NOTE = "note", "Add a note"


class SyncStatus(TextChoices):
    """Where a sync task stands."""

    QUEUED = "queued", "Waiting"
    CLAIMED = "claimed", "Under way"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Not needed"
    #: A person has to do something; the reason says what.
    ATTENTION = "attention", "Needs attention"
    CANCELLED = "cancelled", "Cancelled"


_S = SyncStatus

SYNC_TRANSITIONS: Mapping[SyncStatus, frozenset[SyncStatus]] = {
    _S.QUEUED: frozenset({_S.CLAIMED, _S.CANCELLED}),
    _S.CLAIMED: frozenset({_S.QUEUED, _S.DONE, _S.SKIPPED, _S.ATTENTION, _S.CANCELLED}),
    _S.ATTENTION: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.DONE: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.CANCELLED: frozenset(),
}
#: Work is left for a worker.
SYNC_OPEN = frozenset({_S.QUEUED, _S.CLAIMED})


def check_sync(old: str, new: str) -> None:
    """Raise IllegalTransition unless a sync task in ``old`` may become ``new``."""
    check_move("sync task", SYNC_TRANSITIONS, old, new)


class NoteState(TextChoices):
    """``kept`` until the person has a record there; ``writing`` is committed before the vendor is asked to write."""

    KEPT = "kept", "Kept until there is a record"
    QUEUED = "queued", "To be written"
    WRITING = "writing", "Being written"
    SENT = "sent", "Written"
    DROPPED = "dropped", "Not wanted any more"


class CallStatus(TextChoices):
    """What became of one delivery of a webhook."""

    RECEIVED = "received", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Reason(TextChoices):
    """Why an item was skipped or failed; the label is the short form in counts and lists."""

    NONE = "", ""
    ALREADY_EXPORTED = "already_exported", "already exported"
    NO_SUCH_RECORD_TYPE = "no_such_record_type", "contacts cannot be sent there"
    NO_EMAIL = "no_email", "no e-mail address"
    MISSING_FIELD = "missing_field", "a field is missing"
    NO_TARGET = "no_target", "no job chosen"
    COMPANY = "company", "the company is not chosen"
    CANCELLED = "cancelled", "the export was cancelled"
    REJECTED = "rejected", "refused there"
    NO_ACCESS = "no_access", "no access there"
    TARGET_GONE = "target_gone", "the target is no longer there"
    UNEXPECTED_ANSWER = "unexpected_answer", "unexpected answer"
    KEEPS_FAILING = "keeps_failing", "keeps failing"
    UNCONFIRMED = "unconfirmed", "not confirmed"
    UNSEARCHABLE = "unsearchable", "cannot be looked up there"
    NOT_WANTED = "not_wanted", "not asked for any more"
    NO_RECORD = "no_record", "no record there yet"
    NOT_OURS = "not_ours", "notes go only on records made here"
    REPLACED = "replaced", "a later one does it"
    CONNECTION_REMOVED = "connection_removed", "the connection was removed"
    INTERNAL = "internal", "internal error"


#: Whether it arrived there was never confirmed: somebody has to look before it is tried again.
UNSURE = (Reason.UNCONFIRMED, Reason.UNSEARCHABLE)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an export item or a sync task ends without a confirmed write; ``fields`` as in its log."""

    status: ItemStatus | SyncStatus
    reason: Reason
    text: str
    fields: Sequence[Mapping[str, str]] = ()
