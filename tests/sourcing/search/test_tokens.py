from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search.syntax import And, Word, as_tsquery
from sourcing.search.tokens import MAX_DOCUMENT, document, words


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("C++/C#, .NET & Node.js", ("c++", "c#", ".net", "node.js")),
        ("Müller-Lüdenscheidt", ("muller", "ludenscheidt")),
        ("O'Brien O’Brien", ("obrien", "obrien")),
        ("Søren Kjær, Łukasz", ("soren", "kjaer", "lukasz")),
        ("Großmann ﬁn", ("grossmann", "fin")),
        ("山田太郎 a", ("山田", "田太", "太郎", "a")),
        ("김지우", ("김지", "지우")),
        ("x_y 3.5", ("x", "y", "3", "5")),
        ("", ()),
    ],
)
def test_words_of_a_text(text: str, tokens: tuple[str, ...]) -> None:
    assert words(text) == tokens


def test_a_word_of_a_field_is_found_plain_and_by_field() -> None:
    assert document([("title", "Dev dev")]) == "'t:dev':1A 't:dev':2A 'dev':1A 'dev':2A"


def test_no_phrase_spans_two_fields() -> None:
    assert document([("", "a"), ("", "b")]) == "'a':1 'b':12"


@pytest.mark.django_db
@given(st.text(max_size=300), st.text(max_size=300))
def test_postgresql_reads_every_document_and_question_and_finds_its_own_words(
    title: str, summary: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector", [document([("title", title), ("", summary)])])
        for text in (title, summary):
            if found := words(text):
                wanted = as_tsquery(And(tuple(Word(word) for word in found)))
                cursor.execute(
                    "SELECT %s::tsvector @@ %s::tsquery",
                    [document([("title", title), ("", summary)]), wanted],
                )
                assert cursor.fetchone() == (True,)


@pytest.mark.django_db
def test_five_megabytes_of_notes_still_make_a_document() -> None:
    notes = " ".join(f"word{number}" for number in range(600_000))
    found = document([("name", "Jonas"), ("", notes)])
    assert len(found) < 2 * MAX_DOCUMENT
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ 'jonas & word1'::tsquery", [found])
        assert cursor.fetchone() == (True,)


def test_what_cannot_be_seen_is_part_of_no_word() -> None:
    assert words("py\u200bthon \u202bعمر\u202c") == ("python", "عمر")
