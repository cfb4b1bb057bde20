from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from sourcing import values
from sourcing.models import Origin
from sourcing.values import Statement, goes_before, settle

MAY = datetime.datetime(2026, 5, 1, 9, tzinfo=datetime.UTC)
JUNE = datetime.datetime(2026, 6, 1, 9, tzinfo=datetime.UTC)


def imported(value, at=MAY, **more) -> Statement:
    return Statement(value=value, origin=Origin.IMPORTED, source="LinkedIn", at=at, **more)


def typed(value, at=MAY, by=1) -> Statement:
    return Statement(value=value, origin=Origin.ADDED, source="Edited", at=at, by=by)


def test_a_hand_edit_goes_before_a_newer_import() -> None:
    settled = settle(typed("CTO"), [imported("Chief Technology Officer", JUNE)])
    assert settled.shown.value == "CTO"
    assert [other.value for other in settled.others] == ["Chief Technology Officer"]
    assert not settled.changed


def test_a_hand_edit_may_empty_a_field_and_an_import_does_not_fill_it_again() -> None:
    emptied = settle(imported("CEO"), [typed("", JUNE)])
    assert (emptied.shown.value, [other.value for other in emptied.others]) == ("", ["CEO"])
    again = settle(emptied.shown, [imported("CEO", JUNE)])
    assert (again.shown.value, [other.value for other in again.others]) == ("", ["CEO"])


def test_a_correction_of_ones_own_word_leaves_nothing_behind() -> None:
    assert settle(typed("Enginer"), [typed("Engineer", JUNE)]).others == []


def test_the_word_of_a_colleague_stands_back_and_is_kept() -> None:
    settled = settle(typed("Engineer", by=1), [typed("Architect", JUNE, by=2)])
    assert settled.shown.value == "Architect"
    assert [other.by for other in settled.others] == [1]


def test_a_verified_value_goes_before_a_newer_one() -> None:
    assert goes_before(imported("Acme", MAY, verified=True), imported("Globex", JUNE))


def test_the_newer_of_two_goes_first_and_of_one_day_the_longer() -> None:
    assert goes_before(imported("Globex", JUNE), imported("Acme Corporation", MAY))
    later = MAY + datetime.timedelta(hours=3)
    assert goes_before(imported("Acme Corporation", MAY), imported("Acme", later))
    assert not goes_before(imported("Acme", later), imported("Acme Corporation", MAY))


def test_a_value_goes_before_none_and_none_is_not_kept() -> None:
    settled = settle(imported("", JUNE), [imported("Acme", MAY)])
    assert (settled.shown.value, settled.others) == ("Acme", [])


def test_equals_keep_what_is_shown() -> None:
    assert settle(imported("abc"), [imported("xyz")]).shown.value == "abc"


def test_what_is_known_without_a_note_came_with_the_person() -> None:
    found = values.known("Acme", None, source="CSV", at=MAY)
    assert (found.origin, found.source, found.at) == (Origin.IMPORTED, "CSV", MAY)


statements = st.builds(
    Statement,
    value=st.sampled_from(["", "Acme", "Acme Corporation", "Globex"]),
    origin=st.sampled_from(Origin.values),
    source=st.sampled_from(["", "LinkedIn"]),
    at=st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=300)).map(lambda later: MAY + later),
    by=st.sampled_from([None, 1, 2]),
    verified=st.booleans(),
)


@given(statements, st.lists(statements, max_size=6))
def test_no_value_is_lost_except_one_its_author_replaced(present, stated) -> None:
    settled = settle(present, stated)
    kept = {settled.shown.value, *(other.value for other in settled.others)}
    typed_too = {statement.value for statement in [present, *stated] if statement.by_hand}
    for statement in [present, *stated]:
        if statement.value and statement.value not in typed_too:
            assert statement.value in kept
    assert all(other.value != settled.shown.value and other.value for other in settled.others)
    assert settled.changed is (settled.shown.value != present.value)


@given(statements, statements)
def test_only_one_of_two_goes_before_the_other(one, other) -> None:
    if not (one.by_hand and other.by_hand):
        assert not (goes_before(one, other) and goes_before(other, one))


@given(statements, st.lists(statements, max_size=6))
def test_a_hand_edit_is_never_put_back_by_a_machine(present, stated) -> None:
    machines = [statement for statement in stated if not statement.by_hand]
    if present.by_hand:
        assert settle(present, machines).shown.value == present.value


@given(statements)
def test_provenance_goes_to_the_database_and_back(statement) -> None:
    assert values.known(statement.value, statement.as_provenance(), source="", at=MAY) == statement
