"""What is said about a text while it is being written."""

from __future__ import annotations

import pytest

from outreach.contents import Content
from outreach.linting import Level, blocks, lint
from outreach.variables import BUILT_IN, of_custom_field

GOOD = Content("A question", 'Hi {{ first_name | default: "there" }}, read https://acme.example/jobs.')


def codes(content: Content, **more) -> list[tuple[str, str]]:
    return [(finding.level.value, finding.code) for finding in lint(content, BUILT_IN, **more)]


def test_nothing_is_said_about_a_good_text() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Content("", "Hi there, you."), ("error", "empty_subject")),
        (Content("Hello", "  "), ("error", "empty_text")),
        (Content("Hello", "Hi {{ frist_name }}"), ("error", "unknown_variable")),
        (Content("Hello {{ nope }}", "Hi"), ("error", "unknown_variable")),
        (Content("Hello", "Hi {% if title %}x"), ("error", "broken_template")),
        (Content("Hello", "Hi {first_name}"), ("error", "broken_template")),
        (Content("Hello", "Hi {{ title }}"), ("note", "no_fallback")),
        (Content("Hello", "Hi [[why you]]"), ("note", "placeholder")),
        (Content("HELLO MY FRIEND", "Hi"), ("warning", "capitals")),
        (Content("x" * 80, "Hi"), ("warning", "long_subject")),
        (Content("x" * 256, "Hi"), ("error", "long_subject")),
        (Content("Hello", "x " * 60_000), ("error", "broken_template")),
        (Content("Hello", "x", "<p>" + "x " * 55_000 + "</p>"), ("warning", "clipped")),
        (Content("Hello", "see www.acme.example"), ("warning", "broken_link")),
        (Content("Hello", "see https://acme"), ("warning", "broken_link")),
        (Content("Hello", "x", '<p><a href="https://a b.example">x</a></p>'), ("error", "broken_link")),
        (Content("Hello", "x", '<p><a href="https://">x</a></p>'), ("error", "broken_link")),
        (Content("Hello", "x", '<p><a href="mailto:nobody">x</a></p>'), ("error", "broken_link")),
        (Content("Hello", "x", "<p><a>x</a></p>"), ("error", "broken_link")),
        (
            Content("Hello", "[picture]", '<p><img src="/outreach/files/1/"></p>'),
            ("warning", "only_pictures"),
        ),
    ],
)
def test_each_fault_is_found(content: Content, expected: tuple[str, str]) -> None:
    assert expected in codes(content)


def test_a_follow_up_needs_no_subject() -> None:
    assert codes(Content("", "Hi"), answers_thread=True) == []


def test_a_likely_spelling_is_offered_and_the_place_is_quoted() -> None:
    (finding,) = lint(Content("Hello", "Hi {{ frist_name }}"), BUILT_IN)
    assert finding.text == "There is no variable “frist_name”. Did you mean “first_name”?"
    (finding,) = lint(Content("Hello", "Hi\n{{ title | nosuch }}"), BUILT_IN)
    assert finding.text == "Line 2: unknown filter 'nosuch'."
    assert finding.place == "{{ title | nosuch }}"


def test_how_many_people_lack_a_value_is_said_and_nothing_if_nobody_does() -> None:
    content = Content("Hello", "Hi {{ title }}, {{ company }}")
    (finding,) = lint(content, BUILT_IN, lacking={"title": 12, "company": 0}, people=40)
    assert finding.level is Level.WARNING
    assert finding.text.startswith("12 of 40 people have no “Job title”")
    assert lint(content, BUILT_IN, lacking={"title": 0}, people=40) == []


def test_own_fields_are_variables_of_the_same_table() -> None:
    content = Content("Hello", "Hi {{ custom_notice }}")
    own = of_custom_field("notice", "Notice period")
    assert codes(content)[0] == ("error", "unknown_variable")
    (finding,) = lint(content, {**BUILT_IN, own.name: own})
    assert "“Notice period”" in finding.text


def test_addresses_that_work_are_left_alone() -> None:
    for address in (
        "https://münchen.example/ä?x=1#y",
        "http://a.example:8080/",
        "mailto:a@b.example?subject=x",
        "{{ unsubscribe_link }}",
    ):
        assert lint(Content("Hello", "x", f'<p>some words <a href="{address}">x</a></p>'), BUILT_IN) == []


def test_only_errors_block() -> None:
    assert blocks(lint(Content("", ""), BUILT_IN))
    assert not blocks(lint(Content("HELLO MY FRIEND", "Hi [[why]] {{ title }}"), BUILT_IN))


def test_heavy_files_are_told() -> None:
    assert ("warning", "heavy") in codes(GOOD, carried=6 << 20)
