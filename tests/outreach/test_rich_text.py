"""Rich text: what is kept of markup, its plain twin, and hostile input."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.rendering import BrokenTemplate, MissingValue, PlaceholderEmpty, UnknownVariable, render
from outreach.rich_text import files_in, for_mail, for_screen, sanitised, to_text
from outreach.templating import analyse

HOSTILE = [
    "<script>alert(1)</script><p>x</p>",
    '<p onclick="x()">x</p>',
    '<img src="https://track.example/p.gif"><p>x</p>',
    '<img src="/outreach/files/1/" onerror="x()"><p>x</p>',
    '<img src="/outreach/files/1/../../secret/"><p>x</p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    '<a href="//evil.example">x</a>',
    "<style>p{display:none}</style><p>x</p>",
    "<svg><a xlink:href='javascript:x'>x</a></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>x",
    '<form action="https://evil.example"><input name=p><button>x</button></form>',
    "<iframe src=https://evil.example></iframe><p>x</p>",
    '<p style="background:url(https://track.example)">x</p>',
    "<!--[if mso]><p>x</p><![endif]--><p>x</p>",
    "<p>x" + "<b>" * 5_000,
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_but_words_and_their_form_is_kept(markup: str) -> None:
    for made in (sanitised(markup), for_mail(markup), for_screen(markup)):
        assert not re.search(
            r"script|on\w+=|track|javascript|data:|<form|<input|iframe|svg|url\(|//evil", made
        )
    # What stands in a drawing goes with it; words stay.
    drawing = "<svg" in markup or "<math" in markup
    assert to_text(sanitised(markup)).strip() == ("" if drawing else "x") or "<img" in sanitised(markup)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/abipulr\"'= {}%[]&;\n\u202e\u200b", max_size=80))
def test_any_markup_is_sanitised_once_and_for_all(markup: str) -> None:
    clean = sanitised(markup)

    assert sanitised(clean) == clean
    to_text(clean)


def test_the_plain_twin_keeps_paragraphs_lists_quotes_and_the_addresses_of_links() -> None:
    markup = (
        "<p>Dear Eva,</p><ul><li>One</li><li>Two<ol><li>a</li><li>b</li></ol></li></ul>"
        '<p>See <a href="https://x.example/a?b=1&amp;c=2">this page</a> or '
        '<a href="https://y.example">https://y.example</a>, '
        '<a href="mailto:a@b.example">a@b.example</a>.<br>Bye</p><blockquote>Quoted<br>twice</blockquote>'
        '<p><img src="/outreach/files/7/" alt="Our office"></p>'
    )

    assert to_text(markup) == (
        "Dear Eva,\n\n- One\n- Two\n  1. a\n  2. b\n\n"
        "See this page (https://x.example/a?b=1&c=2) or https://y.example, a@b.example.\nBye\n\n"
        "> Quoted\n> twice\n\n[Our office]"
    )


def test_what_an_editor_makes_of_lines_and_conditions_becomes_paragraphs_without_holes() -> None:
    stored = sanitised(
        "<div>Hi {{ first_name }}</div><div>{% if title &gt; '' %}</div><div>As {{ title }}</div>"
        "<div>{%&nbsp;endif %}</div><div>Bye</div><div><br></div>"
    )

    assert render("s", "", {"first_name": "Eva"}, body_html=stored).text == "Hi Eva\n\nBye"
    assert render("s", "", {"first_name": "Eva", "title": "CTO"}, body_html=stored).text == (
        "Hi Eva\n\nAs CTO\n\nBye"
    )


def test_an_empty_editor_is_no_text() -> None:
    assert sanitised("<p><br></p><p>&nbsp;</p>") == ""
    assert sanitised('<p><img src="/outreach/files/3/"></p>') != ""


def test_pictures_are_found_by_their_addresses_only() -> None:
    assert files_in(
        '<img src="/outreach/files/3/"><img src="/outreach/files/12/"><img src="/outreach/files/3/">'
    ) == [
        3,
        12,
    ]


# Filled in for one person


def test_both_parts_say_the_same_and_only_the_html_part_has_form() -> None:
    result = render(
        "Hi {{ first_name }}",
        "",
        {"first_name": "Eva"},
        body_html='<p>Dear <b>{{ first_name }}</b>, <a href="https://a.example/x">read</a>.</p>',
        unsubscribe_link="https://u.example/1/",
    )

    assert result.subject == "Hi Eva"
    assert result.text.startswith("Dear Eva, read (https://a.example/x).\n\n")
    assert "<b>Eva</b>" in result.html
    assert 'style="margin' in result.html
    assert result.html.count("https://u.example/1/") == 1


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", '"><img src=x onerror=y>', "<b>", "&lt;b&gt;", "{{ company }}", "[[why]]"],
)
def test_a_name_cannot_bring_markup_template_or_placeholder(name: str) -> None:
    result = render(
        "s", "", {"first_name": name, "company": "Acme"}, body_html="<p>Dear {{ first_name }}!</p>"
    )

    assert result.text == f"Dear {name}!"
    assert "<script" not in result.html
    assert "<img" not in result.html
    assert "<b>" not in result.html


def test_a_name_in_a_link_cannot_change_where_it_leads() -> None:
    assert "{{" in sanitised('<p><a href="{{ unsubscribe_link }}">stop</a></p>')
    result = render(
        "s", "", {"company": "javascript:alert(1)"}, body_html='<p>x <a href="{{ company }}">y</a></p>'
    )
    assert "javascript" not in result.html


@pytest.mark.parametrize("quote", ["“there”", "‘there’", "„there“", "&quot;there&quot;", '"there"'])
def test_quotes_as_telephones_write_them_work_in_a_fallback(quote: str) -> None:
    assert (
        render("s", "", {}, body_html=f"<p>Hi&nbsp;{{{{ first_name | default: {quote} }}}}</p>").text
        == "Hi there"
    )
    if "&" not in quote:
        assert render("s", f"Hi {{{{ first_name | default: {quote} }}}}", {}).text == "Hi there"


def test_a_fallback_may_hold_an_ampersand() -> None:
    markup = sanitised('<p>{{ company | default: "R&D <3" }}</p>')
    assert render("s", "", {}, body_html=markup).text == "R&D <3"


@pytest.mark.parametrize(
    "markup",
    [
        "<p>{% for i in (1..100000000) %}x{% endfor %}</p>",
        "<p>{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}</p>",
        "<p>{% for i in (1..1000) %}" + "x" * 500 + "{% endfor %}</p>",
        "<p>" + "x" * 200_001 + "</p>",
        "<p>{{ first_name | nosuch }}</p>",
        "<p>{% if first_name %}</p>",
        "<p>{% include 'x' %}</p>",
    ],
)
def test_a_rich_template_has_the_same_limits(markup: str) -> None:
    with pytest.raises(BrokenTemplate):
        render("s", "", {"first_name": "Eva"}, body_html=markup)
    assert analyse(markup, rich=True).problems


def test_a_missing_or_unknown_variable_never_leaves() -> None:
    with pytest.raises(MissingValue):
        render("s", "", {}, body_html="<p>{{ title }}</p>")
    with pytest.raises(UnknownVariable):
        render("s", "", {}, body_html="<p>{{ frist_name }}</p>")


@pytest.mark.parametrize("unseen", ["\u200b", "\u200b\u2060\ufeff", "\u200e\u200f", "\u200c\u200d", "\u202e"])
def test_a_name_of_unseen_characters_is_no_name(unseen: str) -> None:
    with pytest.raises(MissingValue):
        render("s", "{{ first_name }}", {"first_name": unseen})


def test_a_name_written_from_right_to_left_stays_and_its_overrides_go() -> None:
    result = render("{{ first_name }}", "{{ first_name }}", {"first_name": "\u202eمريم\u202c"})
    assert result.subject == result.text == "مريم"
    # Persian joins some letters with an unseen mark; without it the word is another one.
    assert render("s", "{{ first_name }}", {"first_name": "می\u200cخواهم"}).text == "می\u200cخواهم"


# Placeholders


def test_a_placeholder_blocks_until_it_is_filled_in() -> None:
    with pytest.raises(PlaceholderEmpty) as caught:
        render("s", "Hi, [[ why you ]]!", {})
    assert str(caught.value) == "[[why you]] has not been filled in."
    assert render("[[Why you]]", "Hi, [[why  you]]!", {}, fills={"why you": "Rust"}).text == "Hi, Rust!"


def test_what_is_filled_in_is_text_and_not_a_template() -> None:
    fills = {"why you": "{{ company }} <b>\nand [[more]]"}
    assert render("s", "[[why you]]", {}, fills=fills).text == "{{ company }} <b>\nand [[more]]"
    rich = render("s", "", {}, body_html="<p>[[why you]]</p>", fills=fills)
    assert rich.text == "{{ company }} <b>\nand [[more]]"
    assert "&lt;b&gt;<br>" in rich.html


def test_a_placeholder_in_a_sentence_that_is_left_out_is_not_asked_for() -> None:
    template = "Hi{% if title %}, [[why you]]{% endif %}"
    assert render("s", template, {}).text == "Hi"
    assert analyse(template).placeholders == ("why you",)
    assert analyse(template).variables == ("title",)


def test_brackets_inside_a_tag_or_over_two_lines_are_no_placeholder() -> None:
    assert render("s", '{{ title | default: "[[x]]" }} [[a\nb]] [[]]', {}).text == "[[x]] [[a\nb]] [[]]"
