"""Settings travel with each transaction and end with it, whatever kind of statement begins it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Organisation
from foundation import transactions

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "beckon.actor_name"


def acting(name: str):
    return transactions.settings_for_each_transaction(lambda: {NAME: name})


def carried() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [NAME])
        return cursor.fetchone()[0] or ""


def test_a_statement_on_its_own_carries_the_settings_and_leaves_none_behind():
    with acting("Alice"):
        assert carried() == "Alice"
    assert carried() == ""


def test_a_transaction_carries_them_to_its_end():
    with acting("Alice"):
        with transaction.atomic():
            Organisation.objects.create(name="One")
            assert carried() == "Alice"
        with transaction.atomic():
            assert carried() == "Alice"
    assert carried() == ""


def test_a_savepoint_that_is_rolled_back_does_not_take_them_along():
    with acting("Alice"), transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert carried() == "Alice"


def test_after_an_error_inside_a_transaction_the_rollback_is_still_possible():
    with acting("Alice"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert carried() == "Alice"


def test_percent_signs_in_a_name_stay_what_they_are():
    with acting("100 % O'Brien %s"):
        assert Organisation.objects.filter(name="x").count() == 0
        assert carried() == "100 % O'Brien %s"
        with connection.cursor() as cursor:
            cursor.execute("SELECT '5 %' || current_setting('beckon.actor_name', true)")
            assert cursor.fetchone()[0] == "5 %100 % O'Brien %s"


def test_rows_read_through_a_server_side_cursor_are_the_rows_asked_for():
    for name in ("One", "Two", "Three"):
        Organisation.objects.create(name=name)
    with acting("Alice"):
        names = list(
            Organisation.objects.order_by("pk").values_list("name", flat=True).iterator(chunk_size=1)
        )
        assert names == ["One", "Two", "Three"]
        with transaction.atomic():
            assert len(list(Organisation.objects.iterator(chunk_size=2))) == 3
            assert carried() == "Alice"


def test_the_number_of_changed_rows_is_that_of_the_statement():
    Organisation.objects.create(name="One")
    with acting("Alice"):
        assert Organisation.objects.update(name="Two") == 1
        assert Organisation.objects.filter(name="nobody").update(name="x") == 0


def test_someone_else_acting_inside_is_told_apart_and_the_first_comes_back():
    with transaction.atomic(), acting("Alice"):
        assert carried() == "Alice"
        with acting("Bob"):
            assert carried() == "Bob"
        assert carried() == "Alice"


def test_who_acts_is_asked_only_when_something_is_sent():
    asked: list[int] = []

    def source() -> dict[str, str]:
        asked.append(Organisation.objects.count())  # a source may query; that query carries nothing
        return {NAME: "Alice"}

    with transactions.settings_for_each_transaction(source):
        assert asked == []
        assert carried() == "Alice"
    assert len(asked) == 1


def test_being_inside_a_transaction_is_known():
    assert transactions.inside() is False
    with transaction.atomic():
        assert transactions.inside() is True
    assert transactions.inside() is False
