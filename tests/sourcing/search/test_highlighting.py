from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search import syntax
from sourcing.search.highlighting import excerpt, fitting, pieces
from sourcing.search.tokens import spans, words


def marked(text: str, asked: str, name: str = "") -> str:
    terms = syntax.terms(syntax.parse(asked).node)
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces(text, terms, name))


@pytest.mark.parametrize(
    ("text", "asked", "name", "shown"),
    [
        ("Senior Python Developer", "python ", "", "Senior [Python] Developer"),
        ("Senior Python Developer", "pyth", "", "Senior [Python] Developer"),
        ("Søren Müller", "muller soren ", "name", "[Søren] [Müller]".replace("] [", " ")),
        ("C++ and C# and c", "c++ ", "", "[C++] and C# and c"),
        ("machine learning, machine", '"machine learning"', "", "[machine learning], machine"),
        ("Python", "title:python ", "company", "Python"),
        ("Python", "title:python ", "title", "[Python]"),
        ("Python", "-python ", "", "Python"),
        ("O'Brien", "obrien ", "", "[O'Brien]"),
        ("山田太郎", "田太 ", "", "山[田太]郎"),
        ("py\u200bthon", "python ", "", "[py\u200bthon]"),
        ("", "python ", "", ""),
    ],
)
def test_what_made_somebody_fit_is_marked(text: str, asked: str, name: str, shown: str) -> None:
    assert marked(text, asked, name) == shown


@given(st.text(max_size=60))
def test_spans_are_the_tokens_of_the_search_and_lie_in_the_text(text: str) -> None:
    found = spans(text)
    assert all(0 <= start < end <= len(text) for _, start, end in found)
    if all(len(word) < 100 for word in words(text)) and not any(
        "\u1100" <= each <= "\u11ff" for each in text
    ):
        assert [token for token, _, _ in found] == list(words(text))


@given(st.text("abC'+#. -1", max_size=40), st.text("abC'+#.1*", min_size=1, max_size=3))
def test_a_word_fits_when_it_is_among_the_tokens(text: str, asked: str) -> None:
    terms = syntax.terms(syntax.parse(f"{asked} ").node)
    assert [*fitting(text, terms)] == [
        term
        for term in terms
        if isinstance(term, syntax.Word)
        and any(
            token.startswith(term.lexeme) if term.begun else token == term.lexeme for token in words(text)
        )
    ]


@given(st.text(max_size=60), st.text(max_size=20))
def test_the_pieces_are_the_text(text: str, asked: str) -> None:
    terms = syntax.terms(syntax.parse(asked).node)
    assert "".join(piece.text for piece in pieces(text, terms)) == text


def test_an_excerpt_shows_the_place_of_a_long_text() -> None:
    text = "word " * 100 + "with Python and more " + "word " * 100
    found = excerpt(text, syntax.terms(syntax.parse("python ").node))
    shown = "".join(piece.text for piece in found)
    assert "Python" in [piece.text for piece in found if piece.hit]
    assert len(shown) < 200
    assert (shown[0], shown[-1]) == ("…", "…")


def test_only_the_terms_a_text_fits_are_told() -> None:
    terms = syntax.terms(syntax.parse("python django ").node)
    assert {term.lexeme for term in fitting("Python", terms) if isinstance(term, syntax.Word)} == {"python"}
