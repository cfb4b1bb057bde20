"""Where campaigns and recipients stand: docs/behaviour.md §2."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.states import (
    AFTER,
    CAMPAIGN_TRANSITIONS,
    ENDED,
    GOING,
    PROGRESS_TRANSITIONS,
    AttemptOutcome,
    CampaignStatus,
    Hold,
    Progress,
    RecipientEvent,
    StepStatus,
    badge,
    check_campaign,
    check_progress,
    hold_after,
    outcome_of,
    progress_after,
    reopened,
    step_status,
)
from foundation.states import IllegalTransition
from outreach.states import FailureClass, MessageStatus


def test_every_status_has_its_row_in_the_tables() -> None:
    assert set(CAMPAIGN_TRANSITIONS) == set(CampaignStatus)
    assert set(PROGRESS_TRANSITIONS) == set(Progress)
    assert set(AFTER) == set(RecipientEvent)
    assert set(Progress) == GOING | ENDED


def test_a_campaign_starts_through_the_grace_and_returns_from_pause_to_where_it_was() -> None:
    for old, new in [
        ("draft", "starting"),
        ("starting", "running"),
        ("starting", "paused"),
        ("paused", "starting"),
        ("running", "paused"),
        ("paused", "running"),
        ("running", "completed"),
        ("completed", "running"),
    ]:
        check_campaign(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("draft", "running"), ("draft", "paused"), ("starting", "starting"), ("running", "draft")],
)
def test_a_campaign_cannot_jump(old: str, new: str) -> None:
    with pytest.raises(IllegalTransition, match=f"campaign: {old} cannot become {new}"):
        check_campaign(old, new)


def test_every_event_moves_along_the_table() -> None:
    for event, moves in AFTER.items():
        for old, new in moves.items():
            check_progress(old, new)
            assert progress_after(old, event) is new


@pytest.mark.parametrize("old", [p for p in Progress if p is not Progress.UNSUBSCRIBED])
def test_a_reply_turns_anything_but_unsubscribed_into_replied(old: Progress) -> None:
    assert progress_after(old, RecipientEvent.REPLIED) is Progress.REPLIED


@pytest.mark.parametrize("old", list(Progress))
def test_an_opt_out_turns_anything_into_unsubscribed(old: Progress) -> None:
    assert progress_after(old, RecipientEvent.OPTED_OUT) is Progress.UNSUBSCRIBED


def test_a_late_bounce_takes_a_completed_recipient_back_or_ends_it() -> None:
    assert progress_after("completed", RecipientEvent.BOUNCED_NEXT_ADDRESS) is Progress.STARTED
    assert progress_after("completed", RecipientEvent.BOUNCED_NO_ADDRESS) is Progress.BOUNCED


@pytest.mark.parametrize("old", [Progress.REPLIED, Progress.STOPPED, Progress.UNSUBSCRIBED])
def test_a_late_bounce_changes_nothing_for_those_who_answered_or_were_stopped(old: Progress) -> None:
    assert progress_after(old, RecipientEvent.BOUNCED_NEXT_ADDRESS) is old
    assert progress_after(old, RecipientEvent.BOUNCED_NO_ADDRESS) is old


@settings(deadline=None)
@given(events=st.lists(st.sampled_from(RecipientEvent)))
def test_events_may_come_in_any_order_and_twice(events: list[RecipientEvent]) -> None:
    progress = Progress.NOT_STARTED
    for event in events:
        after = progress_after(progress, event)
        assert progress_after(after, event) is after or event is RecipientEvent.BOUNCED_NEXT_ADDRESS
        if after is not progress:
            check_progress(progress, after)
        progress = after

    if RecipientEvent.OPTED_OUT in events:
        assert progress is Progress.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("progress", "sent", "left", "expected"),
    [
        ("bounced", True, False, Progress.STARTED),
        ("bounced", False, True, Progress.NOT_STARTED),
        ("replied", True, True, Progress.STARTED),
        ("replied", True, False, Progress.COMPLETED),
        ("stopped", False, True, Progress.NOT_STARTED),
    ],
)
def test_a_person_may_reopen_an_end(progress: str, sent: bool, left: bool, expected: Progress) -> None:
    assert reopened(progress, anything_sent=sent, steps_left=left) is expected
    check_progress(progress, expected)


@pytest.mark.parametrize("progress", ["unsubscribed", "completed", "started", "not_started"])
def test_other_ends_cannot_be_reopened(progress: str) -> None:
    with pytest.raises(IllegalTransition):
        reopened(progress, anything_sent=True, steps_left=True)


@pytest.mark.parametrize(
    ("status", "failure", "outcome", "word"),
    [
        ("planned", "", AttemptOutcome.OPEN, "Pending"),
        ("queued", "", AttemptOutcome.OPEN, "Pending"),
        ("claimed", "", AttemptOutcome.OPEN, "Pending"),
        ("sending", "", AttemptOutcome.OPEN, "Pending"),
        ("sent", "", AttemptOutcome.SENT, "Sent"),
        ("bounced", "hard", AttemptOutcome.HARD, "Bounced: (Ended)"),
        ("refused", "hard", AttemptOutcome.HARD, "Bounced: (Ended)"),
        ("bounced", "soft", AttemptOutcome.SOFT, "Failed"),
        ("bounced", "", AttemptOutcome.SOFT, "Failed"),
        ("refused", "content", AttemptOutcome.CONTENT, "Failed"),
        ("refused", "policy", AttemptOutcome.POLICY, "Failed"),
        ("failed", "soft", AttemptOutcome.SOFT, "Failed"),
        ("failed", "", AttemptOutcome.BROKEN, "Failed"),
        ("cancelled", "", AttemptOutcome.SKIPPED, "Skipped"),
        ("suppressed", "", AttemptOutcome.SKIPPED, "Skipped"),
        ("uncertain", "", AttemptOutcome.UNCERTAIN, "Uncertain"),
    ],
)
def test_a_message_means_an_outcome_and_a_word(
    status: str, failure: str, outcome: AttemptOutcome, word: str
) -> None:
    assert outcome_of(status, failure) is outcome
    assert step_status(outcome).label == word


def test_every_status_and_class_has_an_outcome_and_every_outcome_a_word() -> None:
    for status in MessageStatus:
        for failure in ["", *FailureClass]:
            assert step_status(outcome_of(status, failure)) in StepStatus


def test_a_step_without_an_attempt_is_pending_and_an_answered_one_is_replied() -> None:
    assert step_status(None) is StepStatus.PENDING
    assert step_status("sent", answered=True) is StepStatus.REPLIED
    assert step_status("uncertain", answered=True) is StepStatus.REPLIED
    assert step_status("hard", answered=True) is StepStatus.BOUNCED


def test_the_badge_shows_the_hold_if_there_is_one_and_the_progress_otherwise() -> None:
    assert badge("not_started", "none") == "Not Started"
    assert badge("started", "needs_attention") == "Needs attention"
    assert badge("started", "uncertain_send") == "Uncertain send"
    assert badge("started", "out_of_office", until=date(2026, 12, 3)) == "Out of office until 3 Dec 2026"
    assert badge("started", "out_of_office") == "Out of office"


def test_a_persons_pause_is_not_replaced_by_a_machines_hold() -> None:
    assert hold_after("paused", Hold.OUT_OF_OFFICE) is Hold.PAUSED
    assert hold_after("paused", Hold.UNCERTAIN_SEND) is Hold.PAUSED
    assert hold_after("out_of_office", Hold.PAUSED) is Hold.PAUSED
    assert hold_after("possible_reply", Hold.OUT_OF_OFFICE) is Hold.POSSIBLE_REPLY
    assert hold_after("none", Hold.OUT_OF_OFFICE) is Hold.OUT_OF_OFFICE
