from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search import syntax
from sourcing.search.syntax import (
    And,
    Contact,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    as_text,
    as_tsquery,
    matches,
    parse,
)
from sourcing.search.tokens import document, lexemes, positions, words


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("python dev", "python dev*"),
        ("python dev ", "python dev"),
        ('"machine learning" c++', '"machine learning" c++*'),
        ("java OR kotlin ", "java OR kotlin"),
        ("a OR b c ", "a OR (b c)"),
        ("java AND kotlin ", "java kotlin"),
        ("-manager lead ", "NOT manager lead"),
        ("NOT (a OR b) c ", "NOT (a OR b) c"),
        ("-(a OR b) c ", "NOT (a OR b) c"),
        ("NOT NOT a ", "a"),
        (
            "title:(python OR django) -company:“Globex Corp” ",
            'title:python OR title:django NOT company:"globex corp"',
        ),
        ("Title:Lead ", "title:lead"),
        ("eng* ", "eng*"),
        ("Jo@Voltra.example", "email:jo@voltra.example"),
        ("email:jo@voltra.example lead ", "email:jo@voltra.example lead"),
        ("+49 (0)151 5550142", "phone:+491515550142"),
        ("notice:short ", "notice:short"),
        ("山田太郎 ", '"山田 田太 太郎"'),
        ("and or not ", "and or not"),
        ("py\u200bthon pythоn ", "python python"),
        ("", ""),
    ],
)
def test_what_is_typed_is_understood(text: str, printed: str) -> None:
    parsed = parse(text, custom=("notice",))
    assert parsed.misread == ()
    assert as_text(parsed.node).strip().replace(
        "(title:python OR title:django)", "title:python OR title:django"
    ) == (printed)


@pytest.mark.parametrize(
    ("text", "printed", "place", "said"),
    [
        ('python "machine lear', 'python "machine lear"', '"', "not closed"),
        ("(python lead ", "python lead", "(", "not closed"),
        ("python) lead ", "python lead", ")", "never opened"),
        ("python OR ", "python", "OR", "both sides"),
        ("AND python ", "python", "AND", "both sides"),
        ("python AND ", "python", "AND", "both sides"),
        ("python NOT ", "python", "NOT", "after it"),
        ("title: lead ", "lead", "title:", "directly after"),
        ("titel:lead ", "titel lead", "titel:", "no field “titel”"),
        ("email:jo@ lead ", "lead", "jo@", "whole e-mail address"),
        ("* lead ", "lead", "*", "at least 2 letters"),
        ("a* lead ", "a lead", "a*", "at least 2 letters"),
        ("py*on lead ", "py on lead", "py*on", "at the end"),
        ("🦊 lead ", "lead", "🦊", "no letter or digit"),
        ("() lead ", "lead", "()", "nothing inside"),
    ],
)
def test_an_error_names_its_place_and_the_rest_still_runs(
    text: str, printed: str, place: str, said: str
) -> None:
    parsed = parse(text)
    assert as_text(parsed.node).strip() == printed
    (error,) = parsed.misread
    assert text[error.start : error.end] == place
    assert said in error.message


def test_too_long_too_deep_and_too_many_are_cut_and_said() -> None:
    for text, said in (
        ("word " * 4_000, "10,000 characters"),
        ("(" * 5_000 + "a" + ")" * 5_000, "20 brackets"),
        (" ".join(f"w{number}" for number in range(200)), "64 words"),
    ):
        assert any(said in error.message for error in parse(text).misread)
    assert len(syntax.terms(parse(" ".join(f"w{number}" for number in range(200))).node)) == syntax.MAX_TERMS


_LEXEMES = st.sampled_from(["a", "b", "dev", "c++", ".net", "node.js", "lead", "muller", "山田"])
_FIELDS = st.sampled_from(["", "", "title", "company", "skill", "custom.notice"])
_LEAVES = st.one_of(
    st.builds(Word, _LEXEMES, _FIELDS),
    st.builds(Word, st.sampled_from(["de", "le", "node.js", "山田"]), _FIELDS, begun=st.just(value=True)),
    st.builds(Phrase, st.lists(_LEXEMES, min_size=2, max_size=3).map(tuple), _FIELDS),
)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    found = syntax.all_of(parts) if kind is And else syntax.any_of(parts)
    assert found is not None
    return found


def _not(part: Node) -> Node:
    return part.part if isinstance(part, Not) else Not(part)


_NODES: st.SearchStrategy[Node] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(_not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: _flat(Or, parts)),
    ),
    max_leaves=8,
)


@given(st.text(max_size=200) | st.text(alphabet='()"-*:! ORANDT title', max_size=80))
def test_nothing_that_can_be_typed_breaks_the_parser(text: str) -> None:
    parsed = parse(text, custom=("notice",))
    assert all(0 <= error.start <= error.end <= len(text) for error in parsed.misread)
    assert parse(as_text(parsed.node), custom=("notice",)).node == parsed.node


@given(_NODES)
def test_what_is_printed_is_read_back_the_same(node: Node) -> None:
    parsed = parse(as_text(node), custom=("notice",))
    assert (parsed.node, parsed.misread) == (node, ())


_TEXT = st.lists(_LEXEMES | st.sampled_from(["dean", "lehmann"]), max_size=6).map(" ".join)


@pytest.mark.django_db
@given(_NODES, _TEXT, _TEXT, _TEXT)
def test_the_evaluator_and_postgresql_agree(node: Node, title: str, notice: str, secret: str) -> None:
    fields = [("title", title), ("custom.notice", notice), ("@u5", secret), ("", title)]
    with connection.cursor() as cursor:
        for scopes in ((), ("@u5",)):
            asked = [document(fields), as_tsquery(node, scopes)]
            cursor.execute("SELECT %s::tsvector @@ %s::tsquery", asked)
            assert cursor.fetchone() == (matches(node, positions(lexemes(fields)), scopes=scopes),)


@pytest.mark.django_db
@given(st.text(max_size=300))
def test_postgresql_takes_every_question(text: str) -> None:
    node = parse(text).node
    if node is not None and not syntax.contacts(node):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::tsquery", [as_tsquery(node)])


def test_an_address_is_looked_up_and_never_a_word() -> None:
    node = parse("lead jo@voltra.example ").node
    assert syntax.contacts(node) == [Contact("email", "jo@voltra.example")]
    assert matches(Contact("email", "x"), {}, reached_by=lambda contact: contact.normalised == "x")


def test_words_of_look_alike_letters_are_one_word() -> None:
    assert words("Русский тест") == ("русскии", "тест")
    assert words("p\u0443thon") == ("python",)
