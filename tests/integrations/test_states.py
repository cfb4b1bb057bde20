"""What may follow what."""

from __future__ import annotations

import pytest

from foundation.states import IllegalTransition
from integrations.states import (
    CONNECTION_TRANSITIONS,
    EXPORTED,
    ITEM_TRANSITIONS,
    OPEN,
    RETRYABLE,
    ConnectionStatus,
    ItemStatus,
    check_connection,
    check_item,
)


def test_every_status_has_its_row() -> None:
    assert set(CONNECTION_TRANSITIONS) == set(ConnectionStatus)
    assert set(ITEM_TRANSITIONS) == set(ItemStatus)


def test_an_item_is_open_exported_or_may_be_retried_and_never_two_of_them() -> None:
    assert set(ItemStatus) == OPEN | EXPORTED | RETRYABLE
    assert len(OPEN) + len(EXPORTED) + len(RETRYABLE) == len(ItemStatus)
    assert all(not ITEM_TRANSITIONS[status] for status in EXPORTED)
    assert all(ITEM_TRANSITIONS[status] == {ItemStatus.QUEUED} for status in RETRYABLE)


@pytest.mark.parametrize("old", ItemStatus)
@pytest.mark.parametrize("new", ItemStatus)
def test_an_item_moves_only_along_the_table(old: ItemStatus, new: ItemStatus) -> None:
    if new in ITEM_TRANSITIONS[old]:
        check_item(old, new)
    else:
        with pytest.raises(IllegalTransition):
            check_item(old, new)


def test_a_removed_connection_comes_back_as_a_draft_only() -> None:
    check_connection("removed", "draft")
    for status in set(ConnectionStatus) - {ConnectionStatus.DRAFT}:
        with pytest.raises(IllegalTransition):
            check_connection("removed", status)


def test_only_a_verification_connects() -> None:
    leads = {
        old for old, following in CONNECTION_TRANSITIONS.items() if ConnectionStatus.CONNECTED in following
    }
    assert leads == {ConnectionStatus.VERIFYING}
