"""Pages that neither skip nor repeat a row, whatever arrives meanwhile."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import IntegerField, Value
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Organisation
from foundation.models import Event
from foundation.paging import BadCursor, keyset, keyset_of


class Walking(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        kinds=st.lists(st.sampled_from("abc"), max_size=12),
        size=st.integers(1, 5),
        order=st.sampled_from(
            [("id",), ("-id",), ("kind", "-id"), ("-kind", "id"), ("kind", "subject", "id")]
        ),
    )
    def test_walking_there_and_back_meets_every_row_once(self, kinds, size, order):
        ours = Organisation.objects.create(name="Paging")
        Event.objects.bulk_create(
            Event(organisation=ours, kind=kind, subject=f"s:{number % 3}")
            for number, kind in enumerate(kinds)
        )
        rows = Event.objects.for_organisation(ours)
        expected = list(rows.order_by(*order))
        pages, after = [], None
        while True:
            page = keyset(rows, order=order, after=after, size=size)
            pages.append(page.rows)
            after = page.next
            if after is None:
                break
        assert [row for rows in pages for row in rows] == expected
        back = page.previous
        for rows_there in reversed(pages[:-1]):
            page = keyset(rows, order=order, after=back, size=size)
            assert page.rows == rows_there
            back = page.previous
        assert back is None

    @settings(max_examples=25, deadline=None)
    @given(
        kinds=st.lists(st.sampled_from("abc"), max_size=12),
        tables=st.integers(1, 3),
        size=st.integers(1, 5),
    )
    def test_several_tables_are_one_list_in_both_directions(self, kinds, tables, size):
        ours = Organisation.objects.create(name="Paging")
        Event.objects.bulk_create(
            Event(organisation=ours, kind=kind, subject=f"s:{number % tables}")
            for number, kind in enumerate(kinds)
        )
        rows = Event.objects.for_organisation(ours)
        lists = [
            rows.filter(subject=f"s:{number}").annotate(table=Value(number, output_field=IntegerField()))
            for number in range(tables)
        ]
        order = ("kind", "table", "id")
        expected = sorted(rows, key=lambda row: (row.kind, row.subject, row.pk))
        pages, after = [], None
        while True:
            page = keyset_of(lists, order=order, after=after, size=size)
            pages.append(page.rows)
            after = page.next
            if after is None:
                break
        assert [row for rows in pages for row in rows] == expected
        back = page.previous
        for rows_there in reversed(pages[:-1]):
            page = keyset_of(lists, order=order, after=back, size=size)
            assert page.rows == rows_there
            back = page.previous
        assert back is None


@pytest.mark.django_db
def test_a_row_that_arrives_meanwhile_shifts_nothing(organisation):
    def add(kind: str) -> None:
        Event.objects.create(organisation=organisation, kind=kind, subject="s:1")

    for kind in "cegi":
        add(kind)
    rows = Event.objects.for_organisation(organisation)
    first = keyset(rows, order=("kind", "id"), after=None, size=2)
    add("a")
    add("d")
    second = keyset(rows, order=("kind", "id"), after=first.next, size=2)
    assert [row.kind for row in first.rows + second.rows] == ["c", "e", "g", "i"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["x", "ÄÖ", "e30", "W10", "WzAsbnVsbF0", "WzAsWzFdXQ", "WzAsIngiXQ", "WzUsMV0"]
)
def test_a_cursor_that_is_not_ours_is_told_and_never_a_crash(organisation, cursor):
    rows = Event.objects.for_organisation(organisation)
    with pytest.raises(BadCursor):
        keyset(rows, order=("id",), after=cursor, size=2)
    with pytest.raises(BadCursor):
        keyset_of([rows, rows], order=("id",), after=cursor, size=2)


@pytest.mark.django_db
def test_an_empty_list_has_no_neighbours():
    page = keyset(ContentType.objects.none(), order=("id",), after=None, size=2)
    assert (page.rows, page.next, page.previous) == ([], None, None)
