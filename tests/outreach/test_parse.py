"""Any bytes become plain data; nothing raises, nothing takes long, copies of a mail have one hash."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.inbound.bodies import from_html, without_quotes
from outreach.inbound.classify import classify
from outreach.inbound.parse import FoundToken, ParsedMail, Place, parse
from outreach.mime import Person, build_mime, to_wire

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TOKEN = "c29tZXRva2Vu.c2lnbmF0dXJlMTIz"


def ours() -> bytes:
    return to_wire(
        build_mime(
            message_id="17.abc@beckon.example.com",
            sender=Person("alice@corp.example", "Alice Ärmel"),
            to=Person("eva@home.example", "Eva Lund"),
            subject="Grüße aus Köln",
            text=f"Dear Eva,\n\nGrüße\n\nhttps://b.example/u/{TOKEN}/",
            html="<p>Grüße</p>",
            date=NOW,
            ref=TOKEN,
            step="12:v3",
            in_reply_to="16.abc@beckon.example.com",
            references=["16.abc@beckon.example.com"],
            unsubscribe_url=f"https://b.example/u/{TOKEN}/",
        )
    )


def test_what_we_wrote_is_read_back_as_it_was() -> None:
    mail = parse(ours())

    assert mail.message_id == "17.abc@beckon.example.com"
    assert mail.in_reply_to == ("16.abc@beckon.example.com",)
    assert mail.references == (f"beckon.ref.{TOKEN}@beckon.example.com", "16.abc@beckon.example.com")
    assert mail.thread_ids == ("16.abc@beckon.example.com", f"beckon.ref.{TOKEN}@beckon.example.com")
    assert (mail.sender.address, mail.sender.name) == ("alice@corp.example", "Alice Ärmel")
    assert [person.address for person in mail.to] == ["eva@home.example"]
    assert mail.subject == "Grüße aus Köln"
    assert mail.date == NOW
    assert mail.text.startswith("Dear Eva,\n\nGrüße\n\nhttps://")
    assert mail.step == "12:v3"
    assert mail.problems == ()
    assert set(mail.tokens) == {
        FoundToken(TOKEN, Place.OWN_HEADER),
        FoundToken(TOKEN, Place.THREAD),
        FoundToken(TOKEN, Place.BODY),
    }


# One hash for every copy


def test_copies_that_differ_in_trace_headers_and_line_ends_have_one_hash() -> None:
    mail = ours()
    other = (
        b"Return-Path: <alice@corp.example>\r\n"
        b"Delivered-To: eva@home.example\r\n"
        b"Received: from a by b;\r\n\tMon, 23 Nov 2026 09:20:11 +0000\r\n"
        b"X-MS-Exchange-Organization-AuthAs: Internal\r\n"
        b"ARC-Seal: i=1; a=rsa-sha256;\r\n cv=none\r\n"
        b"Authentication-Results: mx; spf=pass\r\n" + mail
    )

    assert parse(other).hash == parse(mail).hash
    assert parse(mail.replace(b"\r\n", b"\n")).hash == parse(mail).hash
    assert parse(mail + b"\r\n").hash == parse(mail).hash


@pytest.mark.parametrize("change", [(b"17.abc", b"18.abc"), (b"Dear", b"Deer"), (b"eva@", b"eve@")])
def test_different_mails_have_different_hashes(change: tuple[bytes, bytes]) -> None:
    assert parse(ours().replace(*change)).hash != parse(ours()).hash


def test_a_trace_header_inside_the_body_counts() -> None:
    assert parse(b"Subject: x\n\nReceived: one").hash != parse(b"Subject: x\n\nReceived: two").hash


# Garbage

DEEP = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(
    b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" for _ in range(3000)
)
NESTED = b"Subject: s\nContent-Type: message/rfc822\n\n" * 3000
MANY_PARTS = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000
BOMBS = {
    "headers": b"X-Bomb: y\n" * 300_000 + b"\nbody",
    "one long header": b"Subject: " + b"=?utf-8?Q?x?= " * 200_000 + b"\n\nbody",
    "long references": b"References: " + b"<a@b> " * 200_000 + b"\n\nbody",
    "long to": b"To: " + b'"a" <b@c>, ' * 100_000 + b"\n\nbody",
    "open brackets": b"From: " + b"<" * 100_000 + b"\n\nbody",
    "comments": b"From: " + b"(" * 100_000 + b"\n\nbody",
    "deep": b"Subject: s\n" + DEEP,
    "nested": NESTED,
    "many parts": b"Subject: s\n" + MANY_PARTS,
    "quotes": b"Subject: s\n\n" + (b"On " + b"a " * 5000 + b"\n") * 200,
    "angle quotes": b"Subject: s\n\n" + b"> " * 300_000,
    "separators": b"Subject: s\n\n" + b"From: a\nSent: b\n" * 20_000,
    "signatures": b"Subject: s\n\n" + b"-- \nCAUTION: mail " * 20_000,
    "html": b"Subject: s\nContent-Type: text/html\n\n" + b"<div><blockquote>" * 50_000,
    "html comment": b"Subject: s\nContent-Type: text/html\n\n<![if x]>" + b"<!" * 50_000,
    "dates": b"Subject: Out of office\n\n" + b"back on 1.1. until 2/2 " * 50_000,
    "report": b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: rfc822; a@b\n\n" * 50_000,
    "binary": bytes(range(256)) * 4000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_a_moment(name: str) -> None:
    started = time.process_time()

    mail = parse(BOMBS[name])
    classify(mail, now=NOW)

    assert time.process_time() - started < 10
    assert isinstance(mail, ParsedMail)
    assert len(mail.text) <= 200_000


@pytest.mark.timeout(60)
def test_twenty_megabytes_are_read_as_far_as_their_text() -> None:
    mail = parse(
        b"From: eva@home.example\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nHello\n"
        b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        + b"QUJD" * 5 * 1024 * 1024
        + b"\n--b--\n"
    )

    assert mail.size > 20 * 1024 * 1024
    assert mail.text == "Hello"
    assert mail.problems == ("body cut",)


def test_a_mail_nested_without_end_still_says_who_wrote_it() -> None:
    mail = parse(b"From: eva@home.example\nMessage-ID: <1@x.example>\n" + NESTED)

    assert mail.sender.address == "eva@home.example"
    assert mail.message_id == "1@x.example"


def test_no_text_holds_what_a_database_refuses() -> None:
    mail = parse(
        b"From: A\x00B <eva@home.example>\nSubject: =?utf-8?B?AAEC?= x\x00\nMessage-ID: <a\x00b@c.example>\n"
        b"Content-Type: text/plain; charset=utf-16-surrogatepass\n\n\xed\xa0\x80\x00one"
    )

    for text in (mail.subject, mail.text, mail.sender.name, mail.message_id):
        assert "\x00" not in text
        text.encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=400))
@example(raw=b"Content-Type: multipart/report; boundary*0*=x'y'%\n\n--%\n")
@example(raw=b'Content-Type: text/plain; charset*=";;;\n\nx')
@example(raw=b"Content-Disposition: attachment; filename*0*=\n\nx")
@example(raw=b"From: =?utf-8?B?!?= <a@b>\nDate: Mon, 99 Foo 99999 99:99:99 +9999\n\n")
@example(raw=b"Content-Transfer-Encoding: uuencode\n\nbegin 644 x\n!!!\n")
@example(raw=b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!!")
@example(raw=b"References: <<<>>> <a@b\n c> @ <@>\n\n")
def test_any_bytes_are_read_and_judged(raw: bytes) -> None:
    mail = parse(raw)

    assert classify(mail, now=NOW).explanation
    assert mail.date is None or mail.date.tzinfo is not None


HEADER = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Date",
        "References",
        "Content-Type",
        "Message-ID",
        "Auto-Submitted",
        "Precedence",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    headers=st.lists(
        st.tuples(HEADER, st.text(max_size=60).filter(lambda text: "\n" not in text)), max_size=8
    ),
    body=st.text(max_size=200),
)
def test_any_headers_and_text_are_read_and_judged(headers: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    mail = parse(f"{head}\n{body}".encode("utf-8", "surrogatepass"))

    assert classify(mail, now=NOW).rule
    assert mail.subject.encode("utf-8") is not None


# The reply without its quotes

REPLIES = [
    ("Yes!\n\nOn Mon, 23 Nov 2026 at 10:20, Alice <a@corp.example> wrote:\n> Dear Eva", "Yes!"),
    ("Ja!\n\nAm Mo., 23. Nov. 2026 um 10:20 Uhr schrieb Alice <a@corp.example>:\n> Liebe Eva", "Ja!"),
    ("Oui\n\nLe lun. 23 nov. 2026 à 10:20, Alice <a@corp.example> a écrit :\n> Chère Eva", "Oui"),
    ("Sí\n\nEl lun, 23 nov 2026 a las 10:20, Alice (<a@corp.example>) escribió:\n> Hola", "Sí"),
    ("Yes\n\n-----Original Message-----\nFrom: Alice\nSent: Monday\nTo: Eva\n\nDear Eva", "Yes"),
    ("Sim\n\n23 de nov. de 2026 10:20, Alice <a@corp.example>:\n\n> Cara Eva\n> x", "Sim"),
    ("> Dear Eva\n\nNo.", "No."),
    ("Just a line", "Just a line"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), REPLIES)
def test_a_reply_is_told_from_what_it_quotes(text: str, expected: str) -> None:
    assert without_quotes(text) == expected


def test_html_becomes_text_without_scripts_and_with_marked_quotes() -> None:
    made = from_html(
        "<head><title>t</title></head><script>alert(1)</script><style>x</style>"
        "<p>Hello&nbsp;<b>you</b></p><ul><li>one<li>two</ul>a<br>b<blockquote>old</blockquote>"
    )

    assert made == "Hello you\n\none\ntwo\na\nb\n> old"
