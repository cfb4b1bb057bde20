from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search.tokens import document, query, words


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


def test_the_last_word_of_a_question_may_be_only_begun() -> None:
    assert query("python dev") == "'python' & 'dev':*"
    assert query("python dev ") == "'python' & 'dev'"
    assert query("  ?! ") == ""


def test_a_word_of_a_field_is_found_plain_and_by_field() -> None:
    assert document([("title", "Dev dev")]) == "'dev':1,2 't:dev'"


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
            if wanted := query(text):
                cursor.execute(
                    "SELECT %s::tsvector @@ %s::tsquery",
                    [document([("title", title), ("", summary)]), wanted],
                )
                assert cursor.fetchone() == (True,)
