"""A mail with pictures and attachments: the parts as receivers read them, and nothing a name could break."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from outreach.mime import File, to_wire
from tests.outreach.test_rendering import mime

PICTURE = File("office.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "file3.abc@corp.example")
PAPER = File("Job ad.pdf", "application/pdf", b"%PDF-1.7 " + b"x" * 5_000)


def read(*files: File, **more: object) -> EmailMessage:
    wire = to_wire(mime(files=files, **more))
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    parsed = email.message_from_bytes(wire, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not any(part.defects for part in parsed.walk())
    return parsed


def shape(message: EmailMessage) -> object:
    if not message.is_multipart():
        return message.get_content_type()
    return {message.get_content_type(): [shape(part) for part in message.iter_parts()]}


def test_a_mail_without_files_is_an_alternative_of_two_texts() -> None:
    assert shape(read()) == {"multipart/alternative": ["text/plain", "text/html"]}


def test_a_picture_stands_beside_the_html_that_shows_it() -> None:
    made = read(PICTURE, html='<p><img src="cid:file3.abc@corp.example"></p>')

    related = {"multipart/related": ["text/html", "image/png"]}
    assert shape(made) == {"multipart/alternative": ["text/plain", related]}
    picture = list(made.walk())[-1]
    assert picture["Content-ID"] == "<file3.abc@corp.example>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == PICTURE.content


def test_an_attachment_stands_behind_the_texts() -> None:
    made = read(PICTURE, PAPER)

    assert shape(made)["multipart/mixed"][1] == "application/pdf"
    (attachment,) = made.iter_attachments()
    assert attachment.get_filename() == "Job ad.pdf"
    assert attachment.get_content() == PAPER.content
    assert made.get_body(("plain",)).get_content().startswith("Dear Eva")


def test_the_same_files_give_the_same_bytes() -> None:
    assert to_wire(mime(files=[PICTURE, PAPER])) == to_wire(mime(files=[PICTURE, PAPER]))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lebenslauf Müller.pdf", "Lebenslauf Müller.pdf"),
        ("职位.pdf", "职位.pdf"),
        ('a"; filename=evil.exe', "a; filename=evil.exe"),
        ("a\r\nBcc: x@y.example\r\n.pdf", "aBcc: x@y.example.pdf"),
        ("../../etc/passwd", "....etcpasswd"),
        ("\u202efdp.exe", "fdp.exe"),
        ("", "file"),
        ("é" * 300, "é" * 80),
    ],
)
def test_no_name_of_a_file_can_start_a_header_or_end_its_own(name: str, shown: str) -> None:
    made = read(File(name, "application/pdf", b"%PDF-"))

    (attachment,) = made.iter_attachments()
    assert attachment.get_filename() == shown
    assert made["Bcc"] is None


def test_a_content_type_that_is_none_becomes_a_plain_stream() -> None:
    (attachment,) = read(File("a", "text/x\r\nBcc: y", b"x")).iter_attachments()
    assert attachment.get_content_type() == "application/octet-stream"
