"""Text for one person: variables and fallbacks, what is safe in HTML, and the bytes on the wire."""

from __future__ import annotations

import contextlib
import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.mime import (
    BadAddress,
    Person,
    build_mime,
    reference_id,
    to_wire,
    token_of_reference,
)
from outreach.rendering import (
    VARIABLES,
    BrokenTemplate,
    MissingValue,
    TemplateProblem,
    UnknownVariable,
    analyse,
    problems,
    render,
    reply_subject,
    to_html,
)

EVA = {"first_name": "Eva", "company": "Acme & Söhne", "sender_name": "Alice"}


def body(template: str, variables: dict[str, str] | None = None, **more: str) -> str:
    return render("Hello", template, EVA if variables is None else variables, **more).text


# Variables and fallbacks


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('Hi {{ first_name | default: "there" }}', "Hi Eva"),
        ('Hi {{ last_name | default: "there" }}', "Hi there"),
        ("Hi {{first_name}}", "Hi Eva"),
        ("{{ first_name | upcase }}", "EVA"),
        ("{% if title %}as {{ title }}{% endif %}Bye", "Bye"),
        ("{% if company %}at {{ company }}{% else %}there{% endif %}", "at Acme & Söhne"),
        ("{% unless title %}no title{% endunless %}", "no title"),
        ('{{ title | default: company | append: "!" }}', "Acme & Söhne!"),
        ("50 % off {% raw", None),
        ("{# not a comment", "{# not a comment"),
    ],
)
def test_variables_are_filled_in(template: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(BrokenTemplate):
            body(template)
    else:
        assert body(template) == expected


def test_a_variable_that_is_only_blank_takes_the_fallback() -> None:
    assert body('Hi {{ first_name | default: "there" }}', {"first_name": " \t"}) == "Hi there"


def test_an_empty_variable_without_a_fallback_is_an_error_with_its_name() -> None:
    with pytest.raises(MissingValue) as caught:
        body("As a {{ title }} at {{ company }}")

    assert caught.value.variable == "title"
    assert "“title” is empty and has no fallback" in str(caught.value)
    assert caught.value.status == 422


def test_an_empty_fallback_variable_is_named_itself() -> None:
    with pytest.raises(MissingValue) as caught:
        body("{{ title | default: school }}")

    assert caught.value.variable == "school"


@pytest.mark.parametrize(
    "template", ["{{ frist_name }}", '{{ frist_name | default: "you" }}', "{% if frist_name %}x{% endif %}"]
)
def test_a_variable_that_does_not_exist_is_an_error_even_with_a_fallback(template: str) -> None:
    with pytest.raises(UnknownVariable) as caught:
        body(template, {"frist_name": "Eva"})

    assert caught.value.variable == "frist_name"


def test_an_organisations_own_variables_can_be_added() -> None:
    assert render("s", "{{ why_you }}", {"why_you": "Rust"}, own={"why_you"}).text == "Rust"


@pytest.mark.parametrize("name", VARIABLES)
def test_every_listed_variable_works(name: str) -> None:
    assert body(f"{{{{ {name} }}}}", {name: "value"}) == "value"


def test_a_text_that_is_empty_for_a_person_never_leaves_blank() -> None:
    with pytest.raises(BrokenTemplate, match="empty for this person"):
        body("{% if title %}Dear {{ title }}{% endif %}")


def test_left_out_sentences_leave_no_hole() -> None:
    assert body("One.\n\n{% if title %}Two.{% endif %}\n\nThree.\r\n") == "One.\n\nThree."


# What a template may not do


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}",
        "{% assign a = 'xxxxxxxxxx' %}{% for i in (1..900) %}{% assign a = a | append: a %}{% endfor %}",
        "{% for i in (1..1000) %}" + "x" * 200 + "{% endfor %}",
        "x" * 50_001,
        "{% include 'secret' %}",
        "{% render 'secret' %}",
        "{{ 'now' | date: '%Y' }}",
        "{{ 'a' | replace: '', 'bbbb' }}",
        "{{ first_name",
        "{% if first_name %}",
        "{% endif %}",
        "{{ first_name | nosuch }}",
        "{% if first_name > 3 %}x{% endif %}",
        "{% if first_name %}" * 40 + "{% endif %}" * 40,
    ],
)
def test_a_template_that_asks_for_too_much_or_is_not_well_formed_is_refused(template: str) -> None:
    with pytest.raises(BrokenTemplate):
        body(template)
    if "> 3" not in template:  # a comparison fails on the value, not on the text
        assert analyse(template).problems


