"""Reading interest: every rule finds its sample, labelled answers are read as a person does, doubt is silence."""

from __future__ import annotations

import re
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.interest import HELD_OUT, LABELLED, answers, confusion
from outreach.inbound.interest import SURE_ENOUGH, read_interest
from outreach.inbound.interest_rules import LANGUAGES, phrases
from outreach.states import KEEN, Interest


@pytest.mark.parametrize("rule", phrases(), ids=lambda rule: f"{rule.language}-{rule.sample}")
def test_every_rule_finds_its_sample(rule):
    assert re.search(rule.pattern, rule.sample, re.IGNORECASE)


@pytest.mark.parametrize(
    "rule",
    [rule for rule in phrases() if rule.weight >= 2],
    ids=lambda rule: f"{rule.language}-{rule.sample}",
)
def test_what_is_clear_is_read_as_what_it_is(rule):
    found = read_interest(rule.sample)
    assert found.interest == rule.interest, found
    assert found.phrase in rule.sample


def test_seven_languages_know_every_kind():
    kinds = Counter((rule.language, rule.interest) for rule in phrases())
    assert {language for language, _ in kinds} == set(LANGUAGES)
    assert len(kinds) == len(LANGUAGES) * len(Interest) == 42


def test_the_labelled_answers_are_read_right_and_almost_never_wrong():
    matrix = confusion(answers(LABELLED))
    total = sum(matrix.values())
    right = sum(count for (said, read), count in matrix.items() if said == read)
    wrong = sum(count for (said, read), count in matrix.items() if read not in {said, "none"})
    assert total >= 200
    assert right / total >= 0.97
    assert wrong == 0


def test_answers_the_rules_were_not_made_for_are_read_right_or_not_at_all():
    matrix = confusion(answers(HELD_OUT))
    right = sum(count for (said, read), count in matrix.items() if said == read)
    wrong = sum(count for (said, read), count in matrix.items() if read not in {said, "none"})
    assert right / sum(matrix.values()) >= 0.55
    assert wrong == 0


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("I'm interested. I'm not interested.", None),
        ("Maybe.", None),
        ("", None),
        ("Are you interested in feedback?", None),
        ("Sounds great, but no thanks.", Interest.NOT_INTERESTED),
        ("I’m not interested", Interest.NOT_INTERESTED),
        ("NOT INTERESTED!!!", Interest.NOT_INTERESTED),
        ("No.\n\nBest regards\nInterested Recruiters Ltd, I'm very interested in people", None),
        ("Ok\n-- \nEva Lund\nAlways happy to hear from you", None),
        ("Thanks\n\nI'd love to hear more.", Interest.INTERESTED),
        ("Passt.\n\nGesendet von meinem iPhone, sehr interessiert", None),
    ],
)
def test_doubt_signatures_and_politeness(text, read):
    assert read_interest(text).interest == read


def test_words_of_our_own_mail_are_not_the_writers():
    ours = "Hello Ada,\nAre you interested in learning more about the role?\nI'd love to hear from you."
    quoted = f"Who are you?\n{ours}"
    assert read_interest(quoted).interest is not None
    assert read_interest(quoted, ours=ours).interest is None
    assert read_interest("> I'd love to hear from you.\nNo.", ours=ours).interest is None


def test_the_phrase_stands_in_the_text_as_it_was_written():
    text = "Hi!\nWell, I’d LOVE to hear more about it."
    found = read_interest(text)
    assert found.interest in KEEN
    assert found.phrase
    assert found.phrase in text
    assert found.percent >= SURE_ENOUGH
    assert found.language == "en"


@given(st.text(max_size=3_000))
def test_nothing_raises_and_what_is_said_is_sure(text):
    found = read_interest(text)
    assert (found.interest is None) == (found.phrase == "" and found.percent == 0)
    assert found.phrase in text


@pytest.mark.parametrize(
    "text",
    [
        "not " * 2_000,
        "a" * 6_000,
        "i am " * 1_200 + "interested",
        "kein " * 1_200,
        ". " * 3_000,
        "\n".join(["Best"] * 1_500),
        "let's schedule " * 400,
        "no momento " * 500 + "não",
    ],
)
def test_hostile_lengths_take_no_time(text):
    began = time.process_time()
    read_interest(text)
    assert time.process_time() - began < 2
