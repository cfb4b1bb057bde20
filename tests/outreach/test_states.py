"""The machine of one message, as docs/architecture.md "Sending" draws it."""

from __future__ import annotations

import pytest

from foundation.states import IllegalTransition
from outreach.states import (
    COUNTS_FOR_LIMIT,
    HELD,
    LIVE,
    MAILBOX_TRANSITIONS,
    REASON_OF_CLASS,
    STOPPABLE,
    TERMINAL,
    TRANSITIONS,
    WAITING,
    FailureClass,
    MailboxStatus,
    MessageStatus,
    Reason,
    check,
    check_mailbox,
    sentence,
)

ARROWS = """
planned queued cancelled suppressed failed
queued claimed cancelled suppressed failed
claimed queued sending refused cancelled suppressed failed
sending sent refused uncertain queued
sent bounced
uncertain sent refused queued
"""


def test_the_table_is_the_drawing_and_nothing_else() -> None:
    drawn = {line.split()[0]: set(line.split()[1:]) for line in ARROWS.strip().splitlines()}

    for old in MessageStatus:
        for new in MessageStatus:
            if new.value in drawn.get(old.value, set()):
                check(old, new)
            else:
                with pytest.raises(IllegalTransition, match=f"message: {old} cannot become {new}"):
                    check(old, new)


def test_what_is_being_handed_over_can_no_longer_be_taken_back() -> None:
    for new in ("cancelled", "suppressed", "failed", "claimed"):
        with pytest.raises(IllegalTransition):
            check("sending", new)


def test_a_sent_message_never_goes_back_to_the_queue() -> None:
    reachable, todo = set(), {MessageStatus.SENT}
    while todo:
        status = todo.pop()
        reachable.add(status)
        todo |= TRANSITIONS[status] - reachable

    assert reachable == {MessageStatus.SENT, MessageStatus.BOUNCED}


def test_the_named_sets_fit_together() -> None:
    assert set(TRANSITIONS) == set(MessageStatus)
    assert WAITING < STOPPABLE < LIVE
    assert HELD < LIVE
    assert not LIVE & TERMINAL
    assert set(MessageStatus) == LIVE | TERMINAL | {MessageStatus.SENT}
    for status in STOPPABLE:
        assert MessageStatus.CANCELLED in TRANSITIONS[status]


def test_whatever_may_have_left_counts_for_the_limit_also_after_it_bounced() -> None:
    assert {str(status) for status in COUNTS_FOR_LIMIT} == {"sending", "sent", "uncertain", "bounced"}


def test_a_removed_mailbox_comes_back_only_by_linking_it_again() -> None:
    assert set(MAILBOX_TRANSITIONS) == set(MailboxStatus)
    check_mailbox("removed", "connected")
    for new in ("paused", "needs_reconnect"):
        with pytest.raises(IllegalTransition):
            check_mailbox("removed", new)


def test_every_reason_is_a_sentence_and_every_class_has_one() -> None:
    for reason in Reason:
        text = sentence(reason)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "@" not in text
    assert set(REASON_OF_CLASS) == set(FailureClass)


def test_a_reason_of_a_newer_version_is_shown_as_it_is() -> None:
    assert sentence("from_the_future") == "from_the_future"