def test_objects_cannot_be_reached_through_a_variable() -> None:
    for template in ("{{ first_name.__class__ }}", "{{ first_name[0] }}", "{{ first_name.size }}"):
        with pytest.raises(UnknownVariable):
            body(template)


@settings(max_examples=300, deadline=None)
@given(template=st.text(alphabet="{}%| abcif_name:'\"\n.-#()123", max_size=60))
def test_any_text_is_rendered_or_refused_with_a_typed_error(template: str) -> None:
    analyse(template)
    with contextlib.suppress(TemplateProblem):
        assert render(template, template, EVA).text


# While typing


def test_an_analysis_lists_variables_in_order_and_those_without_a_fallback() -> None:
    found = analyse('{{ company }} {{ first_name | default: "x" }} {% if title %}{{ title }}{% endif %}')

    assert found.variables == ("company", "first_name", "title")
    assert found.needs == ("company",)
    assert found.problems == ()


def test_problems_are_sentences_that_name_their_place() -> None:
    assert problems("Hi {{ nme }}", "Line one\n{{ first_name | nosuch }}") == [
        "Subject: There is no variable “nme”.",
        "Text: Line 2: unknown filter 'nosuch'.",
    ]


def test_one_pair_of_braces_is_noticed_before_it_is_sent_raw() -> None:
    assert problems("Hi", "Dear {first_name}") == [
        "Text: Variables are written with two braces: {{ first_name }}."
    ]
    assert problems("Hi", "A set {a, b} and {{ first_name }}") == []


# HTML


def test_names_cannot_bring_html_or_links_of_their_own_kind() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\"'&"

    result = render("For {{ first_name }}", "Dear {{ first_name }}", {"first_name": evil})

    assert "<script" not in result.html
    assert "<img" not in result.html
    assert "&lt;script&gt;" in result.html
    assert evil in result.text


def test_a_template_in_a_name_is_not_run() -> None:
    assert body("{{ first_name }}", {"first_name": "{{ company }}", "company": "Acme"}) == "{{ company }}"


def test_paragraphs_line_breaks_and_links_are_made() -> None:
    assert to_html("Dear Eva,\n\nsee https://a.example/x?a=1&b=2).\nBye\n\n\n") == (
        "<p>Dear Eva,</p>\n"
        '<p>see <a href="https://a.example/x?a=1&amp;b=2">https://a.example/x?a=1&amp;b=2</a>).<br>\nBye</p>'
    )


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", 'https://a.example/"onmouseover="x', "ftp://a.example"],
)
def test_only_web_addresses_become_links_and_nothing_breaks_out_of_them(text: str) -> None:
    made = to_html(text)

    assert made.count('"') == made.count("href=") * 2
    assert "javascript:" not in made.partition("href=")[2]


# The subject


@pytest.mark.parametrize(
    "name",
    [
        "Eva\r\nBcc: all@example.com",
        "Eva\nX: y",
        "Eva\x00\x0b\x0c\x1c",
        "Eva\u2028Bcc: x",
        "E\u202ea\u2066v",
        "Eva\x85x",
    ],
)
def test_nothing_in_a_name_can_start_a_header(name: str) -> None:
    result = render("Hello {{ first_name }}", "Hi {{ first_name }}", {"first_name": name})

    assert result.subject.isprintable()
    assert len(result.text.splitlines()) == 1
    wire = to_wire(mime(subject=result.subject, text=result.text, html=result.html))
    parsed = email.message_from_bytes(wire, policy=email.policy.default)
    assert parsed["Bcc"] is None
    assert parsed["X"] is None


