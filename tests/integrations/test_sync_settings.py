"""Which value of a sync setting counts, and what becomes of people and notes by it: pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import sync_settings
from integrations.base.records import NoteKind
from integrations.sync_settings import (
    AddWhen,
    Held,
    Level,
    Lock,
    NoteFate,
    SettingRefused,
    note_fate,
    pushes,
    resolve,
)


def held(level: Level, value: Any, **values: Any) -> Held:
    return Held(level=level, value=value, **values)


def test_without_a_word_from_anybody_the_default_counts() -> None:
    found = resolve("add", [])
    assert (found.value, found.level, found.locked) == ("never", None, False)


def test_the_nearest_one_that_says_something_wins() -> None:
    rows = [held(Level.ORGANISATION, "added"), held(Level.USER, "replied"), held(Level.CAMPAIGN, "never")]
    assert resolve("add", rows).value == "never"
    assert resolve("add", rows).level is Level.CAMPAIGN
    assert resolve("add", [*rows, held(Level.PERSON, "interested")]).value == "interested"


def test_a_lock_makes_lower_values_count_only_when_an_administrator_wrote_them() -> None:
    above = held(Level.ORGANISATION, "replied", lock=Lock())
    rows = [above, held(Level.CAMPAIGN, "added", by_admin=True), held(Level.PERSON, "never")]
    found = resolve("add", rows)
    assert (found.value, found.level, found.locked) == ("added", Level.CAMPAIGN, True)
    assert found.ignored == (Level.PERSON,)
    # After unlocking they count again: nothing was lost.
    unlocked = [held(Level.ORGANISATION, "replied"), *rows[1:]]
    assert resolve("add", unlocked).value == "never"


def test_a_value_at_a_level_the_setting_does_not_have_is_not_looked_at() -> None:
    assert resolve("job", [held(Level.ORGANISATION, "7")]).value == ""
    assert resolve("no_merge", [held(Level.PERSON, True)]).value is False  # noqa: FBT003 - a stored value


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("add", "sometimes", Level.USER),
        ("only_synced", "yes", Level.USER),
        ("notes", ["shouting"], Level.USER),
        ("notes", "call", Level.USER),
        ("job", 7, Level.PERSON),
        ("job", "7", Level.ORGANISATION),
        ("no_merge", True, Level.CAMPAIGN),
        ("colour", "red", Level.USER),
    ],
)
def test_what_is_not_offered_is_refused(name: str, value: Any, level: Level) -> None:
    with pytest.raises(SettingRefused):
        sync_settings.clean(name, value, level=level)


def test_activities_are_stored_once_in_the_order_of_the_page() -> None:
    assert sync_settings.clean("notes", ["call", "email_sent", "call"], level=Level.CAMPAIGN) == [
        NoteKind.EMAIL_SENT,
        NoteKind.CALL,
    ]


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        ("added", (True, True, True)),
        ("replied", (False, True, True)),
        ("interested", (False, False, True)),
        ("never", (False,) * 3),
    ],
)
def test_interested_implies_replied_and_both_imply_added(add: str, expected: tuple[bool, ...]) -> None:
    reached = [
        pushes(add, added=True, replied=False, interested=False),
        pushes(add, added=True, replied=True, interested=False),
        pushes(add, added=True, replied=False, interested=True),
    ]
    assert tuple(reached) == expected


def test_notes_wait_for_the_mark_only_when_so_set() -> None:
    # On: nothing before the mark, then notes of later events only.
    assert note_fate("replied", only_synced=True, reached=False, linked=True) is NoteFate.DROP
    assert note_fate("replied", only_synced=True, reached=True, linked=True) is NoteFate.SEND
    # Off: at once to a record that exists, otherwise kept until it is made.
    assert note_fate("replied", only_synced=False, reached=False, linked=True) is NoteFate.SEND
    assert note_fate("replied", only_synced=False, reached=False, linked=False) is NoteFate.KEEP
    # Never: only to linked records.
    assert note_fate("never", only_synced=False, reached=False, linked=True) is NoteFate.SEND
    assert note_fate("never", only_synced=True, reached=True, linked=False) is NoteFate.DROP


levels = st.sampled_from(Level)
rows = st.lists(
    st.builds(
        Held, level=levels, value=st.sampled_from([when.value for when in AddWhen]), by_admin=st.booleans()
    ),
    max_size=4,
    unique_by=lambda row: row.level,
)


@given(rows=rows, locked=st.booleans())
def test_under_a_lock_no_value_of_a_member_ever_counts(rows: list[Held], locked: bool) -> None:
    given_rows = [
        Held(level=row.level, value=row.value, by_admin=row.by_admin, lock=Lock() if locked else None)
        if row.level is Level.ORGANISATION
        else row
        for row in rows
    ]
    found = resolve("add", given_rows)
    if found.locked and found.level not in (None, Level.ORGANISATION):
        assert next(row for row in rows if row.level is found.level).by_admin
    assert set(found.ignored).isdisjoint({found.level})
