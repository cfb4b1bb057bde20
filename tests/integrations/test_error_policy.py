"""Which error leads to what; one row per rule of docs/architecture.md, "Integrations"."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base import errors
from integrations.error_policy import RETRY_DELAYS, CheckCredential, Failed, Later, Verdict, verdict
from integrations.states import Reason

NOW = datetime.datetime(2026, 5, 12, 9, 0, tzinfo=datetime.UTC)
INDEX = datetime.timedelta(minutes=2)
MINUTE = datetime.timedelta(minutes=1)


def decide(error: errors.ConnectorError, **values: Any) -> Verdict:
    asked: dict[str, Any] = {
        "attempts": 0,
        "now": NOW,
        "index_delay": INDEX,
        "vendor": "SourceWhale",
        **values,
    }
    return verdict(error, **asked)


def test_temporary_trouble_waits_longer_each_time_and_then_fails() -> None:
    for attempt, delay in enumerate(RETRY_DELAYS):
        assert decide(errors.TemporaryError("down"), attempts=attempt) == Later(NOW + delay)
    given_up = decide(errors.TemporaryError("down"), attempts=len(RETRY_DELAYS))
    assert given_up == Failed(Reason.KEEPS_FAILING, "SourceWhale keeps failing: down")


def test_an_unknown_outcome_waits_at_least_the_index_delay() -> None:
    assert decide(errors.OutcomeUnknown("cut")) == Later(NOW + INDEX)
    assert decide(errors.OutcomeUnknown("cut"), attempts=6) == Later(NOW + RETRY_DELAYS[6])
    given_up = decide(errors.OutcomeUnknown("cut"), attempts=len(RETRY_DELAYS))
    assert isinstance(given_up, Failed)
    assert given_up.reason == Reason.UNCONFIRMED


def test_a_pause_the_vendor_asks_for_is_kept_by_all_and_counts_for_nobody() -> None:
    error = errors.RateLimited("slow down", retry_after=MINUTE)
    for attempts in (0, 100):
        assert decide(error, attempts=attempts) == Later(NOW + MINUTE, counted=False, whole_account=True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.Rejected("bad phone"), Reason.REJECTED),
        (errors.NotFound("no such campaign"), Reason.TARGET_GONE),
        (errors.MalformedResponse("no list"), Reason.UNEXPECTED_ANSWER),
        (errors.Unsupported("no"), Reason.INTERNAL),
    ],
)
def test_what_repeating_cannot_mend_fails_with_the_vendors_words(
    error: errors.ConnectorError, reason: Reason
) -> None:
    decided = decide(error)
    assert isinstance(decided, Failed)
    assert decided.reason == reason
    assert decided.text.endswith(str(error))


def test_a_record_that_is_gone_is_tried_anew() -> None:
    assert isinstance(decide(errors.RecordGone("gone")), Later)


@pytest.mark.parametrize("error", [errors.AuthError("bad key"), errors.Forbidden("not yours")])
def test_a_refusal_of_the_credential_is_checked_before_it_is_believed(error: errors.ConnectorError) -> None:
    decided = decide(error)
    assert isinstance(decided, CheckCredential)
    assert decided.otherwise.reason == Reason.NO_ACCESS


@given(attempts=st.integers(0, len(RETRY_DELAYS) - 1), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_only_ever_lengthens_a_wait_and_by_at_most_half(attempts: int, jitter: float) -> None:
    decided = decide(errors.TemporaryError("down"), attempts=attempts, jitter=jitter)
    assert isinstance(decided, Later)
    assert RETRY_DELAYS[attempts] <= decided.not_before - NOW <= RETRY_DELAYS[attempts] * 1.5


@given(words=st.text(max_size=2_000))
def test_no_reason_is_longer_than_its_column(words: str) -> None:
    for kind in (errors.Rejected, errors.NotFound, errors.MalformedResponse):
        decided = decide(kind(words))
        assert isinstance(decided, Failed)
        assert len(decided.text) <= 500