def test_a_subject_that_is_too_long_is_refused() -> None:
    with pytest.raises(BrokenTemplate, match="255"):
        render("{{ first_name }}" * 10, "x", {"first_name": "y" * 30})


def test_a_follow_up_has_re_once() -> None:
    assert reply_subject("Hello") == "Re: Hello"
    assert reply_subject("RE: Hello") == "RE: Hello"


# Unsubscribing


def test_a_last_line_offers_to_unsubscribe_in_both_parts() -> None:
    result = render("s", "Hi", {}, unsubscribe_link="https://b.example/u/t.s/?a=1&b=2")

    assert result.text == ("Hi\n\nIf you do not want to hear from me again: https://b.example/u/t.s/?a=1&b=2")
    assert '<a href="https://b.example/u/t.s/?a=1&amp;b=2">unsubscribe</a>' in result.html


def test_a_text_with_its_own_unsubscribe_link_gets_no_second_one() -> None:
    result = render("s", "Stop: {{ unsubscribe_link }}", {}, unsubscribe_link="https://b.example/u/t/")

    assert result.text == "Stop: https://b.example/u/t/"
    assert result.html.count("href=") == 1


# Bytes

LONG_LINK = "https://beckon.example.com/u/" + "x" * 120 + "/"


def mime(**more: object):
    values: dict[str, object] = {
        "message_id": "17.abc@beckon.example.com",
        "sender": Person("alice@corp.example", "Alice Ärmel"),
        "to": Person("eva@home.example", 'Eva "Ev" Ö.'),
        "subject": "Grüße — a rôle for you",
        "text": "Dear Eva,\n\nGrüße\n" + "long " * 60,
        "html": "<p>Grüße</p>",
        "date": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        "ref": "Zm9v.c2ln-_1",
        "step": "12:v3",
        "unsubscribe_url": LONG_LINK,
        "unsubscribe_mailto": "mailto:alice@corp.example?subject=unsubscribe%20Zm9v.c2ln-_1",
        **more,
    }
    return build_mime(**values)  # type: ignore[arg-type]


def test_the_same_message_has_the_same_bytes_every_time() -> None:
    assert to_wire(mime()) == to_wire(mime())
    assert to_wire(mime()) != to_wire(mime(message_id="18.abc@beckon.example.com"))


def test_the_wire_is_ascii_with_crlf_and_short_lines() -> None:
    wire = to_wire(mime())

    assert wire.isascii()
    assert wire.replace(b"\r\n", b"").count(b"\n") == wire.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert max(len(line) for line in wire.partition(b"\r\n\r\n")[2].split(b"\r\n")) <= 78


def test_the_headers_arrive_as_they_were_meant() -> None:
    wire = to_wire(
        mime(
            in_reply_to="<16.abc@beckon.example.com>",
            references=["16.abc@beckon.example.com"],
            reply_to=Person("team@corp.example"),
        )
    )
    parsed = email.message_from_bytes(wire, policy=email.policy.default)

    assert parsed["Subject"] == "Grüße — a rôle for you"
    assert parsed["From"].addresses[0].display_name == "Alice Ärmel"
    assert parsed["To"].addresses[0].display_name == 'Eva "Ev" Ö.'
    assert parsed["To"].addresses[0].addr_spec == "eva@home.example"
    assert parsed["Reply-To"] == "team@corp.example"
    assert parsed["Message-ID"] == "<17.abc@beckon.example.com>"
    assert parsed["In-Reply-To"] == "<16.abc@beckon.example.com>"
    assert parsed["References"].split() == [
        "<beckon.ref.Zm9v.c2ln-_1@beckon.example.com>",
        "<16.abc@beckon.example.com>",
    ]
    assert parsed["Date"].datetime == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert parsed["X-Beckon-Ref"] == "Zm9v.c2ln-_1"
    assert parsed["X-Beckon-Step"] == "12:v3"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Auto-Submitted"] is None
    text, html = parsed.iter_parts()
    assert text.get_content().splitlines()[:3] == ["Dear Eva,", "", "Grüße"]
    assert html.get_content_type() == "text/html"


