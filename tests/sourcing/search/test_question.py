from __future__ import annotations

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from sourcing.search.question import FILTERS, Order, Question

_TEXT = st.text(max_size=40).map(lambda text: text.replace("\x00", "").strip())
_NAMES = st.sampled_from([*FILTERS, "fact.campaigns.status", "custom.notice"])
_VALUES = st.lists(_TEXT.filter(bool), min_size=1, max_size=3, unique=True).map(tuple)
_QUESTIONS = st.builds(
    Question, _TEXT, _TEXT, st.dictionaries(_NAMES, _VALUES, max_size=5), st.sampled_from(list(Order))
)


@given(_QUESTIONS)
def test_a_question_survives_its_address_and_its_stored_form(question: Question) -> None:
    assert Question.from_string(question.as_query()) == question
    assert Question.from_json(question.as_json()) == question


def test_what_is_no_part_of_a_question_falls_away() -> None:
    asked = Question.from_query(QueryDict("q=a&after=x&person=3&evil=1&title=&title=Nurse&order=sideways"))
    assert asked == Question("a", "", {"title": ("Nurse",)})


def test_a_trailing_space_is_kept_because_it_closes_the_last_word() -> None:
    assert Question.from_string(Question("python ").as_query()).text == "python "


def test_broken_stored_forms_are_everybody() -> None:
    for broken in (
        {},
        {"text": 3, "filters": [], "order": None},
        {"filters": {"title": "x", "skill": [1, None]}},
    ):
        assert Question.from_json(broken).is_everybody


def test_an_order_of_another_kind_falls_away() -> None:
    assert Question.from_json({"text": "Rust", "order": []}) == Question(text="Rust")


def test_a_posted_question_is_the_whole_one() -> None:
    assert Question.posted(QueryDict("question=q%3Da%26skill%3DGo&project=7")) == Question(
        "a", "", {"skill": ("Go",)}
    )
    assert Question.posted(QueryDict("q=a")) == Question("a")