def test_long_links_and_threads_are_never_encoded_words() -> None:
    wire = to_wire(mime(references=[f"{'y' * 80}{n}@x.example" for n in range(50)]))
    head = wire.partition(b"\r\n\r\n")[0]

    unsubscribe = head.partition(b"List-Unsubscribe: ")[2].partition(b"\r\nList-Unsubscribe-Post")[0]
    assert unsubscribe.split(b",\r\n ")[0] == b"<" + LONG_LINK.encode() + b">"
    references = head.partition(b"References: ")[2].partition(b"\r\nList-")[0]
    assert b"=?" not in references
    assert references.count(b"@x.example") == 20
    assert b"y0@x.example" in references
    assert b"y49@x.example" in references


def test_a_token_comes_back_from_its_reference() -> None:
    assert token_of_reference(reference_id("a.b-_9", "1@x.example")) == "a.b-_9"
    assert token_of_reference("<1@x.example>") == ""


def test_without_a_link_there_are_no_unsubscribe_headers() -> None:
    plain = mime(unsubscribe_url="", unsubscribe_mailto="")

    assert plain["List-Unsubscribe"] is None
    assert plain["List-Unsubscribe-Post"] is None


def test_a_domain_with_umlauts_is_written_in_ascii() -> None:
    assert b"To: Eva <eva@xn--mller-kva.example>" in to_wire(mime(to=Person("eva@müller.example", "Eva")))


@pytest.mark.parametrize(
    "broken",
    [
        {"to": Person("")},
        {"to": Person("eva")},
        {"to": Person("@x.example")},
        {"to": Person("eva@x.example\r\nBcc: y@z.example")},
        {"to": Person("a@x.example, b@y.example")},
        {"to": Person("jürgen@x.example")},
        {"message_id": "1@x.example>\r\nBcc: y"},
        {"message_id": "no-at"},
        {"references": ["a b@c"]},
        {"ref": "a\r\nBcc: y@z.example"},
        {"ref": "a b"},
        {"step": "12\n"},
        {"unsubscribe_url": "https://x.example/>, <https://evil.example/"},
    ],
)
def test_an_address_or_id_that_could_break_a_header_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(BadAddress):
        mime(**broken)


def test_a_line_break_in_a_display_name_becomes_a_blank() -> None:
    wire = to_wire(mime(to=Person("eva@x.example", "Eva\r\nBcc: y@z.example")))

    assert email.message_from_bytes(wire)["Bcc"] is None


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        mime(date=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_no_blank_of_a_long_subject_or_name_is_lost_between_encoded_words() -> None:
    subject, name = "0000000¡¡¡¡¡¡ࠀ𢡊𐀀𐀀𐀀𐀀 ¡ ¡", "Ángela ¡¡¡¡¡¡ࠀ𢡊𐀀𐀀𐀀𐀀 ¡ Núñez"
    wire = to_wire(mime(to=Person("eva@x.example", name), subject=subject))

    parsed = email.message_from_bytes(wire, policy=email.policy.default)
    assert parsed["Subject"] == subject
    encoded, _ = parseaddr(str(email.message_from_bytes(wire)["To"]))
    assert str(make_header(decode_header(encoded))) == name
    assert all(len(line) <= 78 for line in wire.split(b"\r\n") if b"=?" in line)


@settings(deadline=None)
@given(
    name=st.text(max_size=40),
    subject=st.text(max_size=120),
    text=st.text(max_size=300).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
)
def test_no_name_subject_or_text_breaks_the_structure(name: str, subject: str, text: str) -> None:
    """Names and subjects go through ``render`` first, which makes them one line."""
    try:
        made = render("{{ title }}", "x{{ company }}", {"title": subject, "company": text})
    except MissingValue:
        return
    wire = to_wire(mime(to=Person("eva@x.example", name), subject=made.subject, text=made.text))

    parsed = email.message_from_bytes(wire, policy=email.policy.default)
    assert parsed["Subject"].split() == made.subject.split()
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert parsed["Bcc"] is None
